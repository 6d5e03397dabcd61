// Finds a Chromium for the browser tests; as root on Debian it installs the distribution's own.
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const PLACES = ["/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium"];

const runs = (file) => { try { accessSync(file, constants.X_OK); return true; } catch { return false; } };

/** Path of an installed Chromium (CHROMIUM wins), or null. */
export function findChromium(env = process.env) {
  if (env.CHROMIUM) return runs(env.CHROMIUM) ? env.CHROMIUM : null;
  const folders = ["/usr/bin", ...(env.PATH ?? "").split(delimiter).filter(Boolean)];
  return [...NAMES.flatMap((name) => folders.map((folder) => join(folder, name))), ...PLACES].find(runs) ?? null;
}

/** As `findChromium`, and tries Debian's package first when there is none and we are root. */
export function ensureChromium(say) {
  const found = findChromium();
  if (found !== null || process.env.CHROMIUM || process.getuid?.() !== 0 || !existsSync("/etc/debian_version")) return found;
  say("Installing Debian's chromium for the browser tests (once) …");
  const apt = (...args) => spawnSync("apt-get", args, { stdio: "ignore", env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } }).status === 0;
  if (!apt("install", "-y", "--no-install-recommends", "chromium")) { apt("update"); apt("install", "-y", "--no-install-recommends", "chromium"); }
  return findChromium();
}

export const HOW_TO_GET_CHROMIUM = "Browser tests skipped: no Chromium found. Install one (Debian: apt-get install chromium) or set CHROMIUM to its path.";
