/** A word to one agent about a conversation, on the desk where its thread is; never to one who is not linked there. */
import type { Core } from "../core/core.ts";
import { DeskError } from "../core/errors.ts";
import { callWithin } from "../core/lanes/call.ts";
import type { Telling } from "../core/model/tellings.ts";
import type { Conversation } from "../core/model/types.ts";
import { allAgents, mayAnswer } from "../core/services/inbox-settings.ts";

/** @throws {DeskError} when it can't be said now */
export async function tellAgent(core: Core, conversation: Conversation, { agentId, text, buttons, messageId }: Extract<Telling, { to: "agent" }>): Promise<void> {
  const agent = (await allAgents(core)).find(({ _id }) => _id === agentId);
  if (!mayAnswer(agent, conversation.inboxId)) return;
  const thread = conversation.thread === undefined ? null : await core.store.threads.findOne({ _id: conversation.thread.id });
  const desk = thread === null ? undefined : core.desks.get(thread.desk);
  if (thread === null || desk === undefined) throw new DeskError("UNREACHABLE", "The conversation has no thread yet, or its desk is not connected.", { certain: true });
  const link = agent?.links.find((one) => one.desk === thread.desk);
  if (link !== undefined) await callWithin(core.limits.vendorCallMs, () => desk.notify(link.userId, thread._id, { text, buttons, ...(messageId === undefined ? {} : { messageId }) }), () => new DeskError("TIMEOUT", "The desk did not answer in time.", { certain: false }));
}
