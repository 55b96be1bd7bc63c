import { type Attachment, readAnnouncedBody } from "@cria/bot-core";
import type { Attachment as DiscordAttachment } from "discord.js";
import { passedOn, type ReadableMessage } from "./readable-text.ts";

/** Files of a message; of a forward, those of what it passes on. */
export function filesOf(message: ReadableMessage): readonly DiscordAttachment[] {
  return passedOn(message).flatMap(({ attachments }) => [...attachments.values()]);
}

/** A file for the core. `isBeside`: a question is answered without it where it is no text. */
export function toAttachment({ name, contentType, size, url }: DiscordAttachment, isBeside: boolean): Attachment {
  return {
    name,
    mimeType: contentType ?? "",
    sizeBytes: size,
    isBeside,
    load: async (signal) => {
      const response = await fetch(url, { signal });
      if (!response.ok) throw new Error(`Discord answered ${response.status} for a file`);
      return await readAnnouncedBody(response, size);
    },
  };
}
