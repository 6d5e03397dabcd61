/** To-do items that were parked after ten tries are taken up again, from their first try. */
import type { Core } from "../core.ts";

/** So many begin at once; the sweep takes the rest. */
const AT_ONCE = 200;

/** Answers how many messages had such items. What fails again is parked again, after as many tries. */
export async function retryParked(core: Core): Promise<{ retried: number }> {
  const { messages } = core.store;
  const parked = { "todo.parked.at": { $exists: true } };
  const first = await messages.find(parked, { projection: { conversationId: 1, todo: 1 } }).limit(AT_ONCE).toArray();
  const { modifiedCount } = await messages.updateMany(
    parked,
    { $set: { "todo.$[item].dueAt": core.clock.now(), "todo.$[item].tries": 0 }, $unset: { "todo.$[item].parked": "" } },
    { arrayFilters: [{ "item.parked": { $exists: true } }] },
  );
  for (const message of first) for (const item of message.todo) if (item.parked !== undefined) core.bus.publish({ type: "todo.due", messageId: message._id, conversationId: message.conversationId, for: item.for });
  return { retried: modifiedCount };
}
