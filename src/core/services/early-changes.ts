/**
 * A customer's edit or deletion may overtake its own message (two webhooks side by side, a poll that starts in the middle). It is kept
 * under its event's key and carried out when the message is there: at once by the process that kept it, by the sweep in any other case.
 */
import type { Core } from "../core.ts";
import type { EarlyChange } from "../store/store.ts";
import { isDuplicateKey } from "../store/store.ts";
import { deleteByContact, editByContact } from "./inbound-changes.ts";
import type { InboundResult } from "./receive-inbound.ts";

/** Telegram keeps what it could not hand over for 24 hours; a message that comes later than that has lost its change. */
const KEPT_MS = 24 * 3_600_000;
/** The first look again, and the longest wait between two. Most of what is kept belongs to messages from before this inbox was connected. */
const LOOK_MS = { first: 2_000, longest: 60_000 };
const BATCH = 500;

/** Sources that this process waits for; the sweep knows them all. */
const expected = new WeakMap<Core, Set<string>>();
const MOST = 10_000;

function expectMessage(core: Core, source: string): void {
  const sources = expected.get(core) ?? new Set();
  expected.set(core, sources);
  sources.add(source);
  if (sources.size > MOST) sources.delete(sources.values().next().value!);
}

const carryOut = (core: Core, { event }: EarlyChange): Promise<InboundResult> => (event.type === "edit" ? editByContact(core, event) : deleteByContact(core, event));

/** Keeps a change whose message is not there. The same event again makes no second one. */
export async function keepEarly(core: Core, source: string, event: EarlyChange["event"]): Promise<InboundResult> {
  const now = core.clock.now();
  const change: EarlyChange = {
    _id: `${event.type}:${event.inboxId}:${event.eventId}`, source, event, keptAt: now,
    lookAt: new Date(now.getTime() + LOOK_MS.first), expiresAt: new Date(now.getTime() + KEPT_MS),
  };
  try {
    await core.store.earlyChanges.insertOne(change);
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    return { outcome: "duplicate" };
  }
  expectMessage(core, source);
  // Stored between our look and this insert, the message did not see the change.
  const message = await core.store.messages.findOne({ source }, { projection: { _id: 1 } });
  if (message !== null) await takeUp(core, source);
  return { outcome: "kept" };
}

/** A message was stored: what overtook it is carried out, if this process kept it. */
export async function afterMessage(core: Core, source: string): Promise<void> {
  if (expected.get(core)?.delete(source) === true) await takeUp(core, source);
}

/** In the customer's own order; each is removed after it was carried out, and carrying it out twice changes nothing. */
async function takeUp(core: Core, source: string): Promise<void> {
  for (const change of await core.store.earlyChanges.find({ source }).sort({ "event.at": 1 }).toArray()) {
    await carryOut(core, change);
    await core.store.earlyChanges.deleteOne({ _id: change._id });
  }
}

/** For the sweep: what another process kept, or this one before a crash. */
export async function sweepEarly(core: Core): Promise<void> {
  const { earlyChanges, messages } = core.store;
  const now = core.clock.now();
  const due = await earlyChanges.find({ lookAt: { $lte: now } }).sort({ lookAt: 1 }).limit(BATCH).toArray();
  if (due.length === 0) return;
  const sources = [...new Set(due.map((change) => change.source))];
  const there = new Set((await messages.find({ source: { $in: sources } }, { projection: { source: 1 } }).toArray()).map((message) => message.source));
  for (const source of there) await takeUp(core, source);
  for (const { _id, source, keptAt } of due) {
    if (there.has(source)) continue;
    const wait = Math.min(Math.max(now.getTime() - keptAt.getTime(), LOOK_MS.first), LOOK_MS.longest);
    await earlyChanges.updateOne({ _id }, { $set: { lookAt: new Date(now.getTime() + wait) } });
  }
}
