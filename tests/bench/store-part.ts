/** One part of the store's bench in a process of its own: DATA_DIR, part, size, milliseconds. Prints its figures as one line of JSON. */
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { MongoClient } from "mongodb";
import { connectMongo } from "../../src/mongo/connect.ts";
import { fill, measure, measureWrites, messageOf, rate, type Figures } from "./store-load.ts";

const [, , dir, part, sizeText, msText] = process.argv as [string, string, string, string, string, string];
const size = Number(sizeText);
const ms = Number(msText);

async function driverLimit(): Promise<Figures> {
  const path = join(dir, "null.sock");
  const start = `import("tsx/esm/api").then(({ register }) => { register(); return import(${JSON.stringify(new URL("./store-null.ts", import.meta.url).href)}); })`;
  const worker = new Worker(start, { eval: true, workerData: path, execArgv: [] });
  await new Promise((resolve) => worker.once("message", resolve));
  const client = new MongoClient(`mongodb://${encodeURIComponent(path)}/threadline`);
  const col = client.db().collection("messages");
  await rate(Math.min(ms, 3_000), () => col.findOne({ _id: messageOf(1)._id }));
  const figures = { finds_per_s: await rate(ms, () => col.findOne({ _id: messageOf(1)._id })) };
  await client.close();
  await worker.terminate();
  return figures;
}

/** From the start of opening to the driver's first answer. */
async function inStore(act: (client: MongoClient) => Promise<Figures | unknown>): Promise<Figures> {
  const begun = performance.now();
  const store = await connectMongo({ dataDir: dir });
  const client = new MongoClient(store.uri);
  await client.db().collection("messages").findOne();
  const ready_ms = Math.round(performance.now() - begun);
  const figures = await act(client);
  await client.close();
  await store.stop();
  return { ready_ms, ...(figures as Figures) };
}

const figures = part === "limit" ? await driverLimit()
  : part === "fill" ? await fill(dir, size)
  : part === "writes" ? await inStore((client) => measureWrites(client, ms))
  : await inStore((client) => measure(client, size, ms));
process.stdout.write(`${JSON.stringify(figures ?? {})}\n`);
process.exit(0);
