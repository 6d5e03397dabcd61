import { mkdirSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { Cursors } from "./commands/cursors.ts";
import { removeCopies } from "./commands/care.ts";
import { takeFolder } from "./owner-lock.ts";
import type { FromWorker, ToWorker, WorkerOptions } from "./protocol.ts";
import { listen, type StoreServer } from "./server.ts";
import { folderId, socketPath } from "./socket-path.ts";
import { openStore } from "./storage/store.ts";
import { expireRegularly } from "./storage/ttl.ts";

const port = parentPort!;
const options = workerData as WorkerOptions;
const tell = (message: FromWorker) => port.postMessage(message);

/** Owner lock, files, socket, then ready; the reverse order to stop. */
async function run(): Promise<void> {
  mkdirSync(options.dir, { recursive: true, mode: 0o700 });
  const release = await takeFolder(options.dir);
  await removeCopies(options.dir);
  const store = await openStore(options.dir, new Int32Array(options.guard));
  const cursors = new Cursors(store);
  const id = folderId(options.dir);
  const path = socketPath(options.dir);
  const host = {
    store, cursors, folderId: id,
    onInternalError: (error: unknown, command: string) => {
      const { message, stack } = error instanceof Error ? error : new Error(String(error));
      tell({ type: "internal-error", command, message, stack });
    },
  };
  const servers: StoreServer[] = [];
  if (path) servers.push(await listen({ ...host, local: true }, { path }));
  if (!path || options.tcpPort !== undefined) servers.push(await listen({ ...host, local: !path && options.tcpPort === undefined }, { port: options.tcpPort ?? 0 }));

  const ttl = options.keepExpired ? undefined : expireRegularly(store);

  port.on("message", (message: ToWorker) => {
    if (message.type === "stop") void stop();
  });
  const stop = async (): Promise<void> => {
    ttl?.stop();
    await Promise.all(servers.map((server) => server.close()));
    cursors.close();
    await store.stop();
    release();
    tell({ type: "stopped" });
    port.close();
  };
  tell({ type: "ready", folderId: id, ...servers.at(-1)!.address });
}

// LMDB's async writer rejects twice on a failed commit; the second has no listener and must not end the worker.
process.on("unhandledRejection", (error) => {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  tell({ type: "internal-error", command: "commit", message, stack });
});

run().catch((error: Error & { code?: string }) => {
  tell({ type: "failed", code: error.code ?? "STORE_FAILED", message: error.message });
  port.close();
});
