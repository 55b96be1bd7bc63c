import type { SlackServer } from "../slack-server/slack-server.ts";
import type { Message } from "../slack-server/world/world.ts";

/** The bot's messages in answer to one, once so many replies have ended: what ends stands over buttons or figures, or says why not. */
export async function repliesTo(server: SlackServer, question: Message, most = 1): Promise<readonly Message[]> {
  const ended = () => server.replies(question).filter(({ blocks }) => hasEnded(JSON.stringify(blocks)));
  await server.until(() => ended().length >= most);
  return server.replies(question);
}

function hasEnded(blocks: string): boolean {
  return /"type":"actions"|"type":"context"|⚠️/.test(blocks) && !blocks.includes("the whole reply comes as a file");
}

/** What stands under a message, as JSON. */
export function smallPrint(message: Message | undefined): string | undefined {
  return JSON.stringify(message?.blocks.find(({ type }) => type === "context"));
}
