/** Says what people must hear, each word by itself: claimed before it is said, tried again for a day, so that a crash may say it twice and loses none. */
import type { Core } from "../core/core.ts";
import { DeskError } from "../core/errors.ts";
import type { Runner } from "../core/lanes/runner.ts";
import { retryDelayMs } from "../core/model/retry.ts";
import type { StillSo, StoredTelling } from "../core/model/tellings.ts";
import type { Conversation } from "../core/model/types.ts";
import { alertDesk } from "./alert-desk.ts";
import { tellAgent } from "./tell-agent.ts";

/** Longer than a vendor's call may take. */
const CLAIM_MS = 30_000;
/** Then nobody waits for the word any more; the thread has said it since the beginning. */
const GIVE_UP_MS = 86_400_000;

/** Work of a runner whose keys are ids of tellings. */
export const createTeller = (core: Core, runner: () => Runner) => async (id: string): Promise<void> => {
  const { tellings, conversations } = core.store;
  const now = core.clock.now();
  const telling = await tellings.findOneAndUpdate({ _id: id, dueAt: { $lte: now } }, { $set: { dueAt: new Date(now.getTime() + CLAIM_MS) }, $inc: { tries: 1 } }, { returnDocument: "after" });
  if (telling === null) return;
  const mine = { _id: id, tries: telling.tries };
  try {
    const conversation = await conversations.findOne({ _id: telling.conversationId });
    if (conversation !== null && conversation.erased !== true) await say(core, conversation, telling);
  } catch (error) {
    const refused = error instanceof DeskError && error.o.refused === true;
    if (!refused && now.getTime() - telling.at.getTime() < GIVE_UP_MS) {
      const delay = Math.max(retryDelayMs(telling.tries), error instanceof DeskError ? (error.o.retryAfterMs ?? 0) : 0);
      await tellings.updateOne(mine, { $set: { dueAt: new Date(core.clock.now().getTime() + delay) } });
      runner().kickAt(id, delay);
      return;
    }
    core.log.warn({ err: error, conversationId: telling.conversationId }, "Somebody could not be told about a conversation; its thread says it too.");
  }
  await tellings.updateOne(mine, { $set: { doneAt: core.clock.now() }, $unset: { dueAt: "" } });
};

async function say(core: Core, conversation: Conversation, { what }: StoredTelling): Promise<void> {
  if (what.to === "channel") return alertDesk(core, conversation, what);
  if (isStillSo(conversation, what.agentId, what.while ?? {})) await tellAgent(core, conversation, what);
}

const isStillSo = ({ assigneeId, request }: Conversation, agentId: string, { owner, request: asked }: StillSo): boolean =>
  (owner !== true || assigneeId === agentId) && (asked === undefined || request?.id === asked);
