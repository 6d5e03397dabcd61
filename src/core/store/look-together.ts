/** What every message asks the store for, for many conversations or threads at once: those of one turn of the event loop share a query. */
import type { Collection, Document, Filter, Sort } from "mongodb";
import type { Core } from "../core.ts";
import type { ContactIdentity, Conversation, DeskThreadId, LaneName, Message, StoredDeskEvent } from "../model/types.ts";
import { perOwner, together } from "./together.ts";

/** Rows of one shared query; where there may be more, each asks alone. */
const SHARED = 200;

interface Look { by: string; due: Document; order: Record<string, 1>; most: number; projection?: Document }

/** A function from a value of `by` to its due rows in their order. */
function shared<T extends object>(collection: Collection<T>, { by, due, order, most, projection }: Look): (key: string) => Promise<T[]> {
  const rowsOf = async (keys: string | Document, sort: Sort, limit: number): Promise<T[]> =>
    (await collection.find({ [by]: keys, ...due } as Filter<T>, projection === undefined ? {} : { projection }).sort(sort).limit(limit).toArray()) as T[];
  const alone = async (key: string) => ({ ok: await rowsOf(key, order, most) });
  return together<string, T[]>(async (keys) => {
    if (keys.length === 1) return [await alone(keys[0]!)];
    const rows = await rowsOf({ $in: [...new Set(keys)] }, { [by]: 1, ...order }, SHARED);
    if (rows.length === SHARED) return Promise.all(keys.map(alone));
    return keys.map((key) => ({ ok: rows.filter((row) => (row as Record<string, unknown>)[by] === key).slice(0, most) }));
  });
}

/** How many rows a look answers at most. */
export const DUE_AT_ONCE = { mirror: 50, delivery: 20, events: 50 } as const;

const inLane = (lane: LaneName) => perOwner(({ store }: Core) => shared<Message>(store.messages, {
  by: "conversationId", due: { [`${lane}.dueAt`]: { $exists: true } }, order: { [`${lane}.turn`]: 1 }, most: DUE_AT_ONCE[lane],
}));
const lanes = { mirror: inLane("mirror"), delivery: inLane("delivery") };

/** The next messages of a conversation with something due in a lane, in the lane's order. */
export const dueInLane = (core: Core, lane: LaneName, conversationId: string): Promise<Message[]> => lanes[lane](core)(conversationId);

const held = perOwner(({ store }: Core) => shared<Message>(store.messages, {
  by: "conversationId", due: { "held.at": { $exists: true }, "held.settled": { $exists: false }, kind: "note", deletedAt: { $exists: false } }, order: {}, most: 100, projection: { conversationId: 1 },
}));
/** What waits in a conversation for its author's word, at most 100. */
export const heldLines = (core: Core, conversationId: string): Promise<Pick<Message, "_id">[]> => held(core)(conversationId);

const unhandled = perOwner(({ store }: Core) => shared<StoredDeskEvent>(store.deskEvents, { by: "thread", due: { dueAt: { $exists: true } }, order: { at: 1 }, most: DUE_AT_ONCE.events }));
/** The next unhandled events of a thread by the desk's own time, also those that wait for their next try. */
export const unhandledEvents = (core: Core, thread: DeskThreadId): Promise<StoredDeskEvent[]> => unhandled(core)(thread);

const anyUnhandled = perOwner(({ store }: Core) => shared<StoredDeskEvent>(store.deskEvents, { by: "thread", due: { dueAt: { $exists: true } }, order: { at: 1 }, most: 1, projection: { thread: 1 } }));
/** True while a stored event of the thread is unhandled. */
export const hasUnhandled = async (core: Core, thread: DeskThreadId): Promise<boolean> => (await anyUnhandled(core)(thread)).length > 0;

/** A line of a conversation as far as a reply has to know those before it: many are read for each, so not much of each. */
export type RecentLine = Pick<Message, "_id" | "conversationId" | "kind" | "seq" | "deletedAt" | "createdAt"> & {
  author: Pick<Message["author"], "id">; mirror: Pick<Message["mirror"], "postedAt">; delivery: Pick<Message["delivery"], "state" | "turn">; origin?: Pick<NonNullable<Message["origin"]>, "desk">;
};
export const RECENT_LINE = { conversationId: 1, kind: 1, seq: 1, "author.id": 1, "mirror.postedAt": 1, "origin.desk": 1, "delivery.state": 1, "delivery.turn": 1, deletedAt: 1, createdAt: 1 } as const;

/** Lines of one conversation that a shared query has room for, several times those that are wanted: a few may not be applied yet. */
const ROOM = 60;
const recent = perOwner(({ store }: Core) => {
  const alone = ({ conversationId, after, most }: Newest) => store.messages.find<RecentLine>({ conversationId, seq: { $gt: after } }, { projection: RECENT_LINE }).sort({ seq: -1 }).limit(most).toArray();
  return together<Newest, RecentLine[]>(async (asked) => {
    if (asked.length === 1) return [{ ok: await alone(asked[0]!) }];
    const ranges = asked.map(({ conversationId, after }) => ({ conversationId, seq: { $gt: after } }));
    const found = await store.messages.find<RecentLine>({ $or: ranges }, { projection: RECENT_LINE }).limit(asked.length * ROOM).toArray();
    if (found.length === asked.length * ROOM) return Promise.all(asked.map(async (one) => ({ ok: await alone(one) })));
    found.sort((a, b) => b.seq - a.seq);
    return asked.map(({ conversationId, after, most }) => ({ ok: found.filter((line) => line.conversationId === conversationId && line.seq > after).slice(0, most) }));
  });
});
interface Newest { conversationId: string; after: number; most: number }
/** The newest lines of a conversation above a number, newest first. */
export const newestLines = (core: Core, newest: Newest): Promise<RecentLine[]> => recent(core)(newest);

const holders = perOwner(({ store }: Core) => shared<Conversation>(store.conversations, { by: "openKey", due: {}, order: {}, most: 1 }));
/** The conversation that gets an identity's next line, whatever its status. */
export const holderOf = async (core: Core, identityId: string): Promise<Conversation | null> => (await holders(core)(identityId))[0] ?? null;

const addresses = perOwner<Core, Map<string, (address: string) => Promise<ContactIdentity[]>>>(() => new Map());
/** Who is at an address of an inbox. */
export async function identityOf(core: Core, inboxId: string, address: string): Promise<ContactIdentity | null> {
  const byInbox = addresses(core);
  let look = byInbox.get(inboxId);
  if (look === undefined) { look = shared(core.store.identities, { by: "address", due: { inboxId }, order: {}, most: 1 }); byInbox.set(inboxId, look); }
  return (await look(address))[0] ?? null;
}
