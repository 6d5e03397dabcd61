/** Every 2 s (jittered): what is still due is taken up, whatever the bus lost. Each look uses a partial index on due work only. */
import type { Collection, Document, Filter } from "mongodb";
import type { Core } from "../core.ts";
import type { LaneName } from "../model/types.ts";
import { canMark } from "../ports.ts";
import { drainOutbox } from "../services/apply.ts";
import { sweepEarly } from "../services/early-changes.ts";
import { sweepErasures } from "../services/erase-contact.ts";
import { sweepImports } from "../services/import-job.ts";
import { sweepMerges } from "../services/merge-steps.ts";
import { refreshSettings } from "../services/inbox-settings.ts";
import { sweepTellings } from "../services/tellings.ts";
import { sweepWebhooks } from "../services/webhooks.ts";

const BATCH = 500;

/** Conversations of which one look tells what their timeline does not tell yet; so many are a crowd. */
const OUTBOXES = 50;

/** Pages of one kind in one look. */
const PAGES = 4;
/** Where the next look goes on, per kind, while more is due than one look takes: what can't go now must not hide what can. */
const cursors = new WeakMap<Core, Map<string, Date>>();

/** Hands every due document to `take`, oldest first, page by page; the look after a full one goes on where it ended. */
async function eachDue<T extends Document>(core: Core, kind: string, field: string, collection: Collection<T>, keep: string, take: (row: T) => void): Promise<void> {
  const map = cursors.get(core) ?? new Map<string, Date>();
  cursors.set(core, map);
  for (let page = 0; page < PAGES; page++) {
    const from = map.get(kind);
    const filter = { [field]: { ...(from === undefined ? {} : { $gte: from }), $lte: core.clock.now() } } as Filter<T>;
    const rows = (await collection.find(filter, { projection: { [keep]: 1, [field]: 1 } }).sort({ [field]: 1 }).limit(BATCH).toArray()) as unknown as T[];
    rows.forEach(take);
    if (rows.length < BATCH) { map.delete(kind); return; }
    const last = field.split(".").reduce<unknown>((value, name) => (value as Record<string, unknown>)[name], rows.at(-1)) as Date;
    map.set(kind, last.getTime() === from?.getTime() ? new Date(last.getTime() + 1) : last);
  }
}

/** One look: publishes what is due on the bus. What fails in one part does not keep the others from their turn. Exported for tests. */
export async function sweepOnce(core: Core): Promise<void> {
  const { messages, conversations, deskEvents } = core.store;
  const faults: unknown[] = [];
  const part = async (work: () => Promise<void>) => { try { await work(); } catch (error) { faults.push(error); } };

  await part(() => refreshSettings(core));
  for (const lane of ["mirror", "delivery"] as const satisfies LaneName[]) {
    await part(async () => {
      const due = new Set<string>();
      await eachDue(core, lane, `${lane}.dueAt`, messages, "conversationId", (message) => { due.add(message.conversationId); });
      for (const conversationId of due) core.bus.publish({ type: "lane.due", lane, conversationId });
    });
  }
  await part(() => eachDue(core, "card", "cardDueAt", conversations, "_id", ({ _id }) => core.bus.publish({ type: "lane.due", lane: "mirror", conversationId: _id, calm: true })));
  await part(() => eachDue(core, "move", "moveDueAt", conversations, "_id", ({ _id }) => core.bus.publish({ type: "lane.due", lane: "mirror", conversationId: _id })));

  for (const [desk, adapter] of core.desks) if (canMark(adapter)) core.bus.publish({ type: "marks.due", desk });

  await part(() => sweepEarly(core));
  await part(() => sweepMerges(core));
  await part(() => sweepErasures(core));
  await part(() => sweepWebhooks(core));
  await part(() => sweepImports(core));
  await part(() => sweepTellings(core));

  const now = core.clock.now();
  await part(async () => {
    const outboxes = await conversations.find({ "outbox.at": { $lte: new Date(now.getTime() - 1_000) } }).limit(OUTBOXES).toArray();
    for (const conversation of outboxes) await part(() => drainOutbox(core, conversation, outboxes.length === OUTBOXES));
  });
  await part(async () => {
    const events = await deskEvents.find({ dueAt: { $lte: now } }, { projection: { thread: 1 } }).sort({ dueAt: 1 }).limit(BATCH).toArray();
    for (const thread of new Set(events.map((e) => e.thread))) core.bus.publish({ type: "intake.due", thread });
  });
  await part(async () => {
    const todos = await messages.find({ "todo.dueAt": { $lte: now } }, { projection: { conversationId: 1, todo: 1 } }).limit(BATCH).toArray();
    for (const message of todos) {
      for (const item of message.todo) if (item.parked === undefined && item.dueAt <= now) core.bus.publish({ type: "todo.due", messageId: message._id, conversationId: message.conversationId, for: item.for });
    }
  });
  if (faults.length > 0) throw faults[0];
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
