import { expect, it } from "vitest";
import { findDevice, requireDevice } from "./execution-provider.ts";
import { loadOrt } from "./ort-api.ts";

const ort = loadOrt();

it("finds the CPU, which every library has", () => {
  expect(findDevice(ort, "cpu")).toMatchObject({ name: "cpu", index: 0, provider: { optionName: undefined } });
});

it.each(["", "tpu", "CPU", "cpu:", "cpu:x", "cuda:-1", "cpu:0:1"])("refuses %j and says what there is", (name) => {
  expect(() => findDevice(ort, name)).toThrow(`device "${name}" is not available: this ONNX Runtime offers cpu`);
});

it("makes sure of a device before a model is loaded", () => {
  requireDevice("cpu");
  expect(() => requireDevice("cuda:99")).toThrow(/^device "cuda:99" (is not available|cannot be used): /);
});
