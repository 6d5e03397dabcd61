/** What was said to programs of the administrator's and what they answered: kept for a week and bounded, to be looked at and sent again. */
import type { Filter } from "mongodb";
import type { Core } from "../core.ts";
import type { CallLog } from "../ports.ts";
import type { LoggedCall, Store } from "../store/store.ts";

/** Tries kept of one call, and calls kept of one inbox. */
const TRIES = 10;
const MOST = 5_000;
/** So many new calls are noted between two looks at how many there are. */
const LOOK_EVERY = 200;

const idOf = (inboxId: string, id: string): string => `${inboxId}/${id}`;
/** The call's own id, under which its receiver knows it. */
export const callId = (call: Pick<LoggedCall, "_id" | "inboxId">): string => call._id.slice(call.inboxId.length + 1);

export function createCallLog(core: Core, most = MOST, lookEvery = LOOK_EVERY): CallLog {
  const { calls } = core.store;
  const since = new Map<string, number>();

  async function forgetOldest(inboxId: string): Promise<void> {
    const [oldest] = await calls.find({ inboxId }, { projection: { at: 1 } }).sort({ at: -1, _id: -1 }).skip(most).limit(1).toArray();
    if (oldest !== undefined) await calls.deleteMany({ inboxId, at: { $lte: oldest.at } });
  }

  return {
    async note({ inboxId, conversationId, id, event, body, at, ms, status, fault }) {
      const { upsertedCount } = await calls.updateOne(
        { _id: idOf(inboxId, id) },
        {
          $setOnInsert: { inboxId, event, at, ...(conversationId === undefined ? {} : { conversationId }), ...(fault === null ? {} : { taken: false }) },
          $set: { body, ...(fault === null ? { taken: true } : {}) },
          $inc: { tries: 1 },
          $push: { attempts: { $each: [{ at, ms, status, fault }], $slice: -TRIES } },
        },
        { upsert: true },
      );
      if (upsertedCount === 0) return;
      const noted = (since.get(inboxId) ?? 0) + 1;
      since.set(inboxId, noted % lookEvery);
      if (noted >= lookEvery) await forgetOldest(inboxId);
    },
  };
}

/** Null when it is not (any more) there. */
export const findCall = (core: Core, inboxId: string, id: string): Promise<LoggedCall | null> => core.store.calls.findOne({ _id: idOf(inboxId, id) });

/** Newest first; `before` is the id of the last one seen. */
export const listCalls = (core: Core, inboxId: string, asked: Asked): Promise<{ calls: LoggedCall[]; more: boolean }> => listLoggedCalls(core.store, inboxId, asked);

interface Asked { before?: string; taken?: boolean; limit: number }
/** As `listCalls`, for commands that have no core. `inboxId`: or a webhook's. */
export async function listLoggedCalls(store: Store, inboxId: string, asked: Asked): Promise<{ calls: LoggedCall[]; more: boolean }> {
  const last = asked.before === undefined ? null : await store.calls.findOne({ _id: idOf(inboxId, asked.before) });
  const filter: Filter<LoggedCall> = {
    inboxId,
    ...(last === null ? {} : { at: { $lte: last.at }, $or: [{ at: { $lt: last.at } }, { _id: { $lt: last._id } }] }),
    ...(asked.taken === undefined ? {} : { taken: asked.taken }),
  };
  const found = await store.calls.find(filter).sort({ at: -1, _id: -1 }).limit(asked.limit + 1).toArray();
  return { calls: found.slice(0, asked.limit), more: found.length > asked.limit };
}
