/** One switch over all that leaves the house: a restored database starts paused. */
import type { Core } from "../core.ts";
import type { Author } from "../model/types.ts";
import { forgetSettings, isDeliveryPaused } from "./inbox-settings.ts";

async function setPaused(core: Core, paused: boolean, by: Author): Promise<void> {
  await core.store.settings.updateOne({ _id: "delivery" }, { $set: { value: { paused, by: by.name }, at: core.clock.now() } }, { upsert: true });
  forgetSettings(core);
}

export const pauseDelivery = (core: Core, by: Author): Promise<void> => setPaused(core, true, by);

/** Answers how many messages were waiting. */
export async function resumeDelivery(core: Core, by: Author): Promise<{ queued: number }> {
  await setPaused(core, false, by);
  const due = await core.store.messages.find({ "delivery.dueAt": { $exists: true } }, { projection: { conversationId: 1 } }).toArray();
  for (const conversationId of new Set(due.map((m) => m.conversationId))) core.bus.publish({ type: "lane.due", lane: "delivery", conversationId });
  return { queued: due.length };
}

export const deliveryPaused = (core: Core): Promise<boolean> => isDeliveryPaused(core);
