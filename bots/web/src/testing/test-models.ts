import { fakeModel } from "@cria/bot-core/testing";
import { ModelState } from "@cria/proto";

/** The models a test page offers: a default, one that loads on first use, one that is broken. */
export const TEST_MODELS = [
  fakeModel({ name: "smollm2-135m", description: "Small and quick; holds a conversation in good English" }),
  fakeModel({
    name: "smollm2-135m-few-shot",
    description: "The same weights, shown two example rounds first",
    state: ModelState.AVAILABLE,
    isDefault: false,
  }),
  fakeModel({
    name: "tiny-broken",
    description: "A folder without its tokenizer",
    state: ModelState.BROKEN,
    error: "tokenizer.json is missing.",
    isDefault: false,
  }),
];
