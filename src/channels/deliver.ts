/** The delivery lane of one conversation: what the customer gets, in order, once. */
import type { Filter } from "mongodb";
import type { Core } from "../core/core.ts";
import { DeliveryError } from "../core/errors.ts";
import { callWithin } from "../core/lanes/call.ts";
import { acquire, nameHead, release } from "../core/lanes/lease.ts";
import type { Held } from "../core/lanes/lease.ts";
import type { Runner } from "../core/lanes/runner.ts";
import type { DeliveryPart, Message } from "../core/model/types.ts";
import { retryDelayMs } from "../core/model/retry.ts";
import { canMove, isOwnStore, isRepeatable, isThreading } from "../core/ports.ts";
import type { ChannelAdapter, ChannelAddress, Part, PartReceipt } from "../core/ports.ts";
import { megabytes } from "../core/services/abilities.ts";
import { isPending } from "../core/services/desk-files.ts";
import { isDeliveryPaused, silentSince } from "../core/services/inbox-settings.ts";
import { applyUpTo } from "../core/services/apply.ts";
import { placeForReply } from "../core/services/place.ts";
import { setReachable } from "../core/services/reachable.ts";
import { arrivedAs, recordReplySent } from "../core/services/record-delivery.ts";
import { addressOf } from "../core/store/identities.ts";
import { changeTogether, updateTogether } from "../core/store/change-together.ts";
import { dueInLane, hasUnhandled } from "../core/store/look-together.ts";
import { updateInFeed } from "../core/store/messages.ts";
import { carryOutChange } from "./deliver-changes.ts";
import { outboundOf } from "./outbound.ts";

const EVENT_WAIT_MS = 300;
/** How often it is looked whether a silent desk is heard again. */
const SILENT_LOOK_MS = 1_000;

export interface Delivery { core: Core; runner: () => Runner }

/** Works off what is due. Returns when nothing is, or when the head has to wait (the runner is kicked for then). */
export async function deliverConversation(d: Delivery, conversationId: string): Promise<void> {
  const { core } = d;
  const seen = await nextDue(core, conversationId);
  if (seen.head === undefined || await waits(d, conversationId, seen.head)) return;
  const [held, overtaken] = await Promise.all([acquire(core, "delivery", conversationId, seen.head._id, (orphan) => settleOrphan(core, orphan)), isOvertaken(core, seen.head)]);
  if (held === null) return d.runner().kickAt(conversationId, core.limits.sweepMs);
  let released = false;
  try {
    let due = held.undisturbed ? seen : await nextDue(core, conversationId);
    let ready = held.undisturbed && !overtaken;
    while (due.head !== undefined && (ready || !(await waits(d, conversationId, due.head) || await waitsForEvents(d, conversationId, due.head)))) {
      const message = due.head;
      if (held.conversation.appliedSeq < message.seq) {
        const applied = await applyUpTo(core, conversationId, message.seq);
        if (applied === null || applied.appliedSeq < message.seq) return;
        held.conversation = { ...applied, lanes: held.conversation.lanes };
      }
      const outcome = await deliverOne(d, held, message, !due.more);
      released = outcome === "released";
      // What comes meanwhile kicks this lane again, so the last one needs no further look.
      if (released || outcome === "stop" || (outcome === "done" && !due.more)) return;
      due = await nextDue(core, conversationId);
      ready = false;
    }
  } finally {
    if (!released) await release(core, held);
  }
}

/** "released": done, and the lane was given back with it. "again": the message was not as we saw it. "stop": the lease is lost. */
type Outcome = "done" | "released" | "again" | "stop";

async function nextDue(core: Core, conversationId: string): Promise<{ head: Message | undefined; more: boolean }> {
  const due = await dueInLane(core, "delivery", conversationId);
  // Edits, deletions and reactions of what the customer has already don't wait behind the head of the lane.
  const now = core.clock.now();
  const head = due.find((m) => m.delivery.state !== "queued" && m.delivery.dueAt! <= now) ?? due.find((m) => m.delivery.state === "queued") ?? due[0];
  return { head, more: due.length > 1 };
}

