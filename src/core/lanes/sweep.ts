/** Every 2 s (jittered): what is still due is taken up, whatever the bus lost. Each look uses a partial index on due work only. */
import type { Core } from "../core.ts";
import type { LaneName } from "../model/types.ts";
import { drainOutbox } from "../services/apply.ts";
import { forgetSettings } from "../services/inbox-settings.ts";

const BATCH = 500;

/** One look: publishes what is due on the bus. Exported for tests and for the first look at start. */
export async function sweepOnce(core: Core): Promise<void> {
  const now = core.clock.now();
  const { messages, conversations, deskEvents } = core.store;
  forgetSettings(core);
  for (const lane of ["mirror", "delivery"] as const satisfies LaneName[]) {
    const due = await messages.find({ [`${lane}.dueAt`]: { $lte: now } }, { projection: { conversationId: 1 } }).sort({ [`${lane}.dueAt`]: 1 }).limit(BATCH).toArray();
    for (const conversationId of new Set(due.map((m) => m.conversationId))) core.bus.publish({ type: "lane.due", lane, conversationId });
  }
  const cards = await conversations.find({ cardDueAt: { $lte: now } }, { projection: { _id: 1 } }).sort({ cardDueAt: 1 }).limit(BATCH).toArray();
  for (const { _id } of cards) core.bus.publish({ type: "lane.due", lane: "mirror", conversationId: _id });

  const outboxes = await conversations.find({ "outbox.at": { $lte: new Date(now.getTime() - 1_000) } }).limit(BATCH).toArray();
  for (const conversation of outboxes) await drainOutbox(core, conversation);

  const events = await deskEvents.find({ dueAt: { $lte: now } }, { projection: { thread: 1 } }).sort({ dueAt: 1 }).limit(BATCH).toArray();
  for (const thread of new Set(events.map((e) => e.thread))) core.bus.publish({ type: "intake.due", thread });

  const todos = await messages.find({ "todo.dueAt": { $lte: now } }, { projection: { conversationId: 1, todo: 1 } }).limit(BATCH).toArray();
  for (const message of todos) {
    for (const item of message.todo) if (item.parked === undefined && item.dueAt <= now) core.bus.publish({ type: "todo.due", messageId: message._id, conversationId: message.conversationId, for: item.for });
  }
}

/** Answers the function that stops it and waits for the look under way. */
export function startSweep(core: Core): () => Promise<void> {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  const next = () => {
    if (stopped) return;
    timer = setTimeout(() => {
      running = sweepOnce(core)
        .catch((error: unknown) => core.log.error({ err: error }, "The sweep failed; it looks again in a moment."))
        .finally(next);
    }, core.limits.sweepMs * (0.8 + 0.4 * Math.random()));
  };
  next();
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await running;
  };
}
