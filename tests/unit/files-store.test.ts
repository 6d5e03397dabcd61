/** The file store on a real store: what is put comes back whole, and a file that is refused leaves nothing. */
import { MongoClient, type Db } from "mongodb";
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createFileStore } from "../../src/files/store.ts";
import { startTestStore } from "../support/store.ts";

let client: MongoClient, db: Db, stopStore: () => Promise<void>;
beforeAll(async () => {
  const started = await startTestStore();
  client = await MongoClient.connect(started.uri);
  db = client.db();
  stopStore = started.stop;
});
afterAll(async () => { await client.close(); await stopStore(); });

const files = () => createFileStore(db, { now: () => new Date("2026-11-20T10:00:00Z") });
const kept = async () => ({ files: await db.collection("files.files").countDocuments({}), chunks: await db.collection("files.chunks").countDocuments({}) });
const codeOf = (run: Promise<unknown>) => run.then(() => "fine", (error: { code?: string }) => error.code ?? String(error));

test.each([0, 1, 5_000, 255 * 1024, 1_000_000])("%i bytes come back as they were", async (size) => {
  const content = randomBytes(size);
  const ref = await files().put({ name: "../a b.bin", type: "image/png", owner: "identity-1" }, Readable.from(size === 0 ? [] : [content.subarray(0, 10), content.subarray(10)]), 1_000_000);
  expect(ref).toMatchObject({ name: "a b.bin", bytes: size, state: "ready", fileId: expect.stringMatching(/^[0-9a-f]{24}$/) });
  const { stream, ...facts } = await files().open(ref.fileId);
  expect(facts).toEqual({ name: "a b.bin", type: ref.type, bytes: size, owner: "identity-1" });
  expect((await buffer(stream)).equals(content)).toBe(true);
  expect((await files().buffer(ref.fileId, size)).equals(content)).toBe(true);
});

test("the bytes say what it is", async () => {
  const ref = await files().put({ name: "page.html", type: "image/png", owner: "o" }, Buffer.from("<script>alert(1)</script>"), 100);
  expect(ref.type).toBe("text/plain");
});

test("past its limit, or broken on the way, nothing is kept", async () => {
  const before = await kept();
  expect(await codeOf(files().put({ name: "a", type: "", owner: "o" }, randomBytes(101), 100))).toBe("FILE_TOO_LARGE");
  const pieces = Array.from({ length: 12 }, () => randomBytes(100_000));
  expect(await codeOf(files().put({ name: "a", type: "", owner: "o" }, Readable.from(pieces), 1_100_000))).toBe("FILE_TOO_LARGE");
  const broken = async function* () { yield randomBytes(600_000); throw Object.assign(new Error("cut"), { code: "CUT" }); };
  expect(await codeOf(files().put({ name: "a", type: "", owner: "o" }, Readable.from(broken()), 1_100_000))).toBe("CUT");
  expect(await kept()).toEqual(before);
});

test("an unknown file is told so, and a large one is not read into memory", async () => {
  expect(await codeOf(files().open("nope"))).toBe("FILE_UNKNOWN");
  expect(await codeOf(files().buffer("nope", 10))).toBe("FILE_UNKNOWN");
  const ref = await files().put({ name: "a.txt", type: "text/plain", owner: "o" }, Buffer.from("hello"), 100);
  expect(await codeOf(files().buffer(ref.fileId, 4))).toBe("FILE_TOO_LARGE");
});
