import { GREEDY, type Service } from "../service.ts";
import type { Engine, Piece } from "./engine.ts";

/** Our service, over gRPC as the bots reach it. */
export class CriaEngine implements Engine {
  readonly name = "Cria";
  readonly #service: Service;

  constructor(service: Service) {
    this.#service = service;
  }

  async *stream(prompt: string, maxTokens: number, signal?: AbortSignal): AsyncIterable<Piece> {
    for await (const { event } of this.#service.stream(prompt, maxTokens, { sampling: GREEDY }, signal)) {
      if (event?.$case === "delta") yield { text: event.value.text, numTokens: event.value.tokenIds.length };
      if (event?.$case === "finished") yield { text: "", numTokens: 0, usage: event.value.usage! };
    }
  }
}
