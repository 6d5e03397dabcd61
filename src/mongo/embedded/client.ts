import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import type { FromWorker, ToWorker, WorkerOptions } from "./protocol.ts";
import { GUARD } from "./storage/guard.ts";

export interface RunningStore {
  /** Host part of a MongoDB URI: a percent-encoded socket path, or 127.0.0.1:port. */
  readonly host: string;
  readonly port: number | undefined;
  readonly folderId: string;
  /** Finishes what was accepted, closes files and socket. */
  stop(): Promise<void>;
}

export interface StoreOptions {
  readonly dir: string;
  readonly tcpPort?: number | undefined;
  /** Leave expired documents: for a copy that is compared with something. */
  readonly keepExpired?: boolean | undefined;
  /** Called when the worker ends without being asked to; the store can not be reopened in this process. */
  readonly onDeath?: ((error: Error) => void) | undefined;
  /** Errors inside the store that a client only sees as code 1. No document contents. */
  readonly onInternalError?: ((error: Error) => void) | undefined;
}

export class StoreStartError extends Error {
  constructor(readonly code: string, message: string) {
    super(message);
  }
}

const EXIT_WAIT_MS = 5_000;
/** Megabytes for the worker's short-lived objects: half of V8's default leaves 13 MB of memory free, for about 1 % more processor time in collecting them. */
const YOUNG_MB = 24;
const BUNDLE = join("store", "store-worker.js");

/** The built worker: beside the built server, or in dist/ above the sources. */
function workerFile(): string {
  for (let dir = dirname(fileURLToPath(import.meta.url)); ; dir = dirname(dir)) {
    for (const file of [join(dir, BUNDLE), join(dir, "dist", BUNDLE)]) if (existsSync(file)) return file;
    if (dirname(dir) === dir) throw new StoreStartError("STORE_NOT_BUILT", "The store's worker is not built (dist/store/store-worker.js is missing): run `npm run build`.");
  }
}

/** Starts the store of a folder in a worker thread and resolves once it answers. @throws StoreStartError (STORE_IN_USE, STORE_NOT_BUILT, STORE_FAILED …). */
export function startStore(o: StoreOptions): Promise<RunningStore> {
  const shared = new SharedArrayBuffer(8);
  const guard = new Int32Array(shared);
  const workerData: WorkerOptions = { dir: o.dir, tcpPort: o.tcpPort, keepExpired: o.keepExpired, guard: shared };
  // Short-lived objects are collected by the thread that made them. V8's helpers save it a millisecond while a processor is idle; where none is, everybody waits
  // until the helper has had its turn, which was the longest wait of all.
  setFlagsFromString("--no-parallel-scavenge");
  // A process that writes a processor profile of itself gets one of its store beside it.
  const execArgv = process.execArgv.filter((arg) => arg.startsWith("--cpu-prof"));
  const worker = new Worker(workerFile(), { workerData, execArgv, resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB }, name: "threadline-store" });
  // Ending the process inside a write transaction can hang it: no new one starts, the running one is waited for.
  const onExit = () => {
    Atomics.store(guard, GUARD.stop, 1);
    Atomics.wait(guard, GUARD.busy, 1, EXIT_WAIT_MS);
  };
  process.on("exit", onExit);

  return new Promise((resolve, reject) => {
    let phase: "starting" | "running" | "stopping" = "starting";
    let stopped: Promise<void> | undefined;
    const died = (error: Error) => {
      process.off("exit", onExit);
      if (phase === "starting") reject(error);
      else if (phase === "running") o.onDeath?.(error);
      phase = "stopping";
    };
    const stop = () => (stopped ??= new Promise<void>((done) => {
      phase = "stopping";
      worker.ref();
      worker.once("exit", () => done());
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread has no origin
      worker.postMessage({ type: "stop" } satisfies ToWorker);
    }));
    worker.on("message", (message: FromWorker) => {
      if (message.type === "ready") {
        phase = "running";
        worker.unref();
        const host = message.path ? encodeURIComponent(message.path) : `127.0.0.1:${message.port}`;
        resolve({ host, port: message.port, folderId: message.folderId, stop });
      } else if (message.type === "failed") died(new StoreStartError(message.code, message.message));
      else if (message.type === "internal-error") o.onInternalError?.(Object.assign(new Error(`STORE_INTERNAL: ${message.command}: ${message.message}`), message.stack ? { stack: message.stack } : {}));
    });
    worker.on("error", (error: Error) => died(error));
    worker.on("exit", (code) => died(new StoreStartError("STORE_WORKER_DIED", `STORE_WORKER_DIED: the embedded store's worker ended (code ${code}); the process must be restarted.`)));
  });
}