/** True when the head can't go now; the runner comes back when it may. */
async function waits(d: Delivery, conversationId: string, head: Message): Promise<boolean> {
  const { core } = d;
  const inMs = head.delivery.dueAt!.getTime() - core.clock.now().getTime();
  if (inMs > 0) {
    d.runner().kickAt(conversationId, inMs);
    if (head.delivery.tries > 0) await showWaiting(core, conversationId);
    return true;
  }
  // brought over beside the lane, which is kicked then
  if (head.delivery.state === "queued" && isPending(head)) { await showWaiting(core, conversationId); return true; }
  if ((await isDeliveryPaused(core)) || !core.channels.has(head.inboxId)) { await showWaiting(core, conversationId); return true; }
  if (await deskIsSilent(core, head) && -inMs < core.limits.streamWaitMs) {
    d.runner().kickAt(conversationId, SILENT_LOOK_MS);
    return true;
  }
  return false;
}

/** A deletion or edit that has reached us always wins: the thread's stored events are handled first. */
const isOvertaken = async (core: Core, { origin }: Message): Promise<boolean> => origin !== undefined && hasUnhandled(core, origin.thread);
async function waitsForEvents(d: Delivery, conversationId: string, head: Message): Promise<boolean> {
  const overtaken = await isOvertaken(d.core, head);
  if (overtaken) d.runner().kickAt(conversationId, EVENT_WAIT_MS);
  return overtaken;
}

/** Whether the desk on which this was written can't tell us now of its edit or deletion. */
const deskIsSilent = async (core: Core, message: Message): Promise<boolean> => message.origin !== undefined && (await silentSince(core, message.origin.desk)) !== null;

/** What waits longer than its window is seen to wait. */
async function showWaiting(core: Core, conversationId: string): Promise<void> {
  const { modifiedCount } = await core.store.messages.updateMany(
    { conversationId, "delivery.dueAt": { $exists: true }, "delivery.state": "queued", "mirror.receipt": { $exists: false }, "mirror.dueAt": { $exists: false } },
    { $set: { "mirror.dueAt": core.clock.now() } },
  );
  if (modifiedCount > 0) core.bus.publish({ type: "lane.due", lane: "mirror", conversationId });
}

/** `last`: nothing else was due, so the lane may be given back in the same write as the clocks. */
async function deliverOne(d: Delivery, held: Held, message: Message, last: boolean): Promise<Outcome> {
  const { core } = d;
  const adapter = core.channels.get(message.inboxId)!;
  const to = await addressOf(core.store, message.identityId, canMove(adapter));
  if (to === null) { await fail(core, held, message, new DeliveryError("CONTACT_GONE", "This customer's address is gone.", { certain: true, permanent: true })); return "done"; }
  if (message.delivery.state === "sending") { await settleOrphan(core, { ...message, delivery: { ...message.delivery, token: held.token } }); return "again"; }
  if (message.delivery.state !== "queued") return (await carryOutChange(core, held, adapter, to, message)) ? "again" : "stop";
  return sendParts(d, held, adapter, to, message, last);
}

