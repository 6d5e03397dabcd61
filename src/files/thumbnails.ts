/** Small pictures of pictures, made after these are stored: one at a time, bounded, and without them nothing is missing. */
import { buffer } from "node:stream/consumers";
import type { Logger } from "../core/ports.ts";
import type { Blobs, StoredFile } from "./blobs.ts";

/** Kinds by their own bytes (`sniffType`); of moving ones the first picture. */
const TYPES = new Set(["image/jpeg", "image/png", "image/webp", "image/gif", "image/avif"]);
const SIDE = 320;
const MOST_BYTES = 25_000_000;
/** Whatever a few bytes claim to unfold to. */
const MOST_PIXELS = 50_000_000;
const MOST_SECONDS = 10;
/** Pictures that wait; more come without. */
const MOST_WAITING = 200;

export interface Thumbnails {
  /** Comes when it comes, or never. */
  make(fileId: string, type: string, bytes: number): void;
  open(fileId: string): Promise<StoredFile | null>;
  remove(fileId: string): Promise<void>;
}

/** WebP, turned as its camera said, with nothing else that was in the file. @throws Error for what is no picture, too large, or takes too long */
async function shrink(content: Buffer): Promise<Buffer> {
  // loaded with the first picture: most processes never need it
  const { default: sharp } = await import("sharp");
  sharp.cache(false);
  sharp.concurrency(1);
  return sharp(content, { limitInputPixels: MOST_PIXELS, pages: 1, failOn: "error", sequentialRead: true })
    .autoOrient().resize(SIDE, SIDE, { fit: "inside", withoutEnlargement: true }).webp({ quality: 75 }).timeout({ seconds: MOST_SECONDS }).toBuffer();
}

async function* once(content: Buffer): AsyncGenerator<Buffer> { yield content; }

/** Of files in `files`, kept in `blobs` under the same ids. */
export function createThumbnails(blobs: Blobs, files: Blobs, log: Logger): Thumbnails {
  let waiting = 0;
  let last = Promise.resolve();

  async function makeOne(fileId: string): Promise<void> {
    const file = await files.read(fileId);
    if (file === null) return;
    const small = await shrink(await buffer(file.stream));
    await blobs.write(fileId, { name: "thumbnail.webp", type: "image/webp", owner: file.owner }, once(small));
    // Removed meanwhile: nothing of it may stay. Who removes takes the file first, then this.
    const there = await files.read(fileId);
    if (there === null) await blobs.remove(fileId);
    else there.stream.destroy();
  }

  return {
    make(fileId, type, bytes) {
      if (!TYPES.has(type) || bytes > MOST_BYTES || waiting >= MOST_WAITING) return;
      waiting++;
      last = last.then(() => makeOne(fileId)).catch((error: unknown) => { log.debug({ err: error, fileId }, "A picture has no thumbnail."); }).finally(() => { waiting--; });
    },
    open: (fileId) => blobs.read(fileId),
    remove: (fileId) => blobs.remove(fileId),
  };
}
