import { effect } from "@preact/signals";
import { render } from "preact";
import { ChatState } from "./state/chat-state.ts";
import { App } from "./view/app.tsx";

const chat = new ChatState();
window.addEventListener("popstate", () => chat.workspace.value !== undefined && chat.openFromAddress());
effect(() => {
  const ids = [...chat.channelNames.value, ...chat.chats.all.value.map(({ id }) => id)];
  const unread = ids.some((id) => chat.channel(id).hasUnread.value);
  const name = chat.currentId.value === "" ? "" : `${chat.nameOf(chat.currentId.value).replace("# ", "#")} · `;
  document.title = `${unread ? "• " : ""}${name}Cria`;
});
render(<App chat={chat} />, document.getElementById("app")!);
void chat.start();
