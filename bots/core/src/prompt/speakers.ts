import type { Speaker } from "../port/place.ts";
import { defuser } from "./defuse.ts";

/** Most characters of a name in a prompt: the longest that the platforms let people give, of a channel. */
const MAX_NAME_LENGTH = 100;
const NAMELESS = "Someone";

const INVISIBLE = /[\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/gu;
/** What ends a line or a name, marks a section, or mentions someone. */
const NO_PART_OF_A_NAME = /[\p{C}\p{Z}:#<>[\]{}|@*`\\]+/gu;

/** A name that other people gave themselves or something, of one line, without a colon, a section's marker or a mention. */
export function cleanName(name: string): string {
  const words = name.replace(INVISIBLE, "").normalize("NFKC").replace(NO_PART_OF_A_NAME, " ").trim();
  const short = Array.from(words).slice(0, MAX_NAME_LENGTH).join("").trimEnd();
  return /[\p{L}\p{N}\p{S}]/u.test(short) ? short : "";
}

/** A person's name as it stands before their words. */
export function speakerName(name: string): string {
  return cleanName(name) || NAMELESS;
}

/** The names of speakers, in their order: each has one, and of two people of one name the second has a number. */
export function nameSpeakers(speakers: readonly Speaker[]): readonly string[] {
  const owners = new Map<string, string | undefined>();
  const names = new Set(speakers.map(({ name }) => name));
  const cleaned = new Map(Array.from(names, (name) => [name, speakerName(name)]));
  return speakers.map(({ id, name }) => {
    const own = cleaned.get(name)!;
    let shown = own;
    for (let number = 2; isAnothers(owners.get(shown), id); number++) shown = `${own} ${number}`;
    owners.set(shown, owners.get(shown) ?? id);
    return shown;
  });
}

/** What stands before the words of each, no line of what others wrote may begin with. */
export function titlesOf(speakers: readonly Speaker[]): readonly string[] {
  return [...new Set(nameSpeakers(speakers).map((name) => `${name}:`))];
}

function isAnothers(owner: string | undefined, id: string | undefined): boolean {
  return owner !== undefined && id !== undefined && owner !== id;
}

/** Something said, and by whom. */
export interface Spoken {
  readonly speaker: Speaker;
  readonly text: string;
  /** Who speaks in what it is about. */
  readonly others: readonly Speaker[];
}

/**
 * Texts, oldest first, each with its speaker's name before it. None has a line that begins like the words of anyone who has
 * spoken by then: what comes later changes nothing in what was said.
 */
export function withSpeakers(spoken: readonly Spoken[]): readonly string[] {
  const names = nameSpeakers(spoken.flatMap(({ speaker, others }) => [speaker, ...others]));
  const titles = new Set<string>();
  let defuse = defuser({ lines: [], anywhere: [] });
  let numNamed = 0;
  return spoken.map(({ text, others }) => {
    const own = names[numNamed];
    const numKnown = titles.size;
    for (const name of names.slice(numNamed, numNamed + 1 + others.length)) titles.add(`${name}:`);
    if (titles.size > numKnown) defuse = defuser({ lines: [...titles], anywhere: [] });
    numNamed += 1 + others.length;
    return `${own}: ${defuse(text.trim())}`;
  });
}
