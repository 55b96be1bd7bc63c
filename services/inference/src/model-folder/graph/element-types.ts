/** Element types of tensors that are read or written here, by their number in ONNX. */
export const ELEMENT_TYPES = {
  float32: { id: 1, bytes: 4 },
  float16: { id: 10, bytes: 2 },
  int64: { id: 7, bytes: 8 },
} as const;

export type ElementType = keyof typeof ELEMENT_TYPES;
