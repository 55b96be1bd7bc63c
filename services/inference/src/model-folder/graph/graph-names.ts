/** What a graph calls its inputs and outputs; `%d` is the layer. The keys are those of onnxruntime-genai's genai_config.json. */
export interface GraphNames {
  readonly inputIds: string;
  readonly attentionMask: string;
  readonly positionIds: string;
  readonly pastKeyNames: string;
  readonly pastValueNames: string;
  readonly logits: string;
  readonly presentKeyNames: string;
  readonly presentValueNames: string;
}

/** The names that Optimum, onnxruntime-genai's builder and our own import write. */
export const DEFAULT_GRAPH_NAMES: GraphNames = {
  inputIds: "input_ids",
  attentionMask: "attention_mask",
  positionIds: "position_ids",
  pastKeyNames: "past_key_values.%d.key",
  pastValueNames: "past_key_values.%d.value",
  logits: "logits",
  presentKeyNames: "present.%d.key",
  presentValueNames: "present.%d.value",
};
