import { ImportError } from "../../model-folder/import-error.ts";
import type { StoredTensor } from "./stored-tensor.ts";

/** Hands out a file's tensors by name and shape, and knows which nobody asked for. */
export class LlamaTensors {
  readonly #tensors: ReadonlyMap<string, StoredTensor>;
  readonly #unused: Set<string>;

  constructor(tensors: ReadonlyMap<string, StoredTensor>) {
    this.#tensors = tensors;
    this.#unused = new Set(tensors.keys());
  }

  /** A matrix, or undefined if the file has none of this name. `rows` undefined takes any number. */
  optional(name: string, rows: number | undefined, columns: number): StoredTensor | undefined {
    const tensor = this.#tensors.get(name);
    if (!tensor) return undefined;
    this.#unused.delete(name);
    if (tensor.columns === columns && (rows === undefined || tensor.rows === rows)) return tensor;
    throw new ImportError(
      `tensor ${name} is ${tensor.rows} by ${tensor.columns}; the metadata asks for ${rows ?? "any"} by ${columns}`,
    );
  }

  /** A matrix that must be there. */
  matrix(name: string, rows: number | undefined, columns: number): StoredTensor {
    const tensor = this.optional(name, rows, columns);
    if (tensor) return tensor;
    throw new ImportError(`tensor ${name} is missing`);
  }

  /** A vector of F32 or F16. */
  vector(name: string, length: number): StoredTensor {
    const tensor = this.matrix(name, 1, length);
    if (tensor.type === "F32" || tensor.type === "F16") return tensor;
    throw new ImportError(`tensor ${name} is stored as ${tensor.type}; a vector must be F32 or F16`);
  }

  /** @throws ImportError if the file has tensors that nothing asked for: what they do would be lost */
  assertAllUsed(): void {
    if (this.#unused.size === 0) return;
    const some = [...this.#unused].slice(0, 4).join(", ");
    throw new ImportError(`${this.#unused.size} tensors are not part of a LLaMA decoder as we know it: ${some}`);
  }
}
