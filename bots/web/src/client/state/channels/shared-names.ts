import type { Person } from "../../../wire.ts";

/** So much of an id tells a few people apart. */
const TAG_LENGTH = 4;

/** The names that several people go by, in lower case. */
export function sharedNames(people: readonly Person[]): ReadonlySet<string> {
  const owners = new Map<string, string>();
  const shared = new Set<string>();
  for (const { id, name } of people) {
    const key = name.toLowerCase();
    const owner = owners.get(key) ?? id;
    owners.set(key, owner);
    if (owner !== id) shared.add(key);
  }
  return shared;
}

/** What tells a person from another of the same name; "" where nobody else goes by it. */
export function nameTag({ id, name }: Person, shared: ReadonlySet<string>): string {
  return shared.has(name.toLowerCase()) ? id.slice(0, TAG_LENGTH) : "";
}

/** A person's name, with what tells them from another of it. */
export function taggedName(person: Person, shared: ReadonlySet<string>): string {
  return `${person.name} ${nameTag(person, shared)}`.trimEnd();
}
