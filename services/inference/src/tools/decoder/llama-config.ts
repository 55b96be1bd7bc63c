/** Shape of a LLaMA decoder. */
export interface LlamaConfig {
  readonly numLayers: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly numHeads: number;
  readonly numKvHeads: number;
  readonly headDim: number;
  /** Positions it was trained for. */
  readonly contextLength: number;
  readonly rmsNormEps: number;
  readonly ropeTheta: number;
  /** Positions are divided by it ("linear" scaling); 1 for none. */
  readonly ropeFactor: number;
}
