/** Files in GridFS, beside the documents: nothing else to set up, and one backup holds all. */
import { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { GridFSBucket, type Db, type GridFSBucketWriteStream, type GridFSFile, type ObjectId } from "mongodb";
import { UserError } from "../core/errors.ts";
import { safeName } from "../core/model/file-name.ts";
import { newId } from "../core/model/ids.ts";
import type { Clock, FileStore } from "../core/ports.ts";
import { HEAD_BYTES, sniffType } from "./sniff.ts";

interface Metadata { type: string; owner: string }

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

/** One chunk after the other, so that no insert is under way when a broken upload is removed. */
async function pump(head: Buffer, rest: AsyncGenerator<Buffer>, upload: GridFSBucketWriteStream): Promise<void> {
  const write = (chunk: Buffer) => new Promise<void>((done, fail) => upload.write(chunk, (error) => (error == null ? done() : fail(error))));
  if (head.length > 0) await write(head);
  for await (const chunk of rest) await write(chunk);
  upload.end();
}

/** A file exists once its `files.files` document does; chunks of a broken upload are removed. Sizes in bytes. */
export function createFileStore(db: Db, clock: Clock): FileStore {
  const bucket = new GridFSBucket(db, { bucketName: "files" });
  // GridFS takes any _id; only its types insist on ObjectId.
  const gridId = (id: string) => id as unknown as ObjectId;

  const find = async (fileId: string): Promise<GridFSFile & { metadata: Metadata }> => {
    const [file] = await bucket.find({ _id: gridId(fileId) }).limit(1).toArray();
    if (file === undefined) throw new UserError("FILE_UNKNOWN", "There is no such file (any more). Ask its sender to send it again.");
    return file as GridFSFile & { metadata: Metadata };
  };

  return {
    async put(file, content, maxBytes) {
      const chunks = limited(Buffer.isBuffer(content) ? Readable.from([content]) : content, maxBytes);
      const head = await readHead(chunks);
      const fileId = newId(clock.now());
      const metadata: Metadata = { type: sniffType(head, file.type), owner: file.owner };
      const upload = bucket.openUploadStreamWithId(gridId(fileId), safeName(file.name), { metadata: { ...metadata } });
      try {
        await Promise.all([pump(head, chunks, upload), finished(upload)]);
      } catch (error) {
        await upload.abort().catch(() => db.collection("files.chunks").deleteMany({ files_id: gridId(fileId) }));
        upload.destroy();
        throw error;
      }
      return { fileId, name: upload.filename, type: metadata.type, bytes: upload.length, state: "ready" };
    },
    async open(fileId) {
      const { filename, length, metadata } = await find(fileId);
      return { name: filename, type: metadata.type, bytes: length, owner: metadata.owner, stream: bucket.openDownloadStream(gridId(fileId)) };
    },
    async buffer(fileId, maxBytes) {
      const { length } = await find(fileId);
      if (length > maxBytes) throw tooLarge(maxBytes);
      const parts: Buffer[] = [];
      for await (const part of bucket.openDownloadStream(gridId(fileId))) parts.push(part as Buffer);
      return Buffer.concat(parts);
    },
  };
}
