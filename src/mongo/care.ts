import { link, mkdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Db, MongoClient } from "mongodb";
import { readBackup, syncFolder, writeBackup, type BackupNote } from "./backup-file.ts";
import { connectMongo, liveStoreUri } from "./connect.ts";
import { FolderInUse, takeFolder } from "./embedded/owner-lock.ts";
import { MongoError } from "./errors.ts";

const DATA = "data.mdb";

/** Does something with a connected client and closes it. */
export async function withClient<R>(uri: string, act: (client: MongoClient) => Promise<R>): Promise<R> {
  const { MongoClient: Client } = await import("mongodb");
  const client = new Client(uri, { serverSelectionTimeoutMS: 10_000 });
  try {
    return await act(client);
  } finally {
    await client.close();
  }
}

/** Does something with the embedded store of a data folder: the running one, else one that is started for it. @throws MongoError */
export async function withStore<R>(dataDir: string, act: (uri: string) => Promise<R>): Promise<R> {
  const live = await liveStoreUri(dataDir);
  if (live !== undefined) return act(live);
  const store = await connectMongo({ dataDir });
  try {
    return await act(store.uri);
  } finally {
    await store.stop();
  }
}

/** Makes a consistent copy of the store's data file, hands its path over and removes it. */
async function withCopy<R>(dataDir: string, act: (file: string) => Promise<R>): Promise<R> {
  return withStore(dataDir, (uri) => withClient(uri, async (client) => {
    const admin = client.db("admin");
    try {
      const { file } = await admin.command({ threadlineCopy: 1 });
      return await act(join(dataDir, "db", String(file)));
    } finally {
      await admin.command({ threadlineCopy: 0 });
    }
  }));
}

/** Writes a backup of the embedded store to `file` (which must not exist) while others go on. @throws MongoError, and the file system's errors */
export const backupStore = (o: { dataDir: string; file: string; now: Date; signal?: AbortSignal }): Promise<BackupNote> =>
  withCopy(o.dataDir, (copied) => writeBackup(copied, o.file, o.now, o.signal));

/** Starts a second store on a consistent copy, in which nothing changes, not even by expiry. */
export async function withSnapshot<R>(dataDir: string, act: (uri: string) => Promise<R>): Promise<R> {
  const folder = join(dataDir, `snapshot-${process.pid}`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, "db"), { recursive: true, mode: 0o700 });
  try {
    await withCopy(dataDir, (copied) => rename(copied, join(folder, "db", DATA)));
    const store = await connectMongo({ dataDir: folder, keepExpired: true });
    try {
      return await act(store.uri);
    } finally {
      await store.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What `validate` said of one collection; `errors` is empty when documents, indexes and counts agree. */
export interface Checked {
  readonly ns: string;
  readonly records: number;
  readonly indexes: number;
  readonly errors: readonly string[];
}

/** Validates every collection of every database at an address, one after the other. */
export function checkAll(uri: string, onChecked: (checked: Checked) => void = () => {}): Promise<Checked[]> {
  return withClient(uri, async (client) => {
    const all: Checked[] = [];
    const { databases } = await client.db("admin").admin().listDatabases({ nameOnly: true });
    for (const db of databases.map(({ name }) => client.db(name))) {
      for (const name of await collectionsOf(db)) {
        const found = await db.command({ validate: name, full: true });
        const checked = { ns: `${db.databaseName}.${name}`, records: Number(found["nrecords"]), indexes: Number(found["nIndexes"]), errors: found["valid"] === true ? [] : (found["errors"] as string[]) };
        all.push(checked);
        onChecked(checked);
      }
    }
    return all;
  });
}

/** Names of a database's own collections, sorted. */
export const collectionsOf = async (db: Db): Promise<string[]> =>
  (await db.listCollections({ type: "collection" }, { nameOnly: true }).toArray()).map(({ name }) => name).filter((name) => !name.startsWith("system.")).sort();

/** Puts a backup in the place of a data folder's store. The backup is copied, checked against its checksum, opened, validated and `prepared` first; until
 *  then nothing is replaced. The old data file is kept beside the new one under the answered name. @throws MongoError STORE_IN_USE, BACKUP_…, STORE_FORMAT */
export async function restoreStore(o: {
  dataDir: string; file: string; now: Date; signal?: AbortSignal;
  /** Works on the checked store before it takes its place. */
  prepare: (uri: string) => Promise<void>;
}): Promise<{ note: BackupNote; checked: Checked[]; kept: string | undefined }> {
  const folder = join(o.dataDir, "db");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const release = await takeFolder(folder).catch((error: Error) => {
    throw error instanceof FolderInUse ? new MongoError("STORE_IN_USE", error.message.replace(/^[A-Z_]+: /, ""), { cause: error }) : error;
  });
  const staging = join(o.dataDir, "restore-staging");
  try {
    await rm(staging, { recursive: true, force: true });
    await mkdir(join(staging, "db"), { recursive: true, mode: 0o700 });
    const note = await readBackup(o.file, join(staging, "db", DATA), o.signal);
    const store = await connectMongo({ dataDir: staging, keepExpired: true });
    let checked: Checked[];
    try {
      checked = await checkAll(store.uri);
      const bad = checked.filter(({ errors }) => errors.length > 0);
      if (bad.length > 0) throw new MongoError("BACKUP_DAMAGED", `Documents and indexes of the backup do not agree: ${bad.map(({ ns, errors }) => `${ns}: ${errors.join(" ")}`).join("; ")} Nothing was changed; use another backup.`);
      await o.prepare(store.uri);
    } finally {
      await store.stop();
    }
    o.signal?.throwIfAborted();
    return { note, checked, kept: await replace(folder, join(staging, "db", DATA), o.now) };
  } finally {
    await rm(staging, { recursive: true, force: true });
    release();
  }
}

/** One rename puts the new data file in place: a crash leaves either the old or the new one. */
async function replace(folder: string, fresh: string, now: Date): Promise<string | undefined> {
  const current = join(folder, DATA);
  const there = await stat(current).then(() => true, () => false);
  const kept = join(folder, `replaced-${now.toISOString().replace(/[:.]/g, "-")}.mdb`);
  if (there) await link(current, kept);
  await rm(`${current}-lock`, { force: true });
  await rename(fresh, current);
  await syncFolder(folder);
  return there ? kept : undefined;
}
