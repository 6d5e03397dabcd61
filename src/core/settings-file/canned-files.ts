/** Files of canned responses in the settings file: read before anything is written, stored once by their content, removed when none names them any more. */
import { createHash } from "node:crypto";
import { basename, extname } from "node:path";
import { UserError } from "../errors.ts";
import type { CannedFile, CannedResponse } from "../model/settings.ts";
import { safeName } from "../model/file-name.ts";
import type { FileStore } from "../ports.ts";
import type { Store } from "../store/store.ts";
import type { CannedWish } from "./plan.ts";
import type { Fault, ReadFile } from "./yaml.ts";

/** Bytes of one file. */
const MOST_BYTES = 20_000_000;

export interface FileAccess {
  files: FileStore;
  /** Reads a file that the settings file names, from where that one lies. @throws Error in words for people */
  readBytes(name: string, maxBytes: number): Promise<Buffer>;
}

/** What bytes can't prove, by how the name ends. */
const CLAIMS: Record<string, string> = {
  ".csv": "text/csv", ".md": "text/markdown", ".ics": "text/calendar", ".vcf": "text/vcard", ".json": "application/json",
  ".doc": "application/msword", ".xls": "application/vnd.ms-excel", ".ppt": "application/vnd.ms-powerpoint",
  ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
};

/**
 * Stores what is not there yet and completes the wishes. With faults nothing is kept. `clean` comes after the wishes were written, or could
 * not be: what was stored for them, or was theirs before, and no canned response names goes.
 */
export async function keepCannedFiles(store: Store, file: ReadFile, wishes: CannedWish[], stored: CannedResponse[], access: FileAccess | undefined): Promise<{ wishes: CannedWish[]; faults: Fault[]; clean: () => Promise<void> }> {
  const asked = wishes.filter(({ files }) => files !== undefined);
  const ours = new Set(asked.flatMap(({ was }) => (was?.files ?? []).map(({ fileId }) => fileId)));
  const clean = async () => { if (access !== undefined) await removeUnnamed(store, ours, access.files); };
  const known = new Map(stored.flatMap(({ files = [] }) => files.map((one) => [one.hash, one] as const)));
  const faults: Fault[] = [];
  const done = new Map<CannedWish, CannedFile[]>();
  try {
    for (const wish of asked) {
      const files: CannedFile[] = [];
      for (const [n, name] of wish.files!.names.entries()) {
        const found = await keepOne(name, known, ours, access);
        if (typeof found === "string") faults.push(file.fault([...wish.files!.path, n], found));
        else files.push(found);
      }
      done.set(wish, files);
    }
  } catch (error) {
    await clean();
    throw error;
  }
  if (faults.length > 0) await clean();
  return { wishes: wishes.map((wish) => (done.has(wish) ? { ...wish, now: { ...wish.now, files: done.get(wish)! } } : wish)), faults, clean };
}

/** Why not, in words, where it can't be had. */
async function keepOne(name: string, known: Map<string, CannedFile>, ours: Set<string>, access: FileAccess | undefined): Promise<CannedFile | string> {
  if (access === undefined) return `${name} can't be read here; apply the file from a folder.`;
  let content: Buffer;
  try {
    // one in memory at a time
    content = await access.readBytes(name, MOST_BYTES);
  } catch (error) {
    return `${name} can't be read: ${error instanceof Error ? error.message : String(error)}.`;
  }
  if (content.length === 0) return `${name} is empty.`;
  const hash = createHash("sha256").update(content).digest("hex");
  const same = known.get(hash);
  if (same !== undefined && (await isThere(access.files, same.fileId))) return { ...same, name: safeName(basename(name)) };
  try {
    const { fileId, type, bytes, name: called } = await access.files.put({ name: basename(name), type: CLAIMS[extname(name).toLowerCase()] ?? "application/octet-stream", owner: "canned" }, content, MOST_BYTES);
    ours.add(fileId);
    const one = { fileId, name: called, type, bytes, hash };
    known.set(hash, one);
    return one;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return `${name} was not kept: ${error.message}`;
  }
}

async function isThere(files: FileStore, fileId: string): Promise<boolean> {
  try {
    (await files.open(fileId)).stream.destroy();
    return true;
  } catch (error) {
    if (error instanceof UserError && error.code === "FILE_UNKNOWN") return false;
    throw error;
  }
}

async function removeUnnamed(store: Store, fileIds: ReadonlySet<string>, files: FileStore): Promise<void> {
  if (fileIds.size === 0) return;
  const named = new Set((await store.canned.find({}, { projection: { "files.fileId": 1 } }).toArray()).flatMap((one) => (one.files ?? []).map(({ fileId }) => fileId)));
  for (const fileId of fileIds) if (!named.has(fileId)) await files.remove(fileId);
}
