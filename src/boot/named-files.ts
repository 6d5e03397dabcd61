/** Files that a settings file names, found from where it lies. */
import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { FileStore } from "../core/ports.ts";
import type { ApplyDeps } from "../core/settings-file/apply.ts";

const MOST_TEXT_BYTES = 2_000_000;

/** @throws Error in words for people */
async function readIn(folder: string, name: string, maxBytes: number): Promise<Buffer> {
  const path = resolve(folder, name);
  try {
    const facts = await stat(path);
    if (!facts.isFile()) throw new Error("it is no file");
    if (facts.size > maxBytes) throw new Error(`it is larger than ${maxBytes / 1_000_000} MB`);
    return await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") throw new Error(`there is no such file in ${folder}`, { cause: error });
    if (code === "EACCES") throw new Error("the system does not let Threadline read it", { cause: error });
    throw error;
  }
}

/** What `applySettings` is handed for the files that are named; their content goes to `files`. */
export const readersIn = (folder: string, files: FileStore): Required<Pick<ApplyDeps, "readText" | "access">> => ({
  readText: async (name) => (await readIn(folder, name, MOST_TEXT_BYTES)).toString("utf8"),
  access: { files, readBytes: (name, maxBytes) => readIn(folder, name, maxBytes) },
});
