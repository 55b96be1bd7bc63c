/** Who does something that many may hear of: the first who claims it. One contract suite runs on every implementation. */
export interface Claims {
  /** True for the first of a writer's processes, as `writerOf`, for `ttlMs` (ten minutes by default). Atomic. */
  claim(writer: string, id: string, ttlMs?: number): Promise<boolean>;
}
