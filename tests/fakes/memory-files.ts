/** A FileStore in memory, for tests that need files but no database. */
import { Readable } from "node:stream";
import { UserError } from "../../src/core/errors.ts";
import type { FileStore } from "../../src/core/ports.ts";

export function memoryFiles(): FileStore {
  const kept = new Map<string, { name: string; type: string; owner: string; content: Buffer }>();
  const find = (id: string) => {
    const file = kept.get(id);
    if (file === undefined) throw new UserError("FILE_UNKNOWN", "There is no such file.");
    return file;
  };
  return {
    async put({ name, type, owner }, content, maxBytes) {
      const parts: Buffer[] = [];
      for await (const part of Buffer.isBuffer(content) ? [content] : content) parts.push(part as Buffer);
      const all = Buffer.concat(parts);
      if (all.length > maxBytes) throw new UserError("FILE_TOO_LARGE", "The file is too large.");
      const fileId = `file-${kept.size + 1}`;
      kept.set(fileId, { name, type, owner, content: all });
      return { fileId, name, type, bytes: all.length, state: "ready" };
    },
    async open(id) {
      const { content, ...facts } = find(id);
      return { ...facts, bytes: content.length, stream: Readable.from([content]) };
    },
    async buffer(id, maxBytes) {
      const { content } = find(id);
      if (content.length > maxBytes) throw new UserError("FILE_TOO_LARGE", "The file is too large.");
      return content;
    },
    thumbnail: async () => null,
    async remove(id) { kept.delete(id); },
  };
}
