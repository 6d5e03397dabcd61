/** Fills a store that nobody runs with snoozed conversations, straight into its files: so many are due, so many in a year. Arguments: data folder, due, not due. */
import { deserialize } from "bson";
import type { Conversation, Inbox } from "../../src/core/model/types.ts";
import type { Collection } from "../../src/mongo/embedded/storage/catalog.ts";
import { afterPrefix, u32Key } from "../../src/mongo/embedded/storage/keys.ts";
import { historyOf } from "./seed.ts";
import { openFiles, writeStraight } from "./straight.ts";
import { listen, tell } from "./wire.ts";

const [dataDir = "", due = "", pending = ""] = process.argv.slice(2);
/** Behind the numbers of any history. */
const FIRST = 10_000_000;
const BATCH = 2_000;
const YEAR_MS = 365 * 86_400_000;
const store = await openFiles(dataDir);

function collectionOf(name: string): Collection {
  const collection = store.catalog.get(`threadline.${name}`);
  if (collection === undefined) throw new Error(`The application has not made its collection ${name} yet.`);
  return collection;
}

const prefix = u32Key(collectionOf("inboxes").id);
const [inbox] = [...store.env.docs.getRange({ start: prefix, end: afterPrefix(prefix) })].map(({ value }) => deserialize(value) as Inbox).filter(({ channel }) => channel === "telegram");
if (inbox === undefined) throw new Error("The application has not made its inbox yet.");
const now = Date.now(), all = Number(due) + Number(pending);
for (let from = 0; from < all; from += BATCH) {
  const batch = Array.from({ length: Math.min(BATCH, all - from) }, (_, i) => historyOf(inbox, FIRST + from + i, false));
  for (const [i, { conversations: [conversation] }] of batch.entries()) {
    const n = from + i;
    Object.assign(conversation, { status: "snoozed", resolvedAt: null, snoozedUntil: new Date(n < Number(due) ? now - Number(due) + n : now + YEAR_MS + n), snoozeEpisode: `seed-${n}` } satisfies Partial<Conversation>);
  }
  const names = ["contacts", "contactIdentities", "conversations"] as const;
  await writeStraight(store, names.map((name) => ({ collection: collectionOf(name), docs: batch.flatMap((history) => history[name] as object[]) })));
}
await store.stop();
listen(() => {}, async () => process.exit(0));
tell({ type: "ready", port: 0 });
