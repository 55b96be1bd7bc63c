import { effect } from "@preact/signals";
import { render } from "preact";
import { ChatState } from "./state/chat-state.ts";
import { App } from "./view/app.tsx";

const chat = new ChatState();
window.addEventListener("popstate", () => chat.workspace.value !== undefined && chat.openFromAddress());
effect(() => {
  const unread = chat.channelNames.value.some((name) => chat.channel(name).hasUnread.value);
  const name = chat.currentId.value === chat.directId ? "Cria" : `#${chat.currentId.value}`;
  document.title = `${unread ? "• " : ""}${name}${name === "Cria" ? "" : " · Cria"}`;
});
render(<App chat={chat} />, document.getElementById("app")!);
void chat.start();