async function sendParts(d: Delivery, held: Held, adapter: ChannelAdapter, to: ChannelAddress, queued: Message, last: boolean): Promise<Outcome> {
  const { core } = d;
  if (queued.deletedAt !== undefined) { await dropDeleted(core, held, queued); return "again"; }
  const begun = queued.delivery.parts.some((part) => part.state === "sent");
  const missing = begun ? undefined : queued.files.find((file) => file.state === "missing");
  if (missing !== undefined) {
    const text = `${missing.name} could not be taken over: ${missing.why ?? "the desk does not hand it out"}. Nothing was sent; write it again, or without the file.`;
    await fail(core, held, queued, new DeliveryError("FILE_MISSING", text, { certain: true, permanent: true }));
    return "again";
  }
  const most = adapter.capabilities.files.is;
  const large = begun ? undefined : queued.files.find((file) => file.bytes > most);
  if (large !== undefined) {
    const text = `This channel takes files up to ${megabytes(most)}; ${large.name} has ${Math.ceil(large.bytes / 1_000_000)} MB. Nothing was sent; send a link instead.`;
    await fail(core, held, queued, new DeliveryError("TOO_LARGE", text, { certain: true, permanent: true }));
    return "again";
  }
  const place = isThreading(adapter) ? { place: await placeForReply(core, queued, adapter.capabilities.recipients.is) } : {};
  const plan = adapter.plan({ ...outboundOf(queued), ...place });
  const first = plan.findIndex((_, i) => queued.delivery.parts[i]?.state !== "sent");
  const parts: DeliveryPart[] = plan.map((part, i) => queued.delivery.parts[i] ?? { key: `${queued._id}:${part.index}`, state: "queued" });
  // What an edit made superfluous is at the customer all the same; the change that follows takes it back.
  parts.push(...queued.delivery.parts.slice(plan.length).filter((part) => part.state === "sent"));
  if (first >= 0) parts[first] = { key: parts[first]!.key, state: "sending" };
  if (!(await nameHead(core, held, queued._id))) return "stop";
  const message = await claim(core, held, queued, parts);
  if (message === null) return "again";
  for (let i = first; i >= 0 && i < plan.length; i++) {
    if (parts[i]!.state === "sent") continue;
    if (i > first) {
      if (!(await nameHead(core, held, message._id))) return "stop";
      if (!(await setPart(core, held, message, i, { key: parts[i]!.key, state: "sending" }))) return "stop";
    }
    try {
      const receipt = await callVendor(core, adapter, to, plan[i]!, parts[i]!.key);
      parts[i] = { key: parts[i]!.key, state: "sent", vendorId: receipt.vendorId };
      if (i < plan.length - 1 && !(await setPart(core, held, message, i, parts[i]!))) return "stop";
    } catch (error) {
      const arrived = await arrivedAs(core, message._id, i, error);
      if (arrived !== undefined) {
        parts[i] = { key: parts[i]!.key, state: "sent", vendorId: arrived };
        if (i < plan.length - 1 && !(await setPart(core, held, message, i, parts[i]!))) return "stop";
        continue;
      }
      await sendFailed(d, held, adapter, message, i, parts, error);
      return "again";
    }
  }
  return finish(core, held, message, parts, last);
}

/** Its author deleted it before it was whole: what has not left stays here, what has is taken back as a change. */
async function dropDeleted(core: Core, held: Held, message: Message): Promise<void> {
  const begun = message.delivery.parts.some((part) => part.state === "sent");
  await core.store.messages.updateOne(
    { _id: message._id, "delivery.state": "queued", "delivery.token": { $lte: held.token } },
    { $set: { "delivery.state": begun ? "sent" : "cancelled", "delivery.token": held.token, "mirror.dueAt": core.clock.now() }, ...(begun ? {} : { $unset: { "delivery.dueAt": "" } }) },
  );
  core.bus.publish({ type: "lane.due", lane: "mirror", conversationId: message.conversationId });
}

/** Cancel and claim are conditional on `queued`: one wins. The line becomes visible to the customer here, so it is stamped. */
async function claim(core: Core, held: Held, message: Message, parts: DeliveryPart[]): Promise<Message | null> {
  const now = core.clock.now();
  // Parts that went out before an edit keep the revision they were made from, so that the edit reaches them afterwards.
  const begun = message.delivery.parts.some((part) => part.state === "sent");
  const late = now.getTime() - message.delivery.dueAt!.getTime() > core.limits.lateMs;
  const blind = message.delivery.since === undefined && (await deskIsSilent(core, message));
  const filter = { "delivery.state": "queued" as const, "delivery.token": { $lte: held.token }, rev: message.rev, deletedAt: { $exists: false } };
  const set = { "delivery.state": "sending" as const, "delivery.token": held.token, "delivery.parts": parts, ...(begun ? {} : { "delivery.rev": message.rev }), ...(message.delivery.since === undefined ? { "delivery.since": now, ...(late ? { "delivery.late": true } : {}), ...(blind ? { "delivery.blind": true } : {}) } : {}) };
  return message.feedLast === undefined
    ? updateInFeed(core, message, filter, { $set: set })
    : changeTogether<Message>(core.store, core.store.messages, { _id: message._id, ...filter }, { $set: set });
}

