import { createHash } from "node:crypto";
import { mkdir, open, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EJSON } from "bson";
import type { Db, Document } from "mongodb";
import { syncFolder } from "./backup-file.ts";
import { MongoError } from "./errors.ts";
import { Checksum, documentsIn } from "./raw-documents.ts";

/** One collection of an export. `file` holds its documents as mongodump writes them; `checksum` is over the documents, `sha256` over the file. */
export interface ExportedCollection {
  readonly name: string;
  readonly file: string;
  readonly count: number;
  readonly checksum: string;
  readonly sha256: string;
}

/** `manifest.json`, written last: a folder without it is no whole export. */
export interface Manifest {
  readonly format: 1;
  readonly createdAt: string;
  readonly database: string;
  readonly collections: readonly ExportedCollection[];
}

export interface Progress {
  readonly collection: string;
  readonly done: number;
  readonly total: number;
}

export interface MoveOptions {
  readonly folder: string;
  readonly now: Date;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void | Promise<void>;
}

export const MANIFEST = "manifest.json";
export const PROGRESS_EVERY = 10_000;
const WRITE_BYTES = 1024 * 1024;

/** Documents of a collection as they are stored, in natural order. */
export const rawDocuments = (db: Db, name: string): AsyncIterable<Buffer> =>
  db.collection(name).find({}, { raw: true, hint: { $natural: 1 }, batchSize: 1_000 }) as unknown as AsyncIterable<Buffer>;

/** Writes every collection of a database into an empty folder, then reads both again and compares counts and checksums. Aborted or failed, it leaves no manifest.
 *  @throws MongoError EXPORT_INVALID (the folder is not empty, a collection of a kind that can't move), EXPORT_CHANGED */
export async function exportDatabase(db: Db, o: MoveOptions): Promise<Manifest> {
  await mkdir(o.folder, { recursive: true, mode: 0o700 });
  if ((await readdir(o.folder)).length > 0) throw new MongoError("EXPORT_INVALID", `${o.folder} is not empty. Name a new folder: an export is written in one piece.`);
  const collections: ExportedCollection[] = [];
  for (const { name, type, options } of await sourceCollections(db)) {
    if (type !== "collection") throw new MongoError("EXPORT_INVALID", `${name} is a ${type}; only ordinary collections can be moved.`);
    const file = `${encodeURIComponent(name)}.bson`;
    const total = await db.collection(name).estimatedDocumentCount();
    const indexes = await db.collection(name).listIndexes().toArray();
    await writeFile(join(o.folder, `${encodeURIComponent(name)}.metadata.json`), EJSON.stringify({ options, indexes, collectionName: name, type }, { relaxed: false }), { mode: 0o600 });
    const written = await write(rawDocuments(db, name), join(o.folder, file), async (done) => { await o.onProgress?.({ collection: name, done, total }); }, o.signal);
    collections.push({ name, file, ...written });
  }
  for (const { name, file, count, checksum, sha256 } of collections) {
    const source = new Checksum();
    for await (const doc of rawDocuments(db, name)) {
      o.signal?.throwIfAborted();
      source.add(doc);
    }
    if (source.count !== count || source.text !== checksum) throw new MongoError("EXPORT_CHANGED", `Something wrote to ${name} while it was exported. Stop the server, delete ${o.folder} and export again.`);
    await checkFile(join(o.folder, file), { count, checksum, sha256 });
  }
  const manifest: Manifest = { format: 1, createdAt: o.now.toISOString(), database: db.databaseName, collections };
  await writeFile(join(o.folder, MANIFEST), JSON.stringify(manifest, null, 2), { mode: 0o600, flush: true });
  await syncFolder(o.folder);
  return manifest;
}

interface Listed { name: string; type: string; options: Document }

async function sourceCollections(db: Db): Promise<Listed[]> {
  const all = (await db.listCollections().toArray()) as unknown as { name: string; type?: string; options?: Document }[];
  return all.filter(({ name }) => !name.startsWith("system.")).map(({ name, type, options }) => ({ name, type: type ?? "collection", options: options ?? {} })).sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function write(docs: AsyncIterable<Buffer>, path: string, onDone: (n: number) => Promise<void>, signal: AbortSignal | undefined): Promise<{ count: number; checksum: string; sha256: string }> {
  const checksum = new Checksum();
  const hash = createHash("sha256");
  const file = await open(path, "wx", 0o600);
  let waiting: Buffer[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    const block = Buffer.concat(waiting);
    hash.update(block);
    for (let done = 0; done < block.length;) done += (await file.write(block, done)).bytesWritten;
    waiting = [];
    bytes = 0;
  };
  try {
    for await (const doc of docs) {
      signal?.throwIfAborted();
      checksum.add(doc);
      waiting.push(doc);
      bytes += doc.length;
      if (bytes >= WRITE_BYTES) await flush();
      if (checksum.count % PROGRESS_EVERY === 0) await onDone(checksum.count);
    }
    await flush();
    await file.sync();
  } finally {
    await file.close();
  }
  await onDone(checksum.count);
  return { count: checksum.count, checksum: checksum.text, sha256: hash.digest("hex") };
}

/** @throws MongoError EXPORT_INVALID when the file is not what was written. */
export async function checkFile(path: string, wanted: Pick<ExportedCollection, "count" | "checksum" | "sha256">): Promise<void> {
  const hash = createHash("sha256");
  const found = new Checksum();
  for await (const doc of documentsIn(path, hash)) found.add(doc);
  if (found.count !== wanted.count || found.text !== wanted.checksum || hash.digest("hex") !== wanted.sha256) throw new MongoError("EXPORT_INVALID", `${path} is not what was written when it was exported. Export again.`);
}
