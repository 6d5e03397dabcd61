/** Databases that tests borrow one after the other: emptied in between, their indexes and connection kept. A test that drops indexes takes a database of its own (support/store.ts). */
import type { Connection } from "mongoose";
import { connectStore, storeOn } from "../../src/core/store/store.ts";
import type { Store } from "../../src/core/store/store.ts";
import { startTestStore } from "./store.ts";

/** `inside` empties it, whatever a test did to its own connection. */
interface Running { uri: string; inside: Store; lent: Connection; check(): void }
const free: Running[] = [];

async function start(): Promise<Running> {
  const { uri, check } = await startTestStore();
  const inside = storeOn(await connectStore(uri));
  await inside.ensureIndexes();
  return { uri, inside, lent: await connectStore(uri), check };
}

/** One command where the server knows it, else one for each collection. */
async function empty({ db }: Store): Promise<void> {
  const names = (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name);
  try {
    await db.client.bulkWrite(names.map((name) => ({ namespace: `${db.databaseName}.${name}`, name: "deleteMany", filter: {} })), { ordered: false });
  } catch {
    await Promise.all(names.map((name) => db.collection(name).deleteMany({})));
  }
}

/** A store with every index and nothing in it; `giveBack` ends this test's use of it, and fails the test when something broke inside. */
export async function lendStore(): Promise<{ store: Store; giveBack: () => Promise<void> }> {
  const running = free.pop() ?? (await start());
  const store = storeOn(running.lent);
  return {
    store,
    async giveBack() {
      // Closed where a test closed it, or left something running on it.
      if (running.lent.readyState !== 1) running.lent = await connectStore(running.uri);
      await empty(running.inside);
      running.check();
      free.push(running);
    },
  };
}
