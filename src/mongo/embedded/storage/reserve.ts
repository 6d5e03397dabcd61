import { closeSync, fstatSync, openSync, promises as fs } from "node:fs";
import { StoreError } from "../values/errors.ts";
import type { Env } from "./env.ts";

const READ_ONLY: ReadonlySet<string> = new Set(["EROFS", "EACCES", "EPERM"]);
const MIB = 1024 * 1024;
const ZEROS = Buffer.alloc(MIB);

/** Bytes that this process may still write on the disk of a folder. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await fs.statfs(folder);
  return bavail * bsize;
}

/** Keeps the data file filled with zeros ahead of what LMDB uses. LMDB's own write error path corrupts its heap on a full disk,
 *  so a full disk must be met here: then writes are refused (14031) and reads go on. Ready-made blocks also make commits quicker. */
export class Reserve {
  private end: number;
  private budget = 0;

  /** `used` answers how far LMDB has written into the file, in bytes. */
  constructor(private readonly env: Env, private readonly used: () => number) {
    const fd = openSync(env.file, "r");
    this.end = fstatSync(fd).size;
    closeSync(fd);
  }

  /** Bytes still free between LMDB's last page and the end of the file. */
  private ahead(): number {
    return this.end - this.used();
  }

  /** Whether `bytes` are prepared. Asks LMDB only when the last answer is used up; not inside a transaction. */
  holds(bytes: number): boolean {
    if (this.budget < bytes) this.budget = this.ahead();
    return this.budget >= bytes;
  }

  /** Takes `bytes` of what is known to be prepared; false when that does not suffice. */
  take(bytes: number): boolean {
    if (this.budget < bytes) return false;
    this.budget -= bytes;
    return true;
  }

  /** Extends the file until `wanted` bytes fit, with room to spare that grows with the file (1 to 32 MiB). Never run while a transaction is open.
   *  @throws StoreError 14031 when the disk is too full for `bytes`. */
  async prepare(bytes: number, wanted: number): Promise<void> {
    const spare = Math.min(Math.max(Math.floor(this.end / 8), MIB), 32 * MIB);
    const target = Math.ceil((this.used() + wanted + spare) / MIB) * MIB;
    let file: fs.FileHandle | undefined;
    let failure: NodeJS.ErrnoException | undefined;
    try {
      file = await fs.open(this.env.file, "r+");
      // A batch that wrote more than it had said has lengthened the file itself: zeros over that would be zeros over documents.
      this.end = Math.max(this.end, (await file.stat()).size);
      while (this.end < target) {
        const { bytesWritten } = await file.write(ZEROS, 0, Math.min(MIB - (this.end % MIB), target - this.end), this.end);
        if (bytesWritten === 0) break;
        this.end += bytesWritten;
      }
      await file.datasync();
    } catch (error) {
      failure = error as NodeJS.ErrnoException;
    } finally {
      await file?.close();
    }
    this.budget = this.ahead();
    if (this.budget < bytes && READ_ONLY.has(failure?.code ?? "")) {
      throw new StoreError(39, "FileStreamFailed", `The store's files can not be written (${failure!.code}): the write was refused, reading goes on. Make the data folder writable again.`);
    }
    if (this.budget < bytes) {
      throw new StoreError(14031, "OutOfDiskSpace", `The disk that holds the store is full (${failure?.code ?? "ENOSPC"}): the write was refused, reading goes on. Free some space and try again.`);
    }
  }
}
