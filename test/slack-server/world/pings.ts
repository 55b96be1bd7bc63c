/** Whom a text notifies: users by id, and "channel", "here", "everyone" or a user group's id. */
export function pingsOf(text: string): readonly string[] {
  // Slack reads these inside code as well. A bare @here is taken by its clients and by `parse: "full"`; the strictest reading counts.
  const marked = [...text.matchAll(/<(?:!(channel|here|everyone|subteam\^\w+)|@([UW][A-Z0-9]+))(?:\|[^>]*)?>/g)];
  const bare = [...text.matchAll(/(?<![\w@])@(channel|here|everyone)\b/g)];
  return [...marked, ...bare].map(([, special, user]) => special ?? user!);
}
