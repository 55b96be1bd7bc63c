import { describeChatStore } from "../timeline/chat-store.contract.ts";
import { createMemoryChatStore } from "./memory-chat-store.ts";

describeChatStore("createMemoryChatStore", async () => createMemoryChatStore());
