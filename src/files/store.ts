/** The way of a file into the store: its size is watched, its kind found out, a picture stripped of what it tells, the scanner asked. */
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { Db } from "mongodb";
import { UserError } from "../core/errors.ts";
import { safeName } from "../core/model/file-name.ts";
import { newId } from "../core/model/ids.ts";
import type { Clock, FileStore } from "../core/ports.ts";
import type { Blobs, StoredFile } from "./blobs.ts";
import { createGridFs } from "./gridfs.ts";
import type { Scan } from "./scan.ts";
import { HEAD_BYTES, sniffType } from "./sniff.ts";
import type { Thumbnails } from "./thumbnails.ts";
import { stripMetadata } from "./strip/strip.ts";

const inMegabytes = (bytes: number) => `${Math.round(bytes / 100_000) / 10} MB`;
const tooLarge = (maxBytes: number) =>
  new UserError("FILE_TOO_LARGE", `The file is larger than ${inMegabytes(maxBytes)}, so it was not kept. Send a smaller one, or a link to it.`);

async function* limited(content: AsyncIterable<Buffer | string>, maxBytes: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const piece of content) {
    const chunk = typeof piece === "string" ? Buffer.from(piece) : piece;
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    if (chunk.length > 0) yield chunk;
  }
}

/** Reads ahead until `HEAD_BYTES` are there or the content ends. */
async function readHead(chunks: AsyncGenerator<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let bytes = 0; bytes < HEAD_BYTES;) {
    const next = await chunks.next();
    if (next.done === true) break;
    parts.push(next.value);
    bytes += next.value.length;
  }
  return Buffer.concat(parts);
}

async function* joined(head: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  if (head.length > 0) yield head;
  yield* rest;
}

/** Files in `blobs`. With a `scan`, what it does not find clean is not kept. Sizes in bytes. */
export function fileStoreIn(blobs: Blobs, clock: Clock, { scan, thumbnails }: { scan?: Scan | undefined; thumbnails?: Thumbnails } = {}): FileStore {
  const find = async (fileId: string): Promise<StoredFile> => {
    const file = await blobs.read(fileId);
    if (file === null) throw new UserError("FILE_UNKNOWN", "There is no such file (any more). Ask its sender to send it again.");
    return file;
  };
  return {
    async put(file, content, maxBytes) {
      const chunks = limited(Buffer.isBuffer(content) ? Readable.from([content]) : content, maxBytes);
      const head = await readHead(chunks);
      const fileId = newId(clock.now());
      const facts = { name: safeName(file.name), type: sniffType(head, file.type), owner: file.owner };
      const stripped = stripMetadata(facts.type, joined(head, chunks));
      const bytes = await blobs.write(fileId, facts, scan === undefined ? stripped : scan(stripped));
      thumbnails?.make(fileId, facts.type, bytes);
      return { fileId, name: facts.name, type: facts.type, bytes, state: "ready" };
    },
    open: find,
    thumbnail: async (fileId) => (await thumbnails?.open(fileId)) ?? null,
    async remove(fileId) {
      // this order: see thumbnails.ts
      await blobs.remove(fileId);
      await thumbnails?.remove(fileId);
    },
    async buffer(fileId, maxBytes) {
      const { bytes, stream } = await find(fileId);
      if (bytes > maxBytes) {
        stream.destroy();
        throw tooLarge(maxBytes);
      }
      return buffer(stream);
    },
  };
}

/** Files beside the documents, without a scanner. */
export const createFileStore = (db: Db, clock: Clock): FileStore => fileStoreIn(createGridFs(db), clock);
