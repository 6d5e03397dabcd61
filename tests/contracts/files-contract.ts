/** What every place for files has to do: whole and as it was, or nothing at all. */
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { expect, test } from "vitest";
import type { FileStore } from "../../src/core/ports.ts";

const codeOf = (run: Promise<unknown>) => run.then(() => "fine", (error: { code?: string }) => error.code ?? String(error));

export interface FilesContract {
  files(): FileStore;
  /** How much lies there, of whatever kind; uploads that were begun count. */
  kept(): Promise<unknown>;
}

export function filesContract(name: string, { files, kept }: FilesContract): void {
  test.each([0, 1, 5_000, 255 * 1024, 1_000_000, 8 * 1_048_576, 8 * 1_048_576 + 1, 20_000_000])(`${name}: %i bytes come back as they were`, async (size) => {
    const content = randomBytes(size);
    content[0] = 1;
    const pieces = Array.from({ length: Math.ceil(size / 65_536) }, (_, i) => content.subarray(i * 65_536, (i + 1) * 65_536));
    const ref = await files().put({ name: "../a bé😀.bin", type: "image/png", owner: "identity-1" }, Readable.from(pieces), 20_000_000);
    expect(ref).toMatchObject({ name: "a bé😀.bin", bytes: size, state: "ready", fileId: expect.stringMatching(/^[0-9a-f]{24}$/) });
    const { stream, ...facts } = await files().open(ref.fileId);
    expect(facts).toEqual({ name: "a bé😀.bin", type: ref.type, bytes: size, owner: "identity-1" });
    expect((await buffer(stream)).equals(content)).toBe(true);
    expect((await files().buffer(ref.fileId, size)).equals(content)).toBe(true);
  });

  test(`${name}: the bytes say what it is`, async () => {
    const ref = await files().put({ name: "page.html", type: "image/png", owner: "o" }, Buffer.from("<script>alert(1)</script>"), 100);
    expect(ref.type).toBe("text/plain");
  });

  test(`${name}: past its limit, or broken on the way, nothing is kept`, async () => {
    const before = await kept();
    expect(await codeOf(files().put({ name: "a", type: "", owner: "o" }, randomBytes(101), 100))).toBe("FILE_TOO_LARGE");
    const pieces = Array.from({ length: 100 }, () => randomBytes(100_000));
    expect(await codeOf(files().put({ name: "a", type: "", owner: "o" }, Readable.from(pieces), 9_900_000))).toBe("FILE_TOO_LARGE");
    const broken = async function* () { for (const piece of pieces) yield piece; throw Object.assign(new Error("cut"), { code: "CUT" }); };
    expect(await codeOf(files().put({ name: "a", type: "", owner: "o" }, Readable.from(broken()), 20_000_000))).toBe("CUT");
    expect(await kept()).toEqual(before);
  });

  test(`${name}: an unknown file is told so, a large one is not read into memory, one opened and left harms nothing`, async () => {
    expect(await codeOf(files().open("nope"))).toBe("FILE_UNKNOWN");
    expect(await codeOf(files().buffer("nope", 10))).toBe("FILE_UNKNOWN");
    const ref = await files().put({ name: "a.txt", type: "text/plain", owner: "o" }, Buffer.from("hello"), 100);
    expect(await codeOf(files().buffer(ref.fileId, 4))).toBe("FILE_TOO_LARGE");
    (await files().open(ref.fileId)).stream.destroy();
    expect((await files().buffer(ref.fileId, 5)).toString()).toBe("hello");
  });

  test(`${name}: a picture is kept without what it tells beside itself`, async () => {
    const content = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xfe, 0, 8]), Buffer.from("secret"), Buffer.from([0xff, 0xd9])]);
    const ref = await files().put({ name: "a.jpg", type: "", owner: "o" }, content, 1_000);
    expect(ref).toMatchObject({ type: "image/jpeg", bytes: 4 });
    expect((await files().buffer(ref.fileId, 10)).toString("hex")).toBe("ffd8ffd9");
  });
}
