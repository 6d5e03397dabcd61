import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { open, type Database, type RootDatabase } from "lmdb";

/** One named LMDB database: byte keys, byte values. */
export type Table = Database<Uint8Array, Uint8Array>;

/** The open files of one store folder. `meta` catalog, `docs` documents, `idx` index entries, `stat` counts. */
export interface Env {
  readonly root: RootDatabase<Uint8Array, Uint8Array>;
  readonly meta: Table;
  readonly docs: Table;
  readonly idx: Table;
  readonly stat: Table;
  readonly file: string;
  readonly pageSize: number;
}

export const PAGE_SIZE = 8192;

/** Name of LMDB's data file inside the store folder. */
export const DATA_FILE = "data.mdb";

/** Opens (creating where needed) the store files in `dir`; the caller holds the owner lock.
 *  `overlappingSync: false` is standard LMDB: data pages, fdatasync, then the meta page. */
export function openEnv(dir: string): Env {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  chmodSync(dir, 0o700);
  const bytes = { encoding: "binary", keyEncoding: "binary" } as const;
  const file = join(dir, DATA_FILE);
  const root = open<Uint8Array, Uint8Array>({ path: file, noSubdir: true, pageSize: PAGE_SIZE, overlappingSync: false, eventTurnBatching: false, maxDbs: 8, ...bytes });
  const table = (name: string): Table => root.openDB<Uint8Array, Uint8Array>({ name, ...bytes });
  const env = { root, meta: table("meta"), docs: table("docs"), idx: table("idx"), stat: table("stat"), file, pageSize: PAGE_SIZE };
  for (const name of [file, `${file}-lock`]) chmodSync(name, 0o600);
  return env;
}

/** Pages in use up to the last one, in bytes: how far LMDB has written into the data file. */
export function usedBytes(env: Env): number {
  const stats = env.root.getStats() as { lastPageNumber: number; pageSize: number };
  return (stats.lastPageNumber + 1) * stats.pageSize;
}

/** Plain bytes over the same memory: a Buffer's `slice` shares, a Uint8Array's copies, and the rest of the store counts on the copy. */
export const plainBytes = (b: Uint8Array, length = b.length): Uint8Array => new Uint8Array(b.buffer, b.byteOffset, length);

/** A value that stays valid only until the next read of any table: for matching and copying at once. */
export function peek(table: Table, key: Uint8Array): Uint8Array | undefined {
  const bytes = table.getBinaryFast(key);
  return bytes && plainBytes(bytes, (table as unknown as { lastSize: number }).lastSize);
}
