import type { SlackServer } from "./slack-server.ts";
import type { Message } from "./world.ts";

/** The bot's messages in answer to one, once so many replies have ended: what ends stands over buttons. */
export async function repliesTo(server: SlackServer, question: Message, most = 1): Promise<readonly Message[]> {
  const ended = () => server.replies(question).filter(({ blocks }) => blocks.some(({ type }) => type === "actions"));
  await server.until(() => ended().length >= most);
  return server.replies(question);
}
