import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { ChatState } from "../state/chat-state.ts";

export const ChatContext = createContext<ChatState | undefined>(undefined);

/** The state of the page around a component. */
export function useChat(): ChatState {
  const chat = useContext(ChatContext);
  if (chat === undefined) throw new Error("useChat needs a ChatContext around it");
  return chat;
}
