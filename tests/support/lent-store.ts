/** Databases that tests borrow one after the other: emptied in between, their indexes kept. A test that drops indexes takes a database of its own (support/store.ts). */
import { openStore } from "../../src/core/store/store.ts";
import type { Store } from "../../src/core/store/store.ts";
import { startTestStore } from "./store.ts";

/** `inside` empties it, whatever a test did to its own connection. */
interface Running { uri: string; inside: Store; check(): void }
const free: Running[] = [];

async function start(): Promise<Running> {
  const { uri, check } = await startTestStore();
  const inside = await openStore(uri);
  await inside.ensureIndexes();
  return { uri, inside, check };
}

async function empty({ db }: Store): Promise<void> {
  const collections = await db.listCollections({}, { nameOnly: true }).toArray();
  await Promise.all(collections.map(({ name }) => db.collection(name).deleteMany({})));
}

/** A store with every index and nothing in it; `giveBack` closes it for this test, and fails the test when something broke inside. */
export async function lendStore(): Promise<{ store: Store; giveBack: () => Promise<void> }> {
  const running = free.pop() ?? (await start());
  const store = await openStore(running.uri);
  return {
    store,
    async giveBack() {
      await store.close();
      await empty(running.inside);
      running.check();
      free.push(running);
    },
  };
}
