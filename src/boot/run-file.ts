/** `DATA_DIR/run.json` (0600): where the server runs that uses this data folder, and the token that proves we are its user. */
import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const RunFile = z.object({ pid: z.int(), url: z.string(), token: z.string() });
export type RunFile = z.infer<typeof RunFile>;

const fileIn = (dataDir: string) => join(dataDir, "run.json");

export const newRunToken = (): string => randomBytes(32).toString("base64url");

/** Call once the server listens; `url` is how this machine reaches it. */
export async function writeRunFile(dataDir: string, run: { url: string; token: string }): Promise<void> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const draft = `${fileIn(dataDir)}.${process.pid}`;
  await writeFile(draft, JSON.stringify({ pid: process.pid, ...run }), { mode: 0o600 });
  await rename(draft, fileIn(dataDir));
}

/** Null when there is none, or none that can be read. */
export async function readRunFile(dataDir: string): Promise<RunFile | null> {
  try {
    return RunFile.parse(JSON.parse(await readFile(fileIn(dataDir), "utf8")));
  } catch {
    return null;
  }
}

/** Removes this process's own; another's stays. */
export async function removeRunFile(dataDir: string): Promise<void> {
  if ((await readRunFile(dataDir))?.pid === process.pid) await rm(fileIn(dataDir), { force: true });
}
