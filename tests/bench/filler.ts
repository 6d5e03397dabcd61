/** Fills a store that is empty and that nobody runs, straight into its files and some thousand documents at a time: what filling leaves in memory is not the application's. Arguments: data folder, messages. */
import { deserialize } from "bson";
import type { Inbox } from "../../src/core/model/types.ts";
import type { Collection } from "../../src/mongo/embedded/storage/catalog.ts";
import { afterPrefix, u32Key } from "../../src/mongo/embedded/storage/keys.ts";
import { history } from "./seed.ts";
import { openFiles, writeStraight } from "./straight.ts";
import { listen, tell } from "./wire.ts";

const [dataDir = "", wanted = ""] = process.argv.slice(2);
const store = await openFiles(dataDir);

function collectionOf(name: string): Collection {
  const collection = store.catalog.get(`threadline.${name}`);
  if (collection === undefined) throw new Error(`The application has not made its collection ${name} yet.`);
  return collection;
}

function* all<D>(name: string): Generator<D> {
  const prefix = u32Key(collectionOf(name).id);
  for (const { value } of store.env.docs.getRange({ start: prefix, end: afterPrefix(prefix) })) yield deserialize(value) as D;
}

const inbox = [...all<Inbox>("inboxes")].find(({ channel }) => channel === "telegram");
if (inbox === undefined) throw new Error("The application has not made its inbox yet.");
for (const batch of history(inbox, Number(wanted))) await writeStraight(store, Object.entries(batch).map(([name, docs]) => ({ collection: collectionOf(name), docs: docs as object[] })));
await store.stop();
listen(() => {}, async () => process.exit(0));
tell({ type: "ready", port: 0 });
