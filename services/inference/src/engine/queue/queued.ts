/** What waits for a row, as far as a queue must know it. */
export interface Queued {
  /** On the caller's clock in milliseconds, as all times. */
  readonly arrivedAt: number;
  readonly numPromptTokens: number;
  readonly request: {
    /** Whom the share is counted for; "" is a tenant like any other. */
    readonly tenant: string;
    /** Lower is sooner. */
    readonly priority: number;
    readonly maxQueueTimeMs: number | undefined;
  };
}
