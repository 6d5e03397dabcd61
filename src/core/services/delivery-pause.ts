/** One switch over all that leaves the house: a restored database starts paused. */
import type { Core } from "../core.ts";
import type { Author } from "../model/types.ts";
import { forgetSettings, isDeliveryPaused } from "./inbox-settings.ts";

async function setPaused(core: Core, paused: boolean, by: Author): Promise<void> {
  await core.store.settings.updateOne({ _id: "delivery" }, { $set: { value: { paused, by: by.name }, at: core.clock.now() } }, { upsert: true });
  forgetSettings(core);
}

export const pauseDelivery = (core: Core, by: Author): Promise<void> => setPaused(core, true, by);

/** Lanes that begin at once; the sweep takes the rest, page by page. */
const AT_ONCE = 200;

/** Answers how many messages were waiting. */
export async function resumeDelivery(core: Core, by: Author): Promise<{ queued: number }> {
  await setPaused(core, false, by);
  const due = { "delivery.dueAt": { $exists: true } };
  const [queued, first] = await Promise.all([
    core.store.messages.countDocuments(due),
    core.store.messages.find(due, { projection: { conversationId: 1 } }).sort({ "delivery.dueAt": 1 }).limit(AT_ONCE).toArray(),
  ]);
  for (const conversationId of new Set(first.map((m) => m.conversationId))) core.bus.publish({ type: "lane.due", lane: "delivery", conversationId });
  return { queued };
}

export const deliveryPaused = (core: Core): Promise<boolean> => isDeliveryPaused(core);
