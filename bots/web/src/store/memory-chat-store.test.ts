import { describeChatStore } from "../rooms/chat-store.contract.ts";
import { createMemoryChatStore } from "./memory-chat-store.ts";

describeChatStore("createMemoryChatStore", async () => createMemoryChatStore());
