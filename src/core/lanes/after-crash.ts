/** What a process that died on this store held: freed at once where nobody else can hold anything. */
import type { DeskThreadId } from "../model/types.ts";
import type { Store } from "../store/store.ts";

const OVER = new Date(0);

/**
 * Only at the start on a store that this process alone uses (the embedded one): whoever holds a lease there is dead, and waiting for
 * its end would keep customers waiting. Heads stay named, so that what a dead call left uncertain is settled as ever.
 */
export async function freeLeases(store: Store): Promise<void> {
  const { messages, conversations, deskEvents, threads, leases } = store;
  await leases.updateMany({ until: { $gt: OVER } }, { $set: { until: OVER } });
  for (const lane of ["mirror", "delivery"] as const) {
    const due = new Set<string>();
    for await (const message of messages.find({ [`${lane}.dueAt`]: { $exists: true } }, { projection: { conversationId: 1 } })) due.add(message.conversationId);
    if (lane === "mirror") for await (const { _id } of conversations.find({ $or: [{ cardDueAt: { $exists: true } }, { moveDueAt: { $exists: true } }] }, { projection: { _id: 1 } })) due.add(_id);
    await conversations.updateMany({ _id: { $in: [...due] }, [`lanes.${lane}.until`]: { $exists: true } }, { $set: { [`lanes.${lane}.until`]: OVER } });
  }
  const waiting = new Set<DeskThreadId>();
  for await (const event of deskEvents.find({ dueAt: { $exists: true } }, { projection: { thread: 1 } })) waiting.add(event.thread);
  const handled = await threads.find({ _id: { $in: [...waiting] } }, { projection: { conversationId: 1 } }).toArray();
  await conversations.updateMany({ _id: { $in: handled.map((thread) => thread.conversationId) }, "lanes.intake.until": { $exists: true } }, { $set: { "lanes.intake.until": OVER } });
}
