/** The file store on both places that it can keep files in, and on one after the other. */
import { MongoClient, type Db } from "mongodb";
import { afterAll, beforeAll, expect, test } from "vitest";
import { oneAfterTheOther } from "../../src/files/blobs.ts";
import { createGridFs } from "../../src/files/gridfs.ts";
import { createS3 } from "../../src/files/s3/s3.ts";
import { createFileStore, fileStoreIn } from "../../src/files/store.ts";
import { filesContract } from "../contracts/files-contract.ts";
import { FakeS3 } from "../fakes/s3/server.ts";
import { startTestStore } from "../support/store.ts";

let client: MongoClient, db: Db, stopStore: () => Promise<void>, s3: FakeS3;
beforeAll(async () => {
  const started = await startTestStore();
  client = await MongoClient.connect(started.uri);
  db = client.db();
  stopStore = started.stop;
  s3 = await FakeS3.start();
});
afterAll(async () => { await s3.close(); await client.close(); await stopStore(); });

const clock = { now: () => new Date() };

filesContract("GridFS", {
  files: () => createFileStore(db, clock),
  kept: async () => ({ files: await db.collection("files.files").countDocuments({}), chunks: await db.collection("files.chunks").countDocuments({}) }),
});
filesContract("S3", {
  files: () => fileStoreIn(createS3(s3.settings, clock), clock),
  kept: async () => ({ objects: s3.objects.size, uploads: s3.uploads.size }),
});
filesContract("S3 in a folder of a bucket, database behind it", {
  files: () => fileStoreIn(oneAfterTheOther(createS3({ ...s3.settings, url: `${s3.settings.url}/desk/one` }, clock), createGridFs(db)), clock),
  kept: async () => ({ objects: s3.objects.size, uploads: s3.uploads.size }),
});

test("what is removed is gone, from the bucket and from the database behind it", async () => {
  const old = createFileStore(db, clock);
  const both = fileStoreIn(oneAfterTheOther(createS3(s3.settings, clock), createGridFs(db)), clock);
  const two = [await old.put({ name: "old.txt", type: "", owner: "o" }, Buffer.from("old"), 10), await both.put({ name: "new.txt", type: "", owner: "o" }, Buffer.from("new"), 10)];
  for (const { fileId } of [...two, ...two]) await both.remove(fileId);
  for (const { fileId } of two) await expect(both.open(fileId)).rejects.toMatchObject({ code: "FILE_UNKNOWN" });
  expect(await db.collection("files.chunks").countDocuments({ files_id: two[0]!.fileId as never })).toBe(0);
  expect(s3.objects.has(two[1]!.fileId)).toBe(false);
});

test("files from before the bucket was set stay readable", async () => {
  const before = await createFileStore(db, clock).put({ name: "old.txt", type: "", owner: "o" }, Buffer.from("old"), 10);
  const both = fileStoreIn(oneAfterTheOther(createS3(s3.settings, clock), createGridFs(db)), clock);
  expect((await both.buffer(before.fileId, 10)).toString()).toBe("old");
  const after = await both.put({ name: "new.txt", type: "", owner: "o" }, Buffer.from("new"), 10);
  expect(s3.objects.get(after.fileId)?.body.toString()).toBe("new");
  await expect(createFileStore(db, clock).open(after.fileId)).rejects.toMatchObject({ code: "FILE_UNKNOWN" });
});
