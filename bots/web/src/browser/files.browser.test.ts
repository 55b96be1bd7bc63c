import { describe, expect, it } from "vitest";
import { useStageWithAda } from "../testing/stage.ts";

const on = useStageWithAda();

const NOTES = { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("Feed the herd at six.") };
const PICTURE = { name: "alpaca.png", mimeType: "image/png", buffer: Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0xff]) };

const chips = () => on.ada.page.getByRole("list", { name: "Files to send" }).locator(".file-name");
const choose = (...files: readonly (typeof NOTES)[]) => on.ada.page.locator("input[type=file]").setInputFiles(files);
const problem = () => on.ada.page.locator(".composer-problem").textContent();

/** Drops or pastes files, as the browser hands them on. */
async function hand(
  event: "drop" | "paste",
  files: readonly { name: string; text: string }[],
  words = "",
): Promise<void> {
  await on.ada.page.evaluate(
    ({ type, given, plain }) => {
      const data = new DataTransfer();
      for (const { name, text } of given) data.items.add(new File([text], name));
      if (plain !== "") data.setData("text/plain", plain);
      const target = document.querySelector(type === "drop" ? ".timeline" : "#composer")!;
      const init = { bubbles: true, cancelable: true };
      if (type === "paste") target.dispatchEvent(new ClipboardEvent("paste", { ...init, clipboardData: data }));
      else
        for (const name of ["dragenter", "dragover", "drop"])
          target.dispatchEvent(new DragEvent(name, { ...init, dataTransfer: data }));
    },
    { type: event, given: files, plain: words },
  );
}

describe("text files", () => {
  it("are chosen by a button, shown with their size, and sent with the message, which names them", async () => {
    const chooser = on.ada.page.waitForEvent("filechooser");
    await on.ada.page.getByRole("button", { name: "Attach text files" }).click();
    await (await chooser).setFiles([NOTES]);
    await expect.poll(() => chips().allTextContents()).toEqual(["notes.txt"]);
    expect(await on.ada.page.locator(".file-size").textContent()).toBe("21 B");
    expect(await on.ada.focused()).toBe("Message Cria");
    on.server.inference.script({ chunks: ["At six."] });
    await on.ada.send("When?");
    await on.ada.waitForReplies(1);
    expect(await chips().count()).toBe(0);
    expect(on.server.inference.requests[0]!.prompt.map(({ text }) => text).join("")).toContain("Feed the herd at six.");
    const link = on.ada.messages.first().getByRole("link", { name: /notes\.txt/ });
    const opened = on.ada.page.waitForEvent("popup");
    await link.click();
    expect(await (await opened).locator("body").textContent()).toBe("Feed the herd at six.");
    await on.ada.page.reload();
    await link.waitFor();
    expect(on.ada.complaints).toEqual([]);
  });

  it("are taken where they are dropped and pasted, and one can be taken out again", async () => {
    await hand("drop", [
      { name: "one.md", text: "one" },
      { name: "two.md", text: "two" },
    ]);
    await expect.poll(() => chips().allTextContents()).toEqual(["one.md", "two.md"]);
    await hand("paste", [{ name: "three.md", text: "three" }]);
    await expect.poll(() => chips().allTextContents()).toEqual(["one.md", "two.md", "three.md"]);
    await hand("paste", [{ name: "picture of a table.md", text: "x" }], "a table");
    await on.ada.page.getByRole("button", { name: "Remove two.md" }).click();
    expect(await chips().allTextContents()).toEqual(["one.md", "three.md"]);
    expect(await on.ada.focused()).toBe("Message Cria");
    expect(await on.ada.page.locator(".drop-area").count()).toBe(0);
  });

  it("show where they may be dropped", async () => {
    const area = on.ada.page.getByText("Drop text files here to attach them");
    await on.ada.page.evaluate(() => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(["x"], "x.txt"));
      for (const name of ["enter", "leave"]) {
        const event = new DragEvent(`drag${name}`, { bubbles: true, dataTransfer });
        document.querySelector(".timeline")!.dispatchEvent(new DragEvent("dragenter", { bubbles: true, dataTransfer }));
        if (name === "leave") document.querySelector(".timeline")!.dispatchEvent(event);
      }
    });
    await area.waitFor();
    await on.ada.page.evaluate(() => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(["x"], "x.txt"));
      document.querySelector(".timeline")!.dispatchEvent(new DragEvent("dragleave", { bubbles: true, dataTransfer }));
    });
    await area.waitFor({ state: "detached" });
  });

  it("are refused with a sentence where they are no text, too large or too many; the others stay", async () => {
    await choose(PICTURE, NOTES);
    await expect.poll(problem).toMatch(/^I can only read text files, and alpaca\.png is none\./);
    expect(await chips().allTextContents()).toEqual(["notes.txt"]);
    await choose({ ...NOTES, name: "log.txt", buffer: Buffer.alloc(200 * 1024, "x") });
    await expect.poll(problem).toMatch(/^log\.txt has 200 KB; I can read 128 KB\./);
    await choose(NOTES, NOTES, NOTES, NOTES);
    await expect.poll(problem).toBe("notes.txt is left out: a message has at most 4 files.");
    expect(await chips().count()).toBe(4);
  });

  it("count as words of the message", async () => {
    await choose({ ...NOTES, buffer: Buffer.alloc(31_990, "x") });
    await on.ada.composer.fill("What is this about?");
    await expect.poll(problem).toBe("32,009 characters with the files; at most 32,000 can be sent.");
    expect(await on.ada.page.getByRole("button", { name: "Send" }).isDisabled()).toBe(true);
    await on.ada.composer.fill("What?");
    expect(await problem()).toBe("");
  });

  it("are sent without words, stay with their channel, and come back where they could not be sent", async () => {
    await choose(NOTES);
    await on.ada.openChannel("general");
    expect(await chips().count()).toBe(0);
    await on.ada.openNewChat();
    await on.ada.page.route("**/messages", (route) => route.abort());
    await on.ada.page.getByRole("button", { name: "Send" }).click();
    await on.ada.page.getByRole("alert").getByText("cannot be reached").waitFor();
    expect(await chips().allTextContents()).toEqual(["notes.txt"]);
    await on.ada.page.unroute("**/messages");
    on.server.inference.script({ chunks: ["It is about the herd."] });
    await on.ada.page.getByRole("button", { name: "Send" }).click();
    await on.ada.waitForReplies(1);
    expect(await on.ada.messages.count()).toBe(2);
    expect(await on.ada.page.getByRole("heading", { level: 1 }).textContent()).toBe("notes.txt");
  });
});
