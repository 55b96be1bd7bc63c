import { z } from "zod";

/** What a list names. */
type Listed = "workspace" | "channel" | "person" | "role";

/** Slack's ids begin with a letter of their kind, Discord's are numbers of their time. */
const SLACK = "[A-Z0-9]{8,}";
const DISCORD = "\\d{17,20}";
/** Beside those: the page's workspace and the one of direct messages outside of all, the page's channels and its people. */
const SHAPES: Readonly<Record<Listed, RegExp>> = {
  workspace: new RegExp(`^([TE]${SLACK}|${DISCORD}|local|@me)$`),
  channel: new RegExp(`^([CGD]${SLACK}|${DISCORD}|[\\p{Ll}\\p{Lo}\\p{N}][\\p{Ll}\\p{Lo}\\p{N}_-]*)$`, "u"),
  person: new RegExp(`^([UW]${SLACK}|${DISCORD}|[\\w-]{16})$`),
  role: new RegExp(`^(S${SLACK}|${DISCORD})$`),
};
const EXAMPLES: Readonly<Record<Listed, string>> = {
  workspace: "T024BE7LD or 41771983423143937",
  channel: "C024BE91L, 41771983423143937 or, on the page, general",
  person: "U024BE7LH or 80351110224678912",
  role: "S0604QSJC or 41771983423143936",
};
const MAX_TOLD = 32;

/** Ids separated by commas. A name would match nobody: what cannot be an id is a fault, which says what to write instead. */
export function idList(listed: Listed) {
  return z
    .string()
    .transform((text) => text.split(",").map((id) => id.trim()))
    .superRefine((values, { addIssue }) => {
      for (const value of values)
        if (!SHAPES[listed].test(value)) addIssue({ code: "custom", message: noId(value, listed) });
    })
    .default([]);
}

function noId(value: string, listed: Listed): string {
  if (value === "") return "must be ids separated by commas";
  return `${JSON.stringify(value.slice(0, MAX_TOLD))} is no id of a ${listed}; write it as ${EXAMPLES[listed]}, which the menu of the ${listed} copies`;
}
