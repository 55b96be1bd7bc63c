/** What stands for names in a text: people by id. */
export type NameOf = (userId: string) => string;

const ENTITIES: Readonly<Record<string, string>> = { "&lt;": "<", "&gt;": ">", "&amp;": "&" };

/** A message's text as people read it: names for ids, addresses for links, no entities, and without mentions of the bot. */
export function plainText(text: string, botUserId: string, nameOf: NameOf): string {
  return text
    .replaceAll(new RegExp(`<@${botUserId}(?:\\|[^>]*)?>[,:]?[ \\t]*`, "g"), "")
    .replace(/<([^<>\n]+)>/g, (_, inner: string) => reference(inner, nameOf))
    .replace(/&(?:lt|gt|amp);/g, (entity) => ENTITIES[entity] ?? entity)
    .trim();
}

/** People mentioned in a text, in order. */
export function mentionedUsers(text: string): readonly string[] {
  return [...text.matchAll(/<@([A-Z0-9]+)/g)].map(([, id]) => id!);
}

function reference(inner: string, nameOf: NameOf): string {
  const [target = "", label] = inner.split("|");
  if (target.startsWith("@")) return `@${label ?? nameOf(target.slice(1))}`;
  if (target.startsWith("#")) return `#${label ?? target.slice(1)}`;
  if (target.startsWith("!")) return label ?? `@${target.slice(1)}`;
  return label === undefined || label === target || target.endsWith(`//${label}`) ? target : `${label} (${target})`;
}
