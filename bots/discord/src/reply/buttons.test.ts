import { describe, expect, it } from "vitest";
import { BUTTON_ACTIONS, buttonRow, parseButton } from "./buttons.ts";

/** As long as the core makes them. */
const REPLY_ID = "0mwut8ybu-GEe4SQVJ8Qo";

describe("buttonRow", () => {
  it("makes buttons that say what they do and for which reply", () => {
    const [row] = buttonRow(REPLY_ID, BUTTON_ACTIONS);
    const parsed = row!.components.map(({ custom_id }) => parseButton(custom_id));
    expect(parsed).toEqual(BUTTON_ACTIONS.map((action) => ({ action, replyId: REPLY_ID })));
    expect(row!.components.every(({ custom_id }) => custom_id.length <= 100)).toBe(true);
  });

  it("makes no row without buttons", () => {
    expect(buttonRow(REPLY_ID, [])).toEqual([]);
  });
});

describe("parseButton", () => {
  it.each(["", "stop", "stop:", "other:1"])("knows that %j is not the bot's", (customId) => {
    expect(parseButton(customId)).toBeUndefined();
  });
});