const callVendor = (core: Core, adapter: ChannelAdapter, to: ChannelAddress, part: Part, key: string): Promise<PartReceipt> =>
  callWithin(core.limits.vendorCallMs, (signal) => adapter.sendPart(to, part, key, signal), () => new DeliveryError("TIMEOUT", "The channel did not answer in time.", { certain: false }));

const setPart = async (core: Core, held: Held, message: Message, index: number, part: DeliveryPart): Promise<boolean> =>
  (await updateTogether<Message>(core.store, core.store.messages, { _id: message._id, "delivery.token": held.token }, { $set: { [`delivery.parts.${index}`]: part } })).matchedCount > 0;

/** "again": a later revision is still due. */
async function finish(core: Core, held: Held, message: Message, parts: DeliveryPart[], last: boolean): Promise<Outcome> {
  const now = core.clock.now();
  const whole = message.rev === message.delivery.rev;
  const mine = { _id: message._id, "delivery.token": held.token };
  const done = { "delivery.parts": parts, "delivery.tries": 0, "delivery.sentAt": now, "mirror.dueAt": now };
  const { matchedCount } = await updateTogether<Message>(core.store, core.store.messages, { ...mine, "delivery.state": "sending", rev: message.rev }, { $set: { ...done, "delivery.state": "sent" }, $unset: { ...(whole ? { "delivery.dueAt": "" } : {}), "delivery.error": "" } });
  // A receipt that was faster than our own note of "sent", or an edit while it was sending (which stays due).
  if (matchedCount === 0) {
    await core.store.messages.updateOne({ ...mine, "delivery.state": "sending" }, { $set: { ...done, "delivery.state": "sent" } });
    await core.store.messages.updateOne({ ...mine, "delivery.state": { $in: ["delivered", "read"] } }, { $set: done });
    if (whole) await core.store.messages.updateOne({ ...mine, "delivery.state": { $in: ["delivered", "read"] }, rev: message.rev }, { $unset: { "delivery.dueAt": "" } });
  }
  // Only then is the lane given back: whoever took it before would find a message that is still being sent, and call its outcome unknown.
  const released = await recordReplySent(core, message, now, { conversation: held.conversation, ...(last && whole ? { release: held.token } : {}) });
  core.bus.publish({ type: "lane.due", lane: "mirror", conversationId: message.conversationId });
  return released ? "released" : whole ? "done" : "again";
}

/** Takes a message out of the lane; an edit or deletion that came while it was sending stays due. */
async function settle(core: Core, message: Message, filter: Filter<Message>, set: Record<string, unknown>): Promise<void> {
  const still = { _id: message._id, ...filter };
  const { matchedCount } = await core.store.messages.updateOne({ ...still, rev: message.delivery.rev }, { $set: set, $unset: { "delivery.dueAt": "" } });
  if (matchedCount === 0) await core.store.messages.updateOne(still, { $set: set });
}

async function sendFailed(d: Delivery, held: Held, adapter: ChannelAdapter, message: Message, index: number, parts: DeliveryPart[], thrown: unknown): Promise<void> {
  const { core } = d;
  const error = thrown instanceof DeliveryError ? thrown : new DeliveryError("UNREACHABLE", "Sending failed in an unexpected way.", { certain: false, cause: thrown });
  if (!(thrown instanceof DeliveryError)) core.log.error({ err: thrown, messageId: message._id }, "A channel threw something unexpected.");
  if (!error.o.certain && !isOwnStore(adapter) && !isRepeatable(adapter)) {
    parts[index] = { key: parts[index]!.key, state: "unknown" };
    return becomeUnknown(core, message, held.token, parts, { code: error.code, text: error.tellAgent });
  }
  parts[index] = { key: parts[index]!.key, state: "queued" };
  const givenUp = core.clock.now().getTime() - (message.delivery.since ?? core.clock.now()).getTime() > core.limits.giveUpAfterMs;
  if (error.o.permanent === true || givenUp) return fail(core, held, message, error, parts);
  const tries = message.delivery.tries + 1;
  const dueAt = new Date(core.clock.now().getTime() + (error.code === "RATE_LIMITED" && error.o.retryAfterMs !== undefined ? error.o.retryAfterMs : retryDelayMs(tries, error.o.retryAfterMs)));
  await core.store.messages.updateOne(
    { _id: message._id, "delivery.token": held.token, "delivery.state": "sending" },
    { $set: { "delivery.state": "queued", "delivery.parts": parts, "delivery.dueAt": dueAt, "delivery.tries": error.code === "RATE_LIMITED" ? message.delivery.tries : tries, "delivery.error": { code: error.code, text: error.tellAgent } } },
  );
}

