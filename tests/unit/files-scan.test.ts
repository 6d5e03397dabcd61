/** With a scanner set, what is kept was seen whole and found clean; anything else leaves nothing. */
import { MongoClient, type Db } from "mongodb";
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { createGridFs } from "../../src/files/gridfs.ts";
import { createClamdScan } from "../../src/files/scan.ts";
import { fileStoreIn } from "../../src/files/store.ts";
import { FAKE_VIRUS, FakeClamd } from "../fakes/clamd/server.ts";
import { startTestStore } from "../support/store.ts";

let client: MongoClient, db: Db, stopStore: () => Promise<void>, clamd: FakeClamd;
beforeAll(async () => {
  const started = await startTestStore();
  client = await MongoClient.connect(started.uri);
  db = client.db();
  stopStore = started.stop;
});
afterAll(async () => { await client.close(); await stopStore(); });
beforeEach(async () => { clamd = await FakeClamd.start(); });
afterEach(() => clamd.close());

const files = (patience?: number, address = clamd.address) => fileStoreIn(createGridFs(db), { now: () => new Date() }, { scan: createClamdScan(address, patience) });
const put = (content: Buffer | Readable, patience?: number) => files(patience).put({ name: "a.bin", type: "", owner: "o" }, content, 30_000_000);
const kept = async () => [await db.collection("files.files").countDocuments({}), await db.collection("files.chunks").countDocuments({})];
const nothingKept = async (run: () => Promise<unknown>) => {
  const before = await kept();
  const error = await run().then(() => null, (caught: { code: string; message: string }) => caught);
  expect(await kept()).toEqual(before);
  return error;
};

test("a clean file is kept, and the scanner saw what is kept", async () => {
  const content = Buffer.concat([Buffer.from("plain "), randomBytes(3_000_000)]);
  const ref = await put(Readable.from([content.subarray(0, 10), content.subarray(10)]));
  expect(clamd.seen.map((seen) => seen.equals(content))).toEqual([true]);
  expect((await files().buffer(ref.fileId, 4_000_000)).equals(content)).toBe(true);
  await put(Buffer.alloc(0));
  expect(clamd.seen.length).toBe(2);
});

test("an infected file is not kept, and its name is told", async () => {
  const error = await nothingKept(() => put(Readable.from([randomBytes(600_000), Buffer.from(FAKE_VIRUS), randomBytes(600_000)])));
  expect(error).toMatchObject({ code: "FILE_INFECTED", message: expect.stringContaining("Fake.Virus-1") });
});

test.each(["hangs-up", "nonsense", "silent"] as const)("a scanner that is %s lets nothing through", async (mood) => {
  clamd.mood = mood;
  expect(await nothingKept(() => put(randomBytes(400_000), mood === "silent" ? 300 : undefined))).toMatchObject({ code: "FILE_NOT_SCANNED", status: 503 });
});

test("what is larger than the scanner takes is named so", async () => {
  clamd.streamMaxLength = 1_000_000;
  const pieces = Array.from({ length: 60 }, () => randomBytes(100_000));
  expect(await nothingKept(() => put(Readable.from(pieces)))).toMatchObject({ code: "FILE_NOT_SCANNED" });
});

test("no scanner there, no file", async () => {
  const { address } = clamd;
  await clamd.close();
  const store = files(undefined, address);
  expect(await nothingKept(() => store.put({ name: "a", type: "", owner: "o" }, randomBytes(1_000), 2_000))).toMatchObject({ code: "FILE_NOT_SCANNED", message: expect.stringContaining("ECONNREFUSED") });
  clamd = await FakeClamd.start();
});
