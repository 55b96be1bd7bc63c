import { expect, it } from "vitest";
import { float16ToFloat32 } from "./float16.ts";

it("turns float16 bits into the same numbers as float32", () => {
  const bits = Uint16Array.of(
    0x0000,
    0x8000,
    0x3c00,
    0xc000,
    0x0001,
    0x03ff,
    0x0400,
    0x7bff,
    0x3555,
    0x7c00,
    0xfc00,
    0x7e00,
  );
  const numbers = new Float32Array(bits.length);
  float16ToFloat32(bits, numbers, bits.length);
  const subnormal = 2 ** -24;
  const exact = [0, -0, 1, -2, subnormal, 1023 * subnormal, 2 ** -14, 65_504, 0.333251953125];
  expect([...numbers]).toEqual([...exact, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN]);
});

it("leaves what is past the count alone", () => {
  const numbers = Float32Array.of(7, 7);
  float16ToFloat32(Uint16Array.of(0x3c00, 0x3c00), numbers, 1);
  expect([...numbers]).toEqual([1, 7]);
});