async function fail(core: Core, held: Held, message: Message, error: DeliveryError, parts = message.delivery.parts): Promise<void> {
  const now = core.clock.now();
  await settle(core, { ...message, delivery: { ...message.delivery, rev: message.rev } }, { "delivery.token": { $lte: held.token }, "delivery.state": { $in: ["queued", "sending"] } }, {
    "delivery.state": "failed", "delivery.token": held.token, "delivery.parts": parts, "delivery.error": { code: error.code, text: error.tellAgent }, "mirror.dueAt": now,
  });
  if (error.code === "BLOCKED_BY_CONTACT" || error.code === "CONTACT_GONE") {
    await setReachable(core, { _id: message.identityId }, error.code);
  }
  core.bus.publish({ type: "lane.due", lane: "mirror", conversationId: message.conversationId });
}

async function becomeUnknown(core: Core, message: Message, token: number, parts: DeliveryPart[], error: { code: string; text: string }): Promise<void> {
  await settle(core, message, { "delivery.token": { $lte: token }, "delivery.state": "sending" }, {
    "delivery.state": "unknown", "delivery.token": token, "delivery.parts": parts, "delivery.error": error, "mirror.dueAt": core.clock.now(),
  });
  core.log.warn({ messageId: message._id, code: error.code }, "A reply's outcome is unknown; an agent is asked.");
  core.bus.publish({ type: "lane.due", lane: "mirror", conversationId: message.conversationId });
}

/**
 * What a dead holder left in `sending`: parts not begun are certain; one that was begun is uncertain, unless the store is our own,
 * where the stamp of the claim was the whole effect and the part's key is its id, or a repeat does no harm.
 */
async function settleOrphan(core: Core, message: Message): Promise<void> {
  if (message.delivery.state !== "sending") return;
  const adapter = core.channels.get(message.inboxId);
  const own = adapter !== undefined && isOwnStore(adapter);
  const repeats = adapter !== undefined && isRepeatable(adapter);
  const heard = message.delivery.heard ?? {};
  const arrived = (i: number): string | undefined => (heard[i]?.state === "failed" ? undefined : heard[i]?.vendorId);
  if (!own && !repeats && message.delivery.parts.some((part, i) => part.state === "sending" && arrived(i) === undefined)) {
    const parts = message.delivery.parts.map((part) => (part.state === "sending" ? { key: part.key, state: "unknown" as const } : part));
    await becomeUnknown(core, message, message.delivery.token, parts, { code: "INTERRUPTED", text: "Threadline stopped while this was being sent; it may or may not have arrived." });
    return;
  }
  const parts = message.delivery.parts.map((part, i): DeliveryPart => (part.state !== "sending" ? part : own || arrived(i) !== undefined ? { key: part.key, state: "sent", vendorId: arrived(i) ?? part.key } : { key: part.key, state: "queued" }));
  const now = core.clock.now();
  const mine = { "delivery.state": "sending" as const, "delivery.token": { $lte: message.delivery.token } };
  if (parts.length > 0 && parts.every((part) => part.state === "sent")) {
    await settle(core, message, mine, { "delivery.state": "sent", "delivery.parts": parts, "delivery.sentAt": now, "mirror.dueAt": now });
    await recordReplySent(core, message, now);
    core.bus.publish({ type: "lane.due", lane: "mirror", conversationId: message.conversationId });
  } else await core.store.messages.updateOne({ _id: message._id, ...mine }, { $set: { "delivery.state": "queued", "delivery.parts": parts, "delivery.dueAt": now } });
}
