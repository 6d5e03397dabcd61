/** To-do items of a message: claimed before they run, tried again with back-off, parked after ten tries. */
import type { Core } from "../core.ts";
import { retryDelayMs } from "../model/retry.ts";
import type { Message } from "../model/types.ts";

export type TodoWork = (core: Core, message: Message) => Promise<void>;
/** A claim that is not renewed (three times in this time) is free: its holder is dead or stands still. */
const CLAIM_MS = 60_000;

/** Runs one item if it is due and nobody else has claimed it, however long it takes; removes it when done. Answers whether it ran to its end. */
export async function runTodo(core: Core, messageId: string, name: string, work: TodoWork, claimMs = CLAIM_MS): Promise<boolean> {
  const { messages } = core.store;
  const now = core.clock.now();
  const until = new Date(now.getTime() + claimMs);
  const message = await messages.findOneAndUpdate(
    { _id: messageId, todo: { $elemMatch: { for: name, dueAt: { $lte: now }, parked: { $exists: false }, $or: [{ claim: { $exists: false } }, { "claim.until": { $lt: now } }] } } },
    { $set: { "todo.$.claim": { holder: core.holder, until }, "todo.$.dueAt": until }, $inc: { "todo.$.tries": 1 } },
    { returnDocument: "after" },
  );
  if (message === null) return false;
  const item = message.todo.find((t) => t.for === name)!;
  const mine = { _id: messageId, todo: { $elemMatch: { for: name, "claim.holder": core.holder, tries: item.tries } } };
  const renewal = setInterval(() => {
    const later = new Date(core.clock.now().getTime() + claimMs);
    messages.updateOne(mine, { $set: { "todo.$.claim.until": later, "todo.$.dueAt": later } })
      .catch((error: unknown) => core.log.warn({ err: error, todo: name, messageId }, "The claim on a to-do item could not be renewed; somebody else may begin it too."));
  }, claimMs / 3);
  try {
    await work(core, message);
    await messages.updateOne(mine, { $pull: { todo: { for: name } } });
    return true;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    core.log.warn({ err: error, todo: name, messageId, tries: item.tries }, "A to-do item failed.");
    const parks = item.tries >= core.limits.maxTries;
    await messages.updateOne(mine, parks
      ? { $set: { "todo.$.parked": { error: text, at: now } }, $unset: { "todo.$.claim": "", "todo.$.dueAt": "" } }
      : { $set: { "todo.$.dueAt": new Date(core.clock.now().getTime() + retryDelayMs(item.tries)) }, $unset: { "todo.$.claim": "" } });
    return false;
  } finally {
    clearInterval(renewal);
  }
}
