import { createHash } from "node:crypto";
import { open, rename, rm, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { MongoError } from "./errors.ts";

/** What the end of a backup file says: the store's data file (`bytes` long, `sha256`), then this as JSON, its length (4 bytes, big-endian) and MAGIC. */
export interface BackupNote {
  readonly format: number;
  readonly createdAt: string;
  readonly bytes: number;
  readonly sha256: string;
}

const FORMAT = 1;
const MAGIC = Buffer.from("THREADLINEBACKUP");
const MAX_NOTE = 64 * 1024;
const CHUNK = 1024 * 1024;

/** Makes what was written under these names last through a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } catch (error) {
    // Some file systems know no flush of folders.
    if (!["EINVAL", "EPERM", "EISDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  } finally {
    await handle.close();
  }
}

/** Copies `bytes` from one open file to another; answers the SHA-256 in hex. */
async function copy(from: FileHandle, to: FileHandle, bytes: number, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafe(CHUNK);
  for (let at = 0; at < bytes;) {
    signal?.throwIfAborted();
    const { bytesRead } = await from.read(buffer, 0, Math.min(CHUNK, bytes - at), at);
    if (bytesRead === 0) throw new MongoError("BACKUP_INVALID", "The file ends too early: it was cut off. Take another backup.");
    hash.update(buffer.subarray(0, bytesRead));
    for (let done = 0; done < bytesRead;) done += (await to.write(buffer, done, bytesRead - done, at + done)).bytesWritten;
    at += bytesRead;
  }
  return hash.digest("hex");
}

/** Writes a backup of a copied data file to `target`, which appears only when it is whole and on the disk. */
export async function writeBackup(copied: string, target: string, now: Date, signal?: AbortSignal): Promise<BackupNote> {
  const draft = `${target}.${process.pid}.part`;
  const from = await open(copied, "r");
  try {
    const to = await open(draft, "wx", 0o600);
    try {
      const bytes = (await from.stat()).size;
      const note: BackupNote = { format: FORMAT, createdAt: now.toISOString(), bytes, sha256: await copy(from, to, bytes, signal) };
      const json = Buffer.from(JSON.stringify(note));
      const length = Buffer.alloc(4);
      length.writeUInt32BE(json.length);
      await to.write(Buffer.concat([json, length, MAGIC]), 0, undefined, bytes);
      await to.sync();
      await to.close();
      await rename(draft, target);
      await syncFolder(dirname(target));
      return note;
    } finally {
      await to.close();
      await rm(draft, { force: true });
    }
  } finally {
    await from.close();
  }
}

async function noteOf(file: FileHandle): Promise<BackupNote> {
  const notOne = new MongoError("BACKUP_INVALID", "This file is no backup of Threadline, or its end is missing. Nothing was changed.");
  const { size } = await file.stat();
  const tail = Buffer.alloc(4 + MAGIC.length);
  if (size < tail.length) throw notOne;
  await file.read(tail, 0, tail.length, size - tail.length);
  const length = tail.readUInt32BE(0);
  if (!tail.subarray(4).equals(MAGIC) || length > MAX_NOTE || length + tail.length > size) throw notOne;
  const json = Buffer.alloc(length);
  await file.read(json, 0, length, size - tail.length - length);
  let note: BackupNote;
  try {
    note = JSON.parse(json.toString()) as BackupNote;
  } catch {
    throw notOne;
  }
  if (note.format > FORMAT) throw new MongoError("BACKUP_NEWER", `The backup was made by a newer Threadline (backup format ${note.format}). Nothing was changed. Restore it with that version.`);
  if (note.bytes !== size - tail.length - length) throw new MongoError("BACKUP_DAMAGED", "The backup's length is not what it was when it was made. Nothing was changed; use another backup.");
  return note;
}

/** Copies a backup's data file to `target` (new, flushed) and checks it against its checksum. @throws MongoError BACKUP_INVALID, BACKUP_NEWER, BACKUP_DAMAGED */
export async function readBackup(backup: string, target: string, signal?: AbortSignal): Promise<BackupNote> {
  const from = await open(backup, "r");
  try {
    const note = await noteOf(from);
    const to = await open(target, "wx", 0o600);
    try {
      if ((await copy(from, to, note.bytes, signal)) !== note.sha256) throw new MongoError("BACKUP_DAMAGED", "The backup's content is not what it was when it was made (its checksum differs). Nothing was changed; use another backup.");
      await to.sync();
    } finally {
      await to.close();
    }
    return note;
  } finally {
    await from.close();
  }
}
