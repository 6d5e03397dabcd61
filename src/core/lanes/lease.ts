/** The leases on one conversation, one a lane: who may call the vendor, fenced by a token that only rises. */
import type { Filter } from "mongodb";
import type { Core } from "../core.ts";
import type { Conversation, Lease, LeaseName, Message } from "../model/types.ts";
import { changeTogether, updateTogether } from "../store/change-together.ts";
import { perOwner } from "../store/together.ts";

export interface Held {
  conversation: Conversation; lane: LeaseName; token: number; until: Date;
  /** Nobody else held the lane since this process last did: what was read just before taking it still stands. */
  undisturbed: boolean;
  /** It was given back with another write. */
  released?: boolean;
}

/** The last token that this process had, per lane: tells whether somebody else had it in between. */
const lastTokens = perOwner<Core, Map<string, number>>(() => new Map());
function rememberToken(core: Core, key: string, token: number): number | undefined {
  const map = lastTokens(core);
  const before = map.get(key);
  map.delete(key);
  map.set(key, token);
  if (map.size > 50_000) map.delete(map.keys().next().value!);
  return before;
}

/**
 * Takes the lane if nobody else holds it, names `head` as the message whose vendor call comes next, and answers the conversation.
 * Null: another process works on it. A head that a dead holder left is stamped with our token and given to `onOrphan`;
 * its call is over by then, since calls start with 15 s of lease left and end within 10 s.
 */
export async function acquire(core: Core, lane: LeaseName, conversationId: string, head?: string, onOrphan: (message: Message) => Promise<void> = async () => undefined): Promise<Held | null> {
  const now = core.clock.now();
  const until = new Date(now.getTime() + core.limits.leaseMs);
  return (await acquireGivenBack(core, lane, conversationId, until, head)) ?? acquireLeft(core, lane, conversationId, { now, until }, head, onOrphan);
}

const taking = (core: Core, path: string, until: Date, head: string | undefined) =>
  ({ $set: { [`${path}.holder`]: core.holder, [`${path}.until`]: until, ...(head === undefined ? {} : { [`${path}.head`]: head }) }, $inc: { [`${path}.token`]: 1 } });

/** Nearly always the last holder gave the lane back, so that nothing of what was there before matters. */
async function acquireGivenBack(core: Core, lane: LeaseName, conversationId: string, until: Date, head: string | undefined): Promise<Held | null> {
  const { conversations } = core.store;
  const path = `lanes.${lane}`;
  const conversation = await changeTogether<Conversation>(core.store, conversations, { _id: conversationId, [`${path}.until`]: { $exists: false }, [`${path}.head`]: { $exists: false } }, taking(core, path, until, head));
  const lease = conversation?.lanes[lane];
  // Who took it since did so after our lease was over.
  if (conversation === null || lease === undefined || lease.holder !== core.holder || lease.until?.getTime() !== until.getTime()) return null;
  const mine = rememberToken(core, `${lane}:${conversationId}`, lease.token);
  return { conversation, lane, token: lease.token, until, undisturbed: lease.token === 1 || mine === lease.token - 1 };
}

/** A lane that a dead holder left, or that somebody holds. */
async function acquireLeft(core: Core, lane: LeaseName, conversationId: string, { now, until }: { now: Date; until: Date }, head: string | undefined, onOrphan: (message: Message) => Promise<void>): Promise<Held | null> {
  const path = `lanes.${lane}`;
  const before = await core.store.conversations.findOneAndUpdate(
    { _id: conversationId, $or: [{ [`${path}.until`]: { $exists: false } }, { [`${path}.until`]: { $lt: now } }] },
    taking(core, path, until, head),
    { returnDocument: "before" },
  );
  if (before === null) return null;
  const left = before.lanes[lane];
  const token = (left?.token ?? 0) + 1;
  const lease: Lease = { holder: core.holder, token, until, ...(head === undefined ? {} : { head }) };
  const mine = rememberToken(core, `${lane}:${conversationId}`, token);
  const undisturbed = left === undefined || (mine === left.token && left.head === undefined);
  const held: Held = { conversation: { ...before, lanes: { ...before.lanes, [lane]: lease } }, lane, token, until, undisturbed };
  if (left?.head !== undefined) {
    const orphan = await core.store.messages.findOneAndUpdate(
      { _id: left.head, [`${lane}.token`]: { $lte: token } },
      { $set: { [`${lane}.token`]: token } },
      { returnDocument: "after" },
    );
    if (orphan !== null) await onOrphan(orphan);
  }
  return held;
}

/** Before a call that may be repeated without harm: only the lease has to last. False: it is lost. */
export const stillHeld = (core: Core, held: Held): boolean => held.until.getTime() - core.clock.now().getTime() > core.limits.leaseMs / 2;

/** Before a vendor call: names the head, if the conversation is still as `expect` says; renews when less than two thirds of the lease are left. False: the lease is lost, stop at once. */
export async function nameHead(core: Core, held: Held, head: string, expect: Filter<Conversation> = {}): Promise<boolean> {
  const now = core.clock.now();
  const path = `lanes.${held.lane}`;
  const needed = new Date(now.getTime() + core.limits.leaseMs / 2);
  const named = held.conversation.lanes[held.lane]?.head === head;
  if (named && held.until.getTime() - now.getTime() > (core.limits.leaseMs * 2) / 3) return true;
  const until = new Date(now.getTime() + core.limits.leaseMs);
  const { modifiedCount } = await updateTogether<Conversation>(core.store, core.store.conversations,
    { ...expect, _id: held.conversation._id, [`${path}.token`]: held.token, [`${path}.until`]: { $gt: needed } },
    { $set: { [`${path}.head`]: head, [`${path}.until`]: until } },
  );
  if (modifiedCount === 0) return false;
  held.until = until;
  held.conversation.lanes[held.lane] = { holder: core.holder, token: held.token, until, head };
  return true;
}

/** What gives the lane back within another update of its conversation, which must be conditional on `lanes.<lane>.token`. */
export const releasing = (lane: LeaseName): Record<string, ""> => ({ [`lanes.${lane}.until`]: "", [`lanes.${lane}.head`]: "" });

/** Gives the lane back. `broken`: the work ended unexpectedly, so what became of the head is as unknown as after a crash. */
export async function release(core: Core, held: Held, broken = false): Promise<void> {
  const path = `lanes.${held.lane}`;
  await updateTogether<Conversation>(core.store, core.store.conversations,
    { _id: held.conversation._id, [`${path}.token`]: held.token },
    { $unset: { [`${path}.until`]: "", ...(broken ? {} : { [`${path}.head`]: "" }) } },
  );
}
