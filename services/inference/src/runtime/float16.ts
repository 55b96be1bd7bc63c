/** All 65,536 float16 values: a look-up takes a nanosecond, and logits have 50,000 and more a row. */
let table: Float32Array | undefined;

/** Writes the first `count` numbers of `source`, float16 in IEEE 754's binary16 bits, to `target`. */
export function float16ToFloat32(source: Uint16Array, target: Float32Array, count: number): void {
  table ??= Float32Array.from({ length: 65_536 }, (_, bits) => decode(bits));
  for (let i = 0; i < count; i++) target[i] = table[source[i]!]!;
}

function decode(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
