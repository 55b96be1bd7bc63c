import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { type BotCore, conversationKey, createBotCore, createInferenceClient, createStore } from "@cria/bot-core";
import { findInference, startInference } from "./inference-for-a-call.ts";
import { loadLocalSettings } from "./settings.ts";
import { StartError } from "./start-error.ts";
import { TerminalReply } from "./terminal-reply.ts";

const USAGE = `Usage: npm run ask -- [--model NAME] "QUESTION"
       … | npm run ask -- -          (the question is what comes in)
Answers in the terminal, by the running service or by one started for the call. \`npm run models -- list\` names the models.`;
