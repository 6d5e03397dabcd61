/** Files that a settings file names, found from where it lies. */
import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";

const MOST_BYTES = 2_000_000;

/** @throws Error in words for people */
export const textReader = (folder: string) => async (name: string): Promise<string> => {
  const path = resolve(folder, name);
  try {
    const facts = await stat(path);
    if (!facts.isFile()) throw new Error("it is no file");
    if (facts.size > MOST_BYTES) throw new Error("it is larger than 2 MB");
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw new Error(`there is no such file in ${folder}`, { cause: error });
    throw error;
  }
};
