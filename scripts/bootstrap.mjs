// Makes a fresh clone ready to run: Node's version, packages from the lockfile, built parts. Plain Node, no dependency.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const inRoot = (path) => join(root, path);

/** Why this Node can't run us, in words; null when it can. */
export function nodeFault(version = process.versions.node) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return null;
  return `Threadline needs Node.js 20.19 or newer; this is ${version}. Install a current one from https://nodejs.org and run the command again.`;
}

/** True when what is installed in `folder` is not what its lockfile says: missing, older, or an install that was cut short. */
export function packagesAreStale(folder = root) {
  const installedFile = join(folder, "node_modules/.package-lock.json");
  if (!existsSync(installedFile)) return true;
  const read = (file) => JSON.parse(readFileSync(file, "utf8")).packages;
  const installed = read(installedFile);
  return Object.entries(read(join(folder, "package-lock.json")))
    .some(([path, entry]) => path !== "" && !(entry.optional && installed[path] === undefined) && installed[path]?.version !== entry.version);
}

function install(say) {
  say("Installing packages from the lockfile (once; a minute or so) …");
  const args = ["ci", "--ignore-scripts", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"];
  const npm = process.env.npm_execpath;
  const options = { cwd: root, stdio: ["ignore", "ignore", "pipe"], encoding: "utf8" };
  const done = npm?.endsWith(".js")
    ? spawnSync(process.execPath, [npm, ...args], options)
    : spawnSync("npm", args, { ...options, shell: process.platform === "win32" });
  if (done.status === 0) return;
  const reasons = done.error?.message ?? done.stderr.split("\n").filter((line) => /^npm error \S/.test(line)).slice(0, 8).join("\n");
  fail(`${reasons}\nThe packages could not be installed. Check that npm reaches its registry, then run the command again.`);
}

export function fail(words) {
  console.error(words);
  process.exit(1);
}

/** Answers once packages and the named parts (all, when none is named) are fresh; says one line for each thing that it does. */
export async function bootstrap({ parts, say = (line) => console.log(line) } = {}) {
  const fault = nodeFault();
  if (fault !== null) fail(fault);
  if (packagesAreStale()) install(say);
  const { ensureBuilt } = await import("./build.mjs");
  try {
    await ensureBuilt({ say, ...(parts === undefined ? {} : { only: parts }) });
  } catch (error) {
    fail(`The build failed: ${error.message}`);
  }
}
