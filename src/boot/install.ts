/** Where this installation lives and which version it is; the same from the bundle, from sources and from tests. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

function findRoot(from: string): string {
  if (existsSync(join(from, "package.json"))) return from;
  const parent = dirname(from);
  if (parent === from) throw new Error("package.json is missing above Threadline's own files; clone the project anew.");
  return findRoot(parent);
}

/** The folder that holds `package.json`. */
export const projectRoot = findRoot(dirname(fileURLToPath(import.meta.url)));

export const version = (JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8")) as { version: string }).version;
