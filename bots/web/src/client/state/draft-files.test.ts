import { signal } from "@preact/signals";
import { describe, expect, it } from "vitest";
import { addFiles, type DraftFile, sizeWords } from "./draft-files.ts";

const notes = new File(["one"], "notes.txt", { type: "video/mp2t" });
const add = async (...added: readonly File[]) => {
  const files = signal<readonly DraftFile[]>([]);
  const fault = await addFiles(files, added);
  return { files: files.value, fault };
};

describe("addFiles", () => {
  it("takes text, whatever the browser says of its type", async () => {
    const utf16 = new File([new Uint8Array([0xff, 0xfe, 0x61, 0x00])], "windows.csv");
    expect(await add(notes, utf16)).toEqual({
      files: [
        { name: "notes.txt", sizeBytes: 3, text: "one" },
        { name: "windows.csv", sizeBytes: 4, text: "a" },
      ],
      fault: "",
    });
  });

  it("says in one sentence what it does not take, and takes the rest", async () => {
    const picture = new File([new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x00, 0xff])], "alpaca.png", {
      type: "image/png",
    });
    const added = await add(picture, notes);
    expect(added.files.map(({ name }) => name)).toEqual(["notes.txt"]);
    expect(added.fault).toMatch(/^I can only read text files, and alpaca\.png is none\./);
  });

  it.each([
    [new File(["x".repeat(200 * 1024)], "log.txt"), /^log\.txt has 200 KB; I can read 128 KB\./],
    [new File([" \n"], "blank.txt"), /^blank\.txt is empty\.$/],
  ])("refuses %o", async (file, sentence) => {
    const { files, fault } = await add(file);
    expect(files).toEqual([]);
    expect(fault).toMatch(sentence);
  });

  it("names each that it does not take", async () => {
    const [picture, empty] = [new File([new Uint8Array([0, 255])], "pic.txt"), new File([""], "empty.txt")];
    const { files, fault } = await add(notes, picture, notes, empty);
    expect(files).toHaveLength(2);
    expect(fault).toMatch(/pic\.txt is none\..* empty\.txt is empty\.$/);
  });

  it("counts those that are too many to name", async () => {
    const { fault } = await add(...[1, 2, 3, 4, 5, 6].map((number) => new File([""], `${number}.txt`)));
    expect(fault).toBe("1.txt is empty. 2.txt is empty. 3.txt is empty. 4.txt is empty. Files left out besides: 2.");
  });

  it("takes as many as a message may have", async () => {
    const { files, fault } = await add(notes, notes, notes, notes, notes);
    expect(files).toHaveLength(4);
    expect(fault).toBe("notes.txt is left out: a message has at most 4 files.");
  });

  it("keeps what is added or removed while it reads, and counts all of it", async () => {
    const files = signal<readonly DraftFile[]>([{ name: "old.txt", sizeBytes: 3, text: "old" }]);
    const additions = [1, 2, 3, 4].map(() => addFiles(files, [notes]));
    files.value = [];
    expect(await Promise.all(additions)).toEqual(["", "", "", ""]);
    expect(files.value.map(({ name }) => name)).toEqual(Array(4).fill("notes.txt"));
    expect(await addFiles(files, [notes])).toBe("notes.txt is left out: a message has at most 4 files.");
  });

  it("keeps a name in one line", async () => {
    const { files } = await add(new File(["x"], `${"long".repeat(90)}\nname.txt`));
    expect(files[0]!.name).toMatch(/^\w+ name\.txt$/);
    expect(files[0]!.name.length).toBeLessThanOrEqual(255);
  });
});

describe("sizeWords", () => {
  it("counts in KB from 1,024 bytes on", () => {
    expect([0, 1023, 1024, 131_072].map(sizeWords)).toEqual(["0 B", "1023 B", "1.0 KB", "128.0 KB"]);
  });
});
