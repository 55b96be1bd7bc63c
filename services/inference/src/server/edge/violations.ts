import { InferenceError, type InferenceErrorOptions } from "../../errors.ts";

type FieldViolation = NonNullable<InferenceErrorOptions["fieldViolations"]>[number];

/** What a number may be; bounds are included unless the range is `over` its lower one. */
export interface NumberRange {
  readonly min?: number;
  readonly over?: number;
  readonly max: number;
  /** What a bound counts, as "s". */
  readonly unit?: string;
}

/** Most violations told of one request, so that the answer fits in HTTP/2 trailers. */
const MAX_VIOLATIONS = 16;

/** Collects everything wrong with a request, so that the caller learns it at once. */
export class Violations {
  readonly #found: FieldViolation[] = [];

  /** Notes a violation of `field` unless the claim holds. */
  check(holds: boolean, field: string, description: string): void {
    if (!holds && this.#found.length < MAX_VIOLATIONS) this.#found.push({ field, description });
  }

  /** Notes a violation if a number is there and outside its range; NaN is outside every range. */
  checkRange(value: number | undefined, field: string, range: NumberRange): void {
    if (value === undefined || isWithin(value, range)) return;
    this.check(false, field, `is ${value}; must be ${describeRange(range)}`);
  }

  /** @throws InferenceError INVALID_ARGUMENT that names every field */
  throwIfAny(): void {
    if (this.#found.length === 0) return;
    const message = this.#found.map(({ field, description }) => `${field} ${description}`).join("; ");
    throw new InferenceError("INVALID_ARGUMENT", message, { fieldViolations: this.#found });
  }
}

function isWithin(
  value: number,
  { min = Number.NEGATIVE_INFINITY, over = Number.NEGATIVE_INFINITY, max }: NumberRange,
) {
  return value >= min && value > over && value <= max;
}

function describeRange({ min, over, max, unit }: NumberRange): string {
  const suffix = unit === undefined ? "" : ` ${unit}`;
  const lower = over === undefined ? `${min}${suffix}` : `over ${over}${suffix}`;
  return over === undefined ? `${lower} to ${max}${suffix}` : `${lower} and at most ${max}${suffix}`;
}
