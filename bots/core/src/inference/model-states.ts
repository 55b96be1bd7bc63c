/** What people are told of a model's state, on every platform and in the browser. */
export const MODEL_STATE_WORDS = {
  available: "loads on first use",
  loading: "loading",
  loaded: "loaded",
  broken: "broken",
} as const;
