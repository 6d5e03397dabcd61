/** Messages: the insert that is the truth, and the stamps of a customer's feed. */
import type { Filter, UpdateFilter } from "mongodb";
import type { Core } from "../core.ts";
import type { Message } from "../model/types.ts";
import { changeTogether } from "./change-together.ts";
import { inserting, writeInOrder } from "./in-order.ts";
import type { Step } from "./in-order.ts";
import { insertTogether } from "./insert.ts";
import { isDuplicateKey } from "./store.ts";
import type { Store } from "./store.ts";
import { perOwner } from "./together.ts";
import { withWatches } from "./watch.ts";

/** Highest number seen per key; a stale one costs a retry, never a gap (see `appendMessage`). */
class Hints {
  private readonly numbers = new Map<string, number>();
  get = (key: string) => this.numbers.get(key);
  set(key: string, n: number) {
    this.numbers.delete(key);
    this.numbers.set(key, n);
    if (this.numbers.size > 20_000) this.numbers.delete(this.numbers.keys().next().value!);
  }
}
const seqHints = perOwner<Store, Hints>(() => new Hints());
const feedHints = perOwner<Store, Hints>(() => new Hints());
const insertMessage = perOwner((store: Store) => insertTogether(store.messages));

/**
 * Writers of one customer queue up inside a process, so that they don't race each other for the same number.
 * Right without it: between processes the unique indexes decide.
 */
const queues = perOwner<Store, Map<string, Promise<unknown>>>(() => new Map());
async function inTurn<T>(store: Store, identityId: string, work: () => Promise<T>): Promise<T> {
  const map = queues(store);
  const before = map.get(identityId);
  const mine = before === undefined ? work() : before.then(work, work);
  map.set(identityId, mine);
  try {
    return await mine;
  } finally {
    if (map.get(identityId) === mine) map.delete(identityId);
  }
}

const lastSeq = async (store: Store, conversationId: string): Promise<number> =>
  (await store.messages.find({ conversationId }, { projection: { seq: 1 } }).sort({ seq: -1 }).limit(1).next())?.seq ?? 0;
const lastStamp = async (store: Store, identityId: string): Promise<number> =>
  (await store.messages.find({ identityId, feedLast: { $exists: true } }, { projection: { feedLast: 1 } }).sort({ feedLast: -1 }).limit(1).next())?.feedLast ?? 0;

export type NewMessage = Omit<Message, "seq" | "feedSeqs" | "feedFirst" | "feedLast">;
export type Seqed = (seq: number) => NewMessage;
/** What goes along with the insert, and takes effect only if that does. */
export type Following = (message: Message) => Promise<Step[]>;

/**
 * Inserts at last + 1, so that nothing exists before its predecessor; a repeat of the same `source` answers the first one.
 * `make` gets the seq because lanes take it as their turn. `knownSeq` is any seq known to exist (0 for none).
 */
export const appendMessage = (store: Store, conversationId: string, identityId: string, knownSeq: number, make: Seqed, inFeed: boolean, following?: Following): Promise<Appended> =>
  inTurn(store, identityId, () => insertNext(store, conversationId, identityId, knownSeq, make, inFeed, following));

export interface Appended {
  message: Message; duplicate: boolean;
  /** Documents that each step of `following` came upon. */
  followed: number[];
}
async function insertNext(store: Store, conversationId: string, identityId: string, knownSeq: number, make: Seqed, inFeed: boolean, following: Following = async () => []): Promise<Appended> {
  const seqs = seqHints(store);
  const stamps = feedHints(store);
  let seq = Math.max(knownSeq, seqs.get(conversationId) ?? 0) + 1;
  let stamp = inFeed ? (stamps.get(identityId) ?? (await lastStamp(store, identityId))) + 1 : 0;
  for (;;) {
    const draft = make(seq);
    const message = withWatches(store, { ...draft, seq, ...(inFeed ? { feedSeqs: [stamp], feedFirst: stamp, feedLast: stamp } : {}) });
    try {
      const steps = await following(message);
      const followed = steps.length === 0 ? [] : (await writeInOrder(store, [inserting(store.messages, message), ...steps])).slice(1);
      if (steps.length === 0) await insertMessage(store)(message);
      seqs.set(conversationId, seq);
      if (inFeed) stamps.set(identityId, stamp);
      return { message, duplicate: false, followed };
    } catch (error) {
      if (isDuplicateKey(error, "source") || isDuplicateKey(error, "_id")) {
        const first = await store.messages.findOne(isDuplicateKey(error, "source") ? { source: draft.source } : { _id: draft._id });
        if (first !== null) return { message: first, duplicate: true, followed: [] };
      } else if (isDuplicateKey(error, "seq")) seq = (await lastSeq(store, conversationId)) + 1;
      else if (isDuplicateKey(error, "feedSeqs")) stamp = (await lastStamp(store, identityId)) + 1;
      else throw error;
    }
  }
}

/**
 * One conditional update that the customer can see, so it is stamped anew in their feed.
 * Answers the message after it, or null when `filter` did not hold.
 */
export const updateInFeed = (core: Core, message: Pick<Message, "_id" | "identityId">, filter: Filter<Message>, update: UpdateFilter<Message>): Promise<Message | null> =>
  inTurn(core.store, message.identityId, () => stampAndUpdate(core, message, filter, update));

async function stampAndUpdate(core: Core, message: Pick<Message, "_id" | "identityId">, filter: Filter<Message>, update: UpdateFilter<Message>): Promise<Message | null> {
  const { store } = core;
  const stamps = feedHints(store);
  let stamp = (stamps.get(message.identityId) ?? (await lastStamp(store, message.identityId))) + 1;
  for (;;) {
    try {
      const after = await changeTogether<Message>(store, store.messages,
        // The unique index does not compare a message with itself: its own stamps must rise too.
        { _id: message._id, $and: [filter, { $or: [{ feedLast: { $exists: false } }, { feedLast: { $lt: stamp } }] }] },
        {
          ...update,
          $set: { ...update.$set, feedLast: stamp },
          $push: { ...update.$push, feedSeqs: stamp },
          $min: { feedFirst: stamp },
        } as UpdateFilter<Message>,
      );
      if (after !== null) {
        stamps.set(message.identityId, stamp);
        core.bus.publish({ type: "feed.changed", identityId: message.identityId });
        return after;
      }
      const newest = await lastStamp(store, message.identityId);
      if (newest < stamp) return null;
      stamp = newest + 1;
    } catch (error) {
      if (!isDuplicateKey(error, "feedSeqs")) throw error;
      stamp = (await lastStamp(store, message.identityId)) + 1;
    }
  }
}
