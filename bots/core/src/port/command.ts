/** Why a text is no command: a sentence for people, and the commands or values like what was written. */
export interface CommandError {
  readonly error: string;
  readonly nearMatches: readonly string[];
}

/** A command as all platforms know it. docs/commands.md explains each to users. */
export type Command =
  /** Without a name: which models there are. */
  | { readonly type: "model"; readonly name?: string; readonly scope?: SettingsScope }
  /** Forgets the conversation's rounds. */
  | { readonly type: "reset" }
  /** Without text: which persona is set. "default" takes it back. */
  | { readonly type: "system"; readonly text?: string; readonly scope?: SettingsScope }
  /** Without values: how the conversation is remembered. "default" takes it back. */
  | {
      readonly type: "context";
      readonly mode?: ContextMode | "default";
      readonly window?: number;
      readonly scope?: SettingsScope;
    }
  /** Without a value: how the switches stand. Holds for the channel with its threads; "default" takes it back. */
  | {
      readonly type: "setting";
      readonly name?: SettingName;
      readonly value?: SettingValue;
      readonly scope?: SettingsScope;
    }
  /** Two models answer the same question; nothing is remembered. */
  | { readonly type: "compare"; readonly models: readonly [string, string]; readonly text: string }
  /** Without a value: whether the workspace collects feedback. For admins. */
  | { readonly type: "feedback"; readonly isOn?: boolean }
  | { readonly type: "status" }
  | { readonly type: "help" };

/** Switches of a channel: docs/commands.md says what each does. A platform offers those of its words. */
export type SettingName = "answer-all" | "threads" | "names" | "previews";
export type SettingValue = "on" | "off" | "default";

/** Where a setting is set; where it is absent, for the conversation itself. The workspace's are for admins. */
export type SettingsScope = "channel" | "workspace";

/** How rounds stand in an Alpaca prompt: not at all, as blocks of their own, or in one instruction. */
export type ContextMode = "off" | "turns" | "merged";
