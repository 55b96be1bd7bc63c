import { z } from "zod";
import { nearMatches } from "../text/near-matches.ts";
import type { AccessPolicy } from "./access.ts";
import { CHANGING_COMMANDS } from "./command-access.ts";
import { idList } from "./id-list.ts";

const commands = z
  .string()
  .transform((text) => text.split(",").map((name) => name.trim().toLowerCase()))
  .superRefine((names, { addIssue }) => {
    for (const name of names) if (!isCommand(name)) addIssue({ code: "custom", message: unknownCommand(name) });
  })
  .transform((names) => names.filter(isCommand))
  .default([]);

/** The variables of access, for the schema of a bot's configuration. */
export const accessVariables = {
  CRIA_ALLOW_WORKSPACES: idList("workspace"),
  CRIA_ALLOW_CHANNELS: idList("channel"),
  CRIA_ALLOW_USERS: idList("person"),
  CRIA_ALLOW_ROLES: idList("role"),
  CRIA_DENY_WORKSPACES: idList("workspace"),
  CRIA_DENY_CHANNELS: idList("channel"),
  CRIA_DENY_USERS: idList("person"),
  CRIA_DENY_ROLES: idList("role"),
  CRIA_ADMIN_USERS: idList("person"),
  CRIA_ADMIN_ROLES: idList("role"),
  CRIA_ADMIN_COMMANDS: commands,
};

type AccessValues = { readonly [K in keyof typeof accessVariables]: z.output<(typeof accessVariables)[K]> } & {
  readonly CRIA_DIRECT_MESSAGES: boolean;
};

/** The policy that the variables describe. */
export function toAccessPolicy(values: AccessValues): AccessPolicy {
  return {
    allow: {
      workspaces: values.CRIA_ALLOW_WORKSPACES,
      channels: values.CRIA_ALLOW_CHANNELS,
      users: values.CRIA_ALLOW_USERS,
      roles: values.CRIA_ALLOW_ROLES,
    },
    deny: {
      workspaces: values.CRIA_DENY_WORKSPACES,
      channels: values.CRIA_DENY_CHANNELS,
      users: values.CRIA_DENY_USERS,
      roles: values.CRIA_DENY_ROLES,
    },
    directMessages: values.CRIA_DIRECT_MESSAGES,
    admins: { users: values.CRIA_ADMIN_USERS, roles: values.CRIA_ADMIN_ROLES },
    adminCommands: values.CRIA_ADMIN_COMMANDS,
  };
}

function isCommand(name: string): name is (typeof CHANGING_COMMANDS)[number] {
  return CHANGING_COMMANDS.some((known) => known === name);
}

function unknownCommand(name: string): string {
  const near = nearMatches(name, CHANGING_COMMANDS);
  return `has no command "${name.slice(0, 32)}"; it takes ${(near.length > 0 ? near : CHANGING_COMMANDS).join(", ")}`;
}
