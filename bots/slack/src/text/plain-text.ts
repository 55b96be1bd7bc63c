/** What stands for ids in a text, each without its sign. */
export interface NamesOf {
  user(id: string): string;
  channel(id: string): string;
  group(id: string): string;
}

/** Ids that a text names. */
export interface References {
  readonly users: readonly string[];
  readonly channels: readonly string[];
  readonly groups: readonly string[];
}

const ENTITIES: Readonly<Record<string, string>> = { "&lt;": "<", "&gt;": ">", "&amp;": "&" };

/** A message's text as people read it: names for ids, addresses for links, no entities, and without mentions of the bot. */
export function plainText(text: string, botUserId: string, names: NamesOf): string {
  return text
    .replaceAll(new RegExp(`<@${botUserId}(?:\\|[^>]*)?>[,:]?[ \\t]*`, "g"), "")
    .replace(/<([^<>\n]+)>/g, (_, inner: string) => reference(inner, names))
    .replace(/&(?:lt|gt|amp);/g, (entity) => ENTITIES[entity] ?? entity)
    .trim();
}

/** People mentioned in a text, in order. */
export function mentionedUsers(text: string): readonly string[] {
  return idsOf(text, /<@([A-Z0-9]+)/g);
}

/** Whose names a text takes; where Slack writes a name beside the id, that one stands. */
export function referencesIn(texts: readonly string[]): References {
  const text = texts.join("\n");
  return {
    users: idsOf(text, /<@([A-Z0-9]+)\|?>/g),
    channels: idsOf(text, /<#([A-Z0-9]+)\|?>/g),
    groups: idsOf(text, /<!subteam\^([A-Z0-9]+)\|?>/g),
  };
}

function idsOf(text: string, pattern: RegExp): readonly string[] {
  return [...text.matchAll(pattern)].map(([, id]) => id!);
}

function reference(inner: string, names: NamesOf): string {
  const [, target = "", label = ""] = /^([^|]*)\|?(.*)$/s.exec(inner) ?? [];
  if (target.startsWith("@")) return `@${label || names.user(target.slice(1))}`;
  if (target.startsWith("#")) return `#${label || names.channel(target.slice(1))}`;
  if (target.startsWith("!")) return label || special(target.slice(1), names);
  return link(target, label);
}

function special(target: string, names: NamesOf): string {
  const [kind = "", id = ""] = target.split("^");
  if (kind === "subteam") return `@${names.group(id)}`;
  if (kind === "date" && Number(id) > 0) return new Date(Number(id) * 1_000).toISOString();
  return `@${kind}`;
}

/** An address once, where it is its own label. */
function link(target: string, label: string): string {
  const address = target.replace(/^(?:mailto|tel):/, "");
  if (address !== target) return label === "" || isSame(label, address) ? label || address : `${label} (${address})`;
  return label === "" || label === target || target.endsWith(`//${label}`) ? target : `${label} (${target})`;
}

/** Numbers are written in many ways. */
function isSame(label: string, address: string): boolean {
  const bare = (text: string) => text.replace(/[\s()./-]/g, "").toLowerCase();
  return bare(label) === bare(address);
}
