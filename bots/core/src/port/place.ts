/** Who wrote something. Ids are the platform's own, opaque to the core. */
export interface Author {
  readonly id: string;
  readonly name: string;
  /** Roles or user groups, for access lists and admins. Absent where they are not known: lists that deny roles then deny all. */
  readonly roleIds?: readonly string[];
  /** Workspaces this person is in: in a direct message that belongs to none of them, who is in an allowed one may talk. */
  readonly workspaceIds?: readonly string[];
  /** Whether the platform says that this person administers the workspace. Default false. */
  readonly isAdmin?: boolean;
}

/** What people call a place, for personas. Default: ids. */
export interface PlaceNames {
  readonly channel?: string | undefined;
  readonly workspace?: string | undefined;
}

/**
 * Where a conversation takes place. The conversation key is made of it: the thread if there is one, else the channel;
 * a direct message is a channel of its own.
 */
export interface Place {
  /** As "slack", "discord", "web". */
  readonly platform: string;
  /** Workspace or guild. */
  readonly workspaceId: string;
  /** Of a thread, the channel it hangs in. */
  readonly channelId: string;
  readonly threadId?: string;
  readonly isDirect: boolean;
  /**
   * The identity that writes the bot's messages there, as `slack:T1:U1`: processes of one writer may go on with one another's
   * replies. Default: the workspace's key.
   */
  readonly writer?: string;
}

/** Who said something, as far as it is remembered. */
export interface Speaker {
  /** The platform's id; absent in what was remembered without one. */
  readonly id?: string | undefined;
  readonly name: string;
}
