import { BOT, type Person } from "../../wire.ts";
import { nameTag } from "../state/channels/shared-names.ts";
import { useChat } from "./chat-context.ts";

/** Who wrote something; whoever runs Cria finds a person's id by pointing at the name. */
export function PersonName({ person }: { readonly person: Person }) {
  const tag = nameTag(person, useChat().current.value.sharedNames.value);
  return (
    <>
      <b dir="auto" title={person.id === BOT.id ? undefined : `id ${person.id}`}>
        {person.name}
      </b>
      {tag !== "" && <span class="name-tag">{tag}</span>}
    </>
  );
}
