import type { Logger } from "pino";
import type { Admission } from "../admission/admit.ts";
import type { Stores } from "../conversation/stores.ts";
import type { InferenceClient } from "../inference/inference-client.ts";
import type { FeedbackStore } from "../records/feedback.ts";
import type { Transcript } from "../records/transcript.ts";
import type { RunningReplies } from "../reply/running-replies.ts";
import type { Unheard } from "./unheard.ts";

/** What the parts of the pipeline work with. */
export interface Core extends Admission {
  readonly stores: Stores;
  readonly inference: InferenceClient;
  readonly logger: Logger;
  readonly transcript: Transcript;
  /** Undefined where ratings cannot be kept. */
  readonly feedback: FeedbackStore | undefined;
  /** Rounds kept where nobody set another number. */
  readonly window: number;
  /** Longest reply in tokens of models whose folder does not say. */
  readonly maxTokens: number;
  /** Persona of chat models that have none of their own. */
  readonly persona: string;
  readonly running: RunningReplies;
  readonly unheard: Unheard;
}
