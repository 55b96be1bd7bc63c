import { type Attachment, readAnnouncedBody } from "@cria/bot-core";

/** A file as Slack's events describe it. */
export interface SlackFile {
  readonly name?: string;
  readonly title?: string;
  readonly mimetype?: string;
  readonly size?: number;
  readonly url_private_download?: string;
  readonly url_private?: string;
}

/** How files are fetched. */
export interface FileAccess {
  readonly botToken: string;
  /** Base URL of the Web API; files come from there or from slack.com, and nobody else is shown the token. */
  readonly apiUrl: string;
}

/** A message's files for the core, which takes those it can read. */
export function attachmentsOf(files: readonly SlackFile[], access: FileAccess): readonly Attachment[] {
  return files.map((file) => ({ ...aboutFile(file), load: (signal) => loadFile(file, access, signal) }));
}

/** Files of the messages that a question is about. */
export function besideAttachments(files: readonly SlackFile[], access: FileAccess): readonly Attachment[] {
  return attachmentsOf(files, access).map((file) => ({ ...file, isBeside: true }));
}

export function fileName({ name, title }: SlackFile): string {
  return name ?? title ?? "file";
}

function aboutFile(file: SlackFile) {
  return { name: fileName(file), mimeType: file.mimetype ?? "", sizeBytes: file.size ?? 0 };
}

async function loadFile(file: SlackFile, { botToken, apiUrl }: FileAccess, signal: AbortSignal): Promise<Uint8Array> {
  const url = file.url_private_download ?? file.url_private;
  if (url === undefined || !isSlackUrl(url, apiUrl)) throw new Error("Slack gives no address for a file");
  const response = await fetch(url, { headers: { authorization: `Bearer ${botToken}` }, redirect: "error", signal });
  const isSignInPage = response.headers.get("content-type")?.startsWith("text/html") && file.mimetype !== "text/html";
  if (!response.ok || isSignInPage)
    throw new Error(`Slack does not give a file (status ${response.status}); has the app the scope files:read?`);
  return await readAnnouncedBody(response, file.size ?? 0);
}

function isSlackUrl(url: string, apiUrl: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, origin } = new URL(url);
  return origin === new URL(apiUrl).origin || (protocol === "https:" && /(^|\.)slack(-files)?\.com$/.test(hostname));
}
