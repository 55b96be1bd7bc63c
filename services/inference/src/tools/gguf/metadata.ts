import type { MetadataValue } from "@huggingface/gguf";
import { ImportError } from "../../model-folder/import-error.ts";

/** The key-value entries of a GGUF header. */
export type Metadata = ReadonlyMap<string, MetadataValue>;

/** An entry's text, or undefined without the entry. */
export function optionalString(metadata: Metadata, key: string): string | undefined {
  const value = metadata.get(key);
  if (value === undefined || typeof value === "string") return value;
  throw new ImportError(`metadata ${key} is not text`);
}

/** An entry's number, or undefined without the entry. */
export function optionalNumber(metadata: Metadata, key: string): number | undefined {
  const value = metadata.get(key);
  if (value === undefined) return undefined;
  const number = typeof value === "bigint" ? Number(value) : value;
  if (typeof number === "number" && Number.isFinite(number)) return number;
  throw new ImportError(`metadata ${key} is not a number`);
}

/** An entry that is true or false, or undefined without the entry. */
export function optionalBoolean(metadata: Metadata, key: string): boolean | undefined {
  const value = metadata.get(key);
  if (value === undefined || typeof value === "boolean") return value;
  throw new ImportError(`metadata ${key} is neither true nor false`);
}

/**
 * A whole number from 1 to `max`.
 *
 * @throws ImportError if the entry is missing and has no default, or is something else
 */
export function count(metadata: Metadata, key: string, max: number, byDefault?: number): number {
  const value = optionalNumber(metadata, key) ?? byDefault;
  if (value === undefined) throw new ImportError(`metadata ${key} is missing`);
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw new ImportError(`metadata ${key} is ${value}; it must be a whole number from 1 to ${max}`);
}

/** A list of texts. */
export function strings(metadata: Metadata, key: string): readonly string[] {
  const value = metadata.get(key);
  if (value === undefined) throw new ImportError(`metadata ${key} is missing`);
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value as string[];
  throw new ImportError(`metadata ${key} is not a list of texts`);
}

/** A list of numbers, or undefined without the entry. */
export function optionalNumbers(metadata: Metadata, key: string): readonly number[] | undefined {
  const value = metadata.get(key);
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.every((item) => typeof item === "number")) return value as number[];
  throw new ImportError(`metadata ${key} is not a list of numbers`);
}
