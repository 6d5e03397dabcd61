/** Writes to an embedded store from sixteen callers and ends in the middle; prints how many writes were acknowledged. Arguments: DATA_DIR ROUND [exit|throw|terminate|signal]
 *  `terminate` ends the thread that started the store, as test runners do. */
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { MongoClient } from "mongodb";
import { connectMongo } from "../../src/mongo/connect.ts";

const [, , dataDir, round, way = "exit"] = process.argv;
const LOAD_MS = 400;

async function load(): Promise<() => number> {
  const store = await connectMongo({ dataDir: dataDir! });
  const col = new MongoClient(store.uri).db().collection("x");
  let acknowledged = 0;
  await col.insertOne({ round: Number(round) });
  for (let i = 0; i < 16; i++) {
    void (async () => {
      for (;;) {
        await col.insertOne({ round: Number(round) });
        acknowledged++;
      }
    })().catch(() => {});
  }
  return () => acknowledged;
}

if (!isMainThread) {
  const count = await load();
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread has no origin
  setInterval(() => parentPort!.postMessage(count()), 5);
} else if (way === "terminate") {
  const start = `import("tsx/esm/api").then(({ register }) => { register(); return import(${JSON.stringify(import.meta.url)}); })`;
  const worker = new Worker(start, { eval: true, argv: process.argv.slice(2), execArgv: [] });
  let told = 0;
  worker.on("message", (count: number) => (told = count));
  worker.once("message", () => setTimeout(() => void worker.terminate().then(() => process.stdout.write(String(told))), LOAD_MS));
} else {
  const count = await load();
  setTimeout(() => {
    process.stdout.write(String(count()), () => {
      if (way === "throw") throw new Error("uncaught on purpose");
      if (way === "signal") process.kill(process.pid, "SIGTERM");
    });
    if (way === "exit") process.exit(0);
  }, LOAD_MS);
}
