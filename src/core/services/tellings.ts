/** Words to people that must arrive: they wait in the timeline's outbox with the change that they tell of, then here, until the bridge has said them. */
import type { Core } from "../core.ts";
import type { StoredTelling } from "../model/tellings.ts";
import type { OutboxEntry } from "../model/types.ts";
import { isDuplicateKey } from "../store/store.ts";

const BATCH = 200;

/** Called before the entry leaves the outbox: whoever stops in between leaves it there, and a repeat stores nothing anew. */
export async function storeTellings(core: Core, conversationId: string, { id, tell = [] }: Pick<OutboxEntry, "id" | "tell">): Promise<void> {
  if (tell.length === 0) return;
  const now = core.clock.now();
  const rows = tell.map((what, place): StoredTelling => ({ _id: `${id}:${place}`, conversationId, what, at: now, tries: 0, dueAt: now }));
  try {
    await core.store.tellings.insertMany(rows, { ordered: false });
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
  }
  for (const { _id } of rows) core.bus.publish({ type: "telling.due", tellingId: _id });
}

export async function sweepTellings(core: Core): Promise<void> {
  const due = await core.store.tellings.find({ dueAt: { $lte: core.clock.now() } }, { projection: { _id: 1 } }).sort({ dueAt: 1 }).limit(BATCH).toArray();
  for (const { _id } of due) core.bus.publish({ type: "telling.due", tellingId: _id });
}
