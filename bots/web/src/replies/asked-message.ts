import type { Attachment, Author, IncomingMessage, Place, PlaceNames } from "@cria/bot-core";
import { meaningOf } from "../mention.ts";
import type { KeptFile, KeptMessage } from "../timeline/kept-message.ts";
import type { Timeline } from "../timeline/timeline.ts";

/** Where a reply stands. */
export interface Spot {
  readonly timeline: Timeline;
  readonly place: Place;
}

/** A message in its channel. */
export interface AskedMessage extends Spot {
  readonly message: KeptMessage;
  /** Who has it answered, with these rights: who wrote it, or pressed Retry. */
  readonly author: Author;
}

/** What the bot is asked by a message. */
export function incomingMessage({ message, place, author }: AskedMessage, workspaceName: string): IncomingMessage {
  const meaning = meaningOf(message.text, place.isDirect);
  const text = meaning.type === "question" ? meaning.text : message.text;
  const asker = message.author.id === author.id ? {} : { asker: message.author };
  const names = namesOf(place, workspaceName);
  return { place, author, ...asker, text, names, attachments: attachmentsOf(message) };
}

/** What a persona calls the place. */
export function namesOf({ isDirect, channelId }: Place, workspace: string): PlaceNames {
  return { channel: isDirect ? "direct message" : channelId, workspace };
}

/** The files of a message, as the bot reads them: whatever their names, they are text. */
export function attachmentsOf({ files = [] }: Pick<KeptMessage, "files">): readonly Attachment[] {
  return files.map(({ name, sizeBytes, text }: KeptFile) => ({
    name,
    mimeType: "text/plain",
    sizeBytes,
    load: async () => Buffer.from(text),
  }));
}
