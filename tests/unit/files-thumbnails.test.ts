/** Thumbnails: made of what a picture is, without what it tells, gone with it; without one nothing is missing. */
import { buffer } from "node:stream/consumers";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { FileStore } from "../../src/core/ports.ts";
import type { Store } from "../../src/core/store/store.ts";
import { createGridFs } from "../../src/files/gridfs.ts";
import { fileStoreIn } from "../../src/files/store.ts";
import { createThumbnails } from "../../src/files/thumbnails.ts";
import { TestLog } from "../support/core.ts";
import { lendStore } from "../support/lent-store.ts";

let store: Store, giveBack: () => Promise<void>, files: FileStore, log: TestLog;
beforeAll(async () => {
  ({ store, giveBack } = await lendStore());
  log = new TestLog();
  const blobs = createGridFs(store.db);
  files = fileStoreIn(blobs, { now: () => new Date() }, { thumbnails: createThumbnails(createGridFs(store.db, "thumbnails"), blobs, log) });
});
afterAll(() => giveBack());

const picture = (width: number, height: number) => sharp({ create: { width, height, channels: 3, background: "#4f46e5" } });
const put = (content: Buffer, type = "image/png") => files.put({ name: "a.png", type, owner: "ana" }, content, 30_000_000);
const small = async (fileId: string): Promise<Buffer | null> => { const found = await files.thumbnail(fileId); return found === null ? null : buffer(found.stream); };
const made = async (fileId: string): Promise<Buffer> => { await expect.poll(() => small(fileId), { timeout: 40_000 }).not.toBeNull(); return (await small(fileId))!; };

test("a photo becomes a small WebP, turned upright, that tells nothing of its camera", async () => {
  const photo = await picture(1_200, 600).withMetadata({ orientation: 6 }).withExifMerge({ IFD0: { Model: "SecretCam 3000" } }).jpeg().toBuffer();
  const { fileId } = await put(photo, "image/jpeg");
  const thumbnail = await made(fileId);
  expect(await sharp(thumbnail).metadata()).toMatchObject({ format: "webp", width: 160, height: 320 });
  expect(thumbnail.includes("SecretCam")).toBe(false);
  expect((await sharp(thumbnail).metadata()).exif).toBeUndefined();
});

test("of a moving picture it is the first one", async () => {
  const frames = await Promise.all(["#ff0000", "#0000ff"].map((background) => sharp({ create: { width: 40, height: 40, channels: 3, background } }).png().toBuffer()));
  const gif = await sharp(frames, { join: { animated: true } }).gif().toBuffer();
  const thumbnail = await made((await put(gif, "image/gif")).fileId);
  expect((await sharp(thumbnail).metadata()).pages ?? 1).toBe(1);
  const { data } = await sharp(thumbnail).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  expect(data[0]).toBeGreaterThan(200);
});

test("what is broken, claims too many pixels or is no picture is kept as it is, and the next one still gets its own", async () => {
  const whole = await picture(400, 400).png().toBuffer();
  const claims = Buffer.from(whole);
  claims.writeUInt32BE(60_000, 16);
  claims.writeUInt32BE(60_000, 20);
  const without = await Promise.all([put(whole.subarray(0, 60)), put(claims), put(Buffer.from("<svg xmlns=\"http://www.w3.org/2000/svg\"/>"), "image/png")]);
  await made((await put(whole)).fileId);
  for (const { fileId, bytes } of without) {
    expect(await small(fileId)).toBeNull();
    expect((await files.buffer(fileId, 30_000_000)).length).toBe(bytes);
  }
  expect(log.lines.every(({ level }) => level === "debug")).toBe(true);
});

test("who removes a picture removes its thumbnail, also one that is being made", async () => {
  const { fileId } = await put(await picture(500, 500).png().toBuffer());
  await made(fileId);
  await files.remove(fileId);
  expect(await small(fileId)).toBeNull();
  const early = await put(await picture(700, 700).png().toBuffer());
  await files.remove(early.fileId);
  await made((await put(await picture(50, 50).png().toBuffer())).fileId);
  expect(await small(early.fileId)).toBeNull();
  expect(await store.db.collection("thumbnails.chunks").countDocuments({ files_id: { $in: [fileId, early.fileId] as never[] } })).toBe(0);
});
