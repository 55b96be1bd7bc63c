import { BOT, type Person } from "../../wire.ts";

const NUM_TINTS = 8;

/** The square before a name: the mark for the bot, initials on a tint of their own for a person. */
export function Avatar({ person }: { readonly person: Person }) {
  if (person.id === BOT.id) return <img class="avatar" src="/alpaca.svg" alt="" width="36" height="36" />;
  return (
    <span class={`avatar tint-${tintOf(person.id)}`} aria-hidden="true">
      {initialsOf(person.name)}
    </span>
  );
}

/** The first letters of the first and the last word. */
export function initialsOf(name: string): string {
  const words = name.split(" ");
  const last = words.length > 1 ? words.at(-1)! : "";
  return [words[0]!, last]
    .map((word) => [...word][0] ?? "")
    .join("")
    .toUpperCase();
}

function tintOf(id: string): number {
  let sum = 0;
  for (const character of id) sum = (sum * 31 + character.codePointAt(0)!) % 65_521;
  return sum % NUM_TINTS;
}
