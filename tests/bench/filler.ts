/** Fills a store that is empty and that nobody runs, straight into its files and some thousand documents at a time: what filling leaves in memory is not the application's.
 *  The lines of the first conversations are written document by document, those of all others are copies of them with other ids, numbers and dates. Arguments: data folder, messages. */
import { deserialize, serialize } from "bson";
import type { Inbox } from "../../src/core/model/types.ts";
import type { Collection } from "../../src/mongo/embedded/storage/catalog.ts";
import { afterPrefix, u32Key } from "../../src/mongo/embedded/storage/keys.ts";
import { prepareInsert } from "../../src/mongo/embedded/values/raw.ts";
import { historyOf, lineAt, SEED, type History } from "./seed.ts";
import { formsOf, Stamp } from "./stamp.ts";
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
const messages = collectionOf("messages");
/** Conversations that are written in one transaction. */
const BATCH = 1_000;
const stamps: Stamp[][] = [];

/** What differs between the lines of one place in two conversations whose numbers are a period apart: the same for all its lines, and by line. */
const ownMarks = ({ conversations: [conversation] }: History) => [conversation._id, conversation.identityId, conversation.contactId, String(conversation.number)];
const lineMarks = (id: string, at: Date) => [id, at];

let copies = 0;
/** As core makes them, but counted: a million draws of random bytes take their time. */
const idAt = (at: Date): string => Math.floor(at.getTime() / 1_000).toString(16).padStart(8, "0") + (++copies).toString(16).padStart(16, "0");

function writeCopies(history: History): void {
  const [conversation] = history.conversations;
  const own = ownMarks(history).map(formsOf);
  for (const [i, stamp] of stamps[(conversation.number - SEED.first) % SEED.period]!.entries()) {
    const at = lineAt(conversation, i + 1);
    stamp.copy([...own, ...lineMarks(idAt(at), at).map(formsOf)]);
  }
}

const conversations = Math.ceil(Number(wanted) / SEED.lines);
for (let from = 0; from < conversations;) {
  const models = from < SEED.period;
  const to = Math.min(conversations, models ? SEED.period : from + BATCH);
  const batch = Array.from({ length: to - from }, (_, i) => historyOf(inbox, SEED.first + from + i, models));
  const names = Object.keys(batch[0]!) as (keyof History)[];
  await writeStraight(store, names.map((name) => ({ collection: collectionOf(name), docs: batch.flatMap((history) => history[name] as object[]) })), () => {
    if (models) return;
    for (const history of batch) writeCopies(history);
    store.catalog.saveStat(messages);
  });
  if (models) for (const history of batch) stamps.push(history.messages.map((message) => new Stamp(store, messages, prepareInsert(serialize(message, { ignoreUndefined: true })), [...ownMarks(history), ...lineMarks(message._id, message.createdAt)])));
  from = to;
}
await store.stop();
listen(() => {}, async () => process.exit(0));
tell({ type: "ready", port: 0 });
