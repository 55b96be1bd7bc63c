/** What computes a model, and where its KV cache lies. */
export interface ExecutionProvider {
  /** As `GetAvailableProviders` lists it. */
  readonly listedName: string;
  /** As `SessionOptionsAppendExecutionProvider` takes it; undefined for the CPU, which is always there. */
  readonly optionName: string | undefined;
  /** Memory of its KV cache; "Cpu" where it computes in the host's. */
  readonly memoryName: string;
}

/** By the type of a device, as "cuda" of "cuda:0". */
export const PROVIDERS: Readonly<Record<string, ExecutionProvider>> = {
  cpu: { listedName: "CPUExecutionProvider", optionName: undefined, memoryName: "Cpu" },
  webgpu: { listedName: "WebGpuExecutionProvider", optionName: "WebGPU", memoryName: "WebGPU_Buffer" },
  cuda: { listedName: "CUDAExecutionProvider", optionName: "CUDA", memoryName: "Cuda" },
  coreml: { listedName: "CoreMLExecutionProvider", optionName: "CoreML", memoryName: "Cpu" },
  dml: { listedName: "DmlExecutionProvider", optionName: "DML", memoryName: "DML" },
};

/** Whether its KV cache lies in the host's memory: no other memory can be copied from here. */
export function isInHostMemory({ memoryName }: ExecutionProvider): boolean {
  return memoryName === PROVIDERS.cpu!.memoryName;
}
