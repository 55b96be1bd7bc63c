import { ImportError } from "../../model-folder/import-error.ts";
import { BLOCK_LAYOUTS, type BlockType } from "../decoder/block-types.ts";

/** By ggml's numbers (enum ggml_type). */
const BLOCK_TYPES: Readonly<Record<number, BlockType>> = { 0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 8: "Q8_0" };

/** Names of those not supported, for messages. */
const OTHER_NAMES: Readonly<Record<number, string>> = {
  6: "Q5_0",
  7: "Q5_1",
  9: "Q8_1",
  10: "Q2_K",
  11: "Q3_K",
  12: "Q4_K",
  13: "Q5_K",
  14: "Q6_K",
  15: "Q8_K",
  16: "IQ2_XXS",
  17: "IQ2_XS",
  18: "IQ3_XXS",
  19: "IQ1_S",
  20: "IQ4_NL",
  21: "IQ3_S",
  22: "IQ2_S",
  23: "IQ4_XS",
  24: "I8",
  25: "I16",
  26: "I32",
  27: "I64",
  28: "F64",
  29: "IQ1_M",
  30: "BF16",
  34: "TQ1_0",
  35: "TQ2_0",
  39: "MXFP4",
};

/**
 * The block type of a number in the file.
 *
 * @throws ImportError naming a type that is not supported
 */
export function blockType(ggmlType: number, tensor: string): BlockType {
  const type = BLOCK_TYPES[ggmlType];
  if (type) return type;
  throw new ImportError(
    `tensor ${tensor} is stored as ${OTHER_NAMES[ggmlType] ?? `type ${ggmlType}`}; supported are ` +
      `${Object.keys(BLOCK_LAYOUTS).join(", ")}. Take a file with one of those, as Q4_1 or Q8_0`,
  );
}
