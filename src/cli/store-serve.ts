import { join } from "node:path";
import { start } from "../mongo/connect.ts";

/** `threadline store serve --tcp PORT`: the embedded store alone, on the loopback address only (port 0: any free one), until `signal` aborts.
 *  @throws MongoError (STORE_IN_USE …), Error when the store ends by itself. */
export async function storeServe(o: { dataDir: string; tcpPort: number; signal: AbortSignal }): Promise<void> {
  let fail: (error: Error) => void = () => {};
  const died = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const store = await start({ dir: join(o.dataDir, "db"), tcpPort: o.tcpPort, onDeath: fail, onInternalError: (error) => console.error(error.message) });
  const alive = setInterval(() => {}, 60_000);
  console.log(`Store ready: mongodb://${store.host}/threadline`);
  try {
    await Promise.race([died, new Promise<void>((resolve) => {
      if (o.signal.aborted) resolve();
      else o.signal.addEventListener("abort", () => resolve(), { once: true });
    })]);
    await store.stop();
  } finally {
    clearInterval(alive);
  }
}
