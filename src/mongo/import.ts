import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { EJSON } from "bson";
import { MongoServerError, type Db, type Document } from "mongodb";
import { MongoError } from "./errors.ts";
import { checkFile, MANIFEST, PROGRESS_EVERY, rawDocuments, type ExportedCollection, type Manifest, type MoveOptions } from "./export.ts";
import { Checksum, documentsIn, forDriver } from "./raw-documents.ts";

const MARK = "threadline_import";
const BATCH_DOCS = 1_000;
const BATCH_BYTES = 8 * 1024 * 1024;
const NAMESPACE_EXISTS = 48;

/** Loads an export into an empty database and compares counts and checksums of what it then holds. Cut off, it is run again and goes on where it was.
 *  @throws MongoError EXPORT_INVALID, IMPORT_NOT_EMPTY, IMPORT_DIFFERS */
export async function importDatabase(db: Db, o: MoveOptions): Promise<Manifest> {
  const manifest = await manifestOf(o.folder);
  for (const one of manifest.collections) {
    o.signal?.throwIfAborted();
    await checkFile(join(o.folder, one.file), one);
  }
  await begin(db, manifest);
  for (const one of manifest.collections) await load(db, one, o);
  for (const one of manifest.collections) await compare(db, one);
  for (const one of manifest.collections) await createIndexes(db, one, o.folder);
  await db.collection(MARK).drop();
  return manifest;
}

async function manifestOf(folder: string): Promise<Manifest> {
  const text = await readFile(join(folder, MANIFEST), "utf8").catch(() => {
    throw new MongoError("EXPORT_INVALID", `${folder} is no whole export: it has no ${MANIFEST}. Export again.`);
  });
  try {
    const manifest = JSON.parse(text) as Manifest;
    if (manifest.format === 1 && Array.isArray(manifest.collections)) return manifest;
  } catch { /* said below */ }
  throw new MongoError("EXPORT_INVALID", `${join(folder, MANIFEST)} can't be read by this version of Threadline.`);
}

/** Marks the database as being imported into. @throws MongoError IMPORT_NOT_EMPTY unless it is empty, or marked by an earlier run of the same import. */
async function begin(db: Db, manifest: Manifest): Promise<void> {
  const of = JSON.stringify(manifest.collections.map(({ name, checksum }) => [name, checksum]));
  const marks = db.collection<{ _id: string; of: string }>(MARK);
  const mark = await marks.findOne({ _id: "import" });
  if (mark?.of === of) return;
  for (const { name } of await db.listCollections({}, { nameOnly: true }).toArray()) {
    if (!name.startsWith("system.") && (await db.collection(name).findOne({}, { projection: { _id: 1 } })) !== null) {
      throw new MongoError("IMPORT_NOT_EMPTY", `The database ${db.databaseName} holds documents already (in ${name}). Import into an empty one: another database name in MONGODB_URI, or another DATA_DIR.`);
    }
  }
  await marks.insertOne({ _id: "import", of });
}

async function metadataOf(folder: string, { file }: ExportedCollection): Promise<{ options: Document; indexes: Document[] }> {
  return EJSON.parse(await readFile(join(folder, file.replace(/\.bson$/, ".metadata.json")), "utf8"), { relaxed: false }) as { options: Document; indexes: Document[] };
}

/** Inserts what is not there yet: documents are inserted in the file's order, so their number says where to go on. */
async function load(db: Db, one: ExportedCollection, o: MoveOptions): Promise<void> {
  const { options } = await metadataOf(o.folder, one);
  await db.command({ create: one.name, ...options }).catch((error: unknown) => {
    if (!(error instanceof MongoServerError) || error.code !== NAMESPACE_EXISTS) throw error;
  });
  let skip = await db.collection(one.name).countDocuments();
  let done = 0;
  let batch: Buffer[] = [];
  let bytes = 0;
  const send = async (): Promise<void> => {
    o.signal?.throwIfAborted();
    if (batch.length > 0) await insert(db, one.name, batch);
    done += batch.length;
    batch = [];
    bytes = 0;
  };
  for await (const doc of documentsIn(join(o.folder, one.file))) {
    if (skip > 0) {
      skip--;
      done++;
      continue;
    }
    if (batch.length >= BATCH_DOCS || bytes + doc.length > BATCH_BYTES) await send();
    batch.push(Buffer.from(doc));
    bytes += doc.length;
    if ((done + batch.length) % PROGRESS_EVERY === 0) await o.onProgress?.({ collection: one.name, done: done + batch.length, total: one.count });
  }
  await send();
  await o.onProgress?.({ collection: one.name, done, total: one.count });
}

async function insert(db: Db, name: string, docs: readonly Buffer[]): Promise<void> {
  const { writeErrors } = await db.command({ insert: name, documents: docs.map(forDriver), ordered: true, writeConcern: { w: 1, j: true } }) as { writeErrors?: { errmsg: string }[] };
  if (writeErrors?.[0]) throw new MongoError("IMPORT_DIFFERS", `A document of ${name} was refused: ${writeErrors[0].errmsg}`);
}

async function compare(db: Db, one: ExportedCollection): Promise<void> {
  const found = new Checksum();
  for await (const doc of rawDocuments(db, one.name)) found.add(doc);
  if (found.count !== one.count || found.text !== one.checksum) {
    throw new MongoError("IMPORT_DIFFERS", `${one.name} holds ${found.count} documents with the checksum ${found.text} after the import; exported were ${one.count} with ${one.checksum}. Drop the database ${db.databaseName} and import again.`);
  }
}

/** After the documents were compared, since a TTL index may begin to delete at once. */
async function createIndexes(db: Db, one: ExportedCollection, folder: string): Promise<void> {
  const { indexes } = await metadataOf(folder, one);
  const specs = indexes.filter(({ name }) => name !== "_id_");
  if (specs.length > 0) await db.command({ createIndexes: one.name, indexes: specs });
}
