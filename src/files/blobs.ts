/** Where the bytes of files lie. One store is enough to run; another may be asked for what lies there from before. */
import type { Readable } from "node:stream";

export interface FileFacts { name: string; type: string; owner: string }
export interface StoredFile extends FileFacts { bytes: number; stream: Readable }

export interface Blobs {
  /** Nobody can read it before all of `content` was taken; a `content` that throws leaves nothing behind. Answers its size in bytes. */
  write(fileId: string, facts: FileFacts, content: AsyncIterable<Buffer>): Promise<number>;
  /** Null when there is none. The stream has to be read or destroyed. */
  read(fileId: string): Promise<StoredFile | null>;
  /** What is not there is removed already. */
  remove(fileId: string): Promise<void>;
}

/** New files go to the first; what it does not have is looked for in the others. */
export const oneAfterTheOther = (first: Blobs, ...others: Blobs[]): Blobs => ({
  write: (fileId, facts, content) => first.write(fileId, facts, content),
  async read(fileId) {
    for (const blobs of [first, ...others]) {
      const found = await blobs.read(fileId);
      if (found !== null) return found;
    }
    return null;
  },
  async remove(fileId) { for (const blobs of [first, ...others]) await blobs.remove(fileId); },
});
