import { createHash } from "node:crypto";
import { chmodSync, lstatSync, mkdirSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Longest path of a Unix socket in bytes; Node cuts longer ones without a word. Source: man7.org/linux/man-pages/man7/unix.7.html */
export const MAX_SOCKET_PATH = 107;

/** Names a store folder: the same for every process that opens it. */
export const folderId = (dir: string): string => createHash("sha256").update(realpathSync(dir)).digest("hex").slice(0, 24);

/** Where the socket of a store folder lies: a private folder under the run-time or temporary folder. Undefined where there is no room for one. */
export function socketPath(dir: string): string | undefined {
  if (process.platform === "win32") return undefined;
  const uid = process.getuid?.() ?? 0;
  for (const base of [process.env["XDG_RUNTIME_DIR"], tmpdir(), "/tmp"]) {
    if (!base) continue;
    const folder = join(base, `threadline-${uid}`);
    const path = join(folder, `${folderId(dir)}.sock`);
    if (Buffer.byteLength(path) <= MAX_SOCKET_PATH && ensurePrivate(folder, uid)) return path;
  }
  return undefined;
}

/** A folder that only this user may enter; false when somebody else made it. */
function ensurePrivate(folder: string, uid: number): boolean {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const stat = lstatSync(folder);
    if (!stat.isDirectory() || stat.uid !== uid) return false;
    if ((stat.mode & 0o077) !== 0) chmodSync(folder, 0o700);
    return true;
  } catch {
    return false;
  }
}
