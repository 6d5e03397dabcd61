import { readFileSync, readlinkSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { hostname } from "node:os";
import { join } from "node:path";

/** Who holds a store folder. The pid alone may be reused, so the process's start time and the machine's boot id go with it. */
interface Owner {
  readonly pid: number;
  readonly bootId: string;
  readonly startTime: string;
  readonly pidSpace: string;
  readonly host: string;
}

export class FolderInUse extends Error {
  readonly code = "STORE_IN_USE";
}

const BEAT_MS = 1_000;
const WATCH_MS = 2_500;

const readOr = (read: () => string, otherwise = ""): string => {
  try {
    return read();
  } catch {
    return otherwise;
  }
};
const bootId = () => readOr(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim());
const pidSpace = () => readOr(() => readlinkSync("/proc/self/ns/pid"));
/** Field 22 of /proc/<pid>/stat, counted after the command name. Source: man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
const startTimeOf = (pid: number) => readOr(() => {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
});

const thisOwner = (): Owner => ({ pid: process.pid, bootId: bootId(), startTime: startTimeOf(process.pid), pidSpace: pidSpace(), host: hostname() });

/** Takes the folder for this process: an abstract socket (atomic, gone with the process) where there is one, and a lock file that other containers see.
 *  @throws FolderInUse when another living process holds it. Answers the release. */
export async function takeFolder(dir: string): Promise<() => void> {
  const server = await abstractLock(dir);
  const file = join(dir, "owner.lock");
  try {
    await waitWhileAlive(file);
  } catch (error) {
    server?.close();
    throw error;
  }
  writeFileSync(file, JSON.stringify(thisOwner()), { mode: 0o600 });
  const beat = setInterval(() => {
    const now = new Date();
    try {
      utimesSync(file, now, now);
    } catch {
      clearInterval(beat);
    }
  }, BEAT_MS);
  beat.unref();
  return () => {
    clearInterval(beat);
    rmSync(file, { force: true });
    server?.close();
  };
}

/** Linux: a socket name that lives as long as the process. Source: man7.org/linux/man-pages/man7/unix.7.html */
async function abstractLock(dir: string): Promise<Server | undefined> {
  if (process.platform !== "linux") return undefined;
  const { dev, ino } = statSync(dir);
  const server = createServer((socket) => socket.destroy());
  server.unref();
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(error.code === "EADDRINUSE" ? inUse(dir) : error));
    server.listen(`\0threadline-store-${dev}-${ino}`, resolve);
  });
  return server;
}

const inUse = (dir: string, pid?: number) =>
  new FolderInUse(`STORE_IN_USE: another Threadline${pid ? ` (process ${pid})` : ""} is using the data folder ${dir}. Stop it first, or give this one its own DATA_DIR.`);

async function waitWhileAlive(file: string): Promise<void> {
  const text = readOr(() => readFileSync(file, "utf8"));
  if (text === "") return;
  const other = parseOwner(text);
  const self = thisOwner();
  const sameView = other && other.host === self.host && other.pidSpace === self.pidSpace;
  if (other && sameView) {
    const alive = other.bootId === self.bootId && isRunning(other.pid) && startTimeOf(other.pid) === other.startTime && other.pid !== self.pid;
    if (alive) throw inUse(file, other.pid);
    return;
  }
  const before = statSync(file).mtimeMs;
  await new Promise((resolve) => setTimeout(resolve, WATCH_MS));
  const after = Number(readOr(() => String(statSync(file).mtimeMs), "0"));
  if (after > before) throw inUse(file, other?.pid);
}

function parseOwner(text: string): Owner | undefined {
  try {
    return JSON.parse(text) as Owner;
  } catch {
    return undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
