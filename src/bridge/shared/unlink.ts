/** A person's account on a desk may no longer act for its agent: the link ends and their work goes back to the queue. */
import type { Core } from "../../core/core.ts";
import type { Agent, DeskKind } from "../../core/model/types.ts";
import { changeConversation } from "../../core/services/change-conversation.ts";
import { forgetSettings } from "../../core/services/inbox-settings.ts";

/** Answers how many conversations have no owner now; null when nothing was left to end. Repeats do nothing. */
export async function endLink(core: Core, desk: DeskKind, agent: Agent, userId: string): Promise<number | null> {
  const { modifiedCount } = await core.store.agents.updateOne({ _id: agent._id, links: { $elemMatch: { desk, userId } } }, { $pull: { links: { desk, userId } }, $unset: { [`presence.${desk}.${userId}`]: "" } });
  forgetSettings(core);
  const theirs = { assigneeId: agent._id, status: { $in: ["open" as const, "pending" as const, "snoozed" as const] } };
  let released = 0;
  for await (const { _id } of core.store.conversations.find(theirs, { projection: { _id: 1 } })) {
    const done = await changeConversation(core, _id, { type: "system", name: "Threadline" }, { expect: theirs, set: { assigneeId: null, assigneeName: null }, activity: [{ type: "assigned", to: null, toName: null }] });
    if (done !== null) released++;
  }
  if (modifiedCount === 0 && released === 0) return null;
  core.log.warn({ agentId: agent._id, desk, released }, "An account on the desk may no longer act for its agent: unlinked, and its work released.");
  return released;
}

/** What administrators are told of it. `desk` as people call it: "Slack". */
export const unlinkedText = (agent: Agent, desk: string, why: string, released: number): string =>
  `${agent.name}'s ${desk} account was unlinked: ${why}. ${released === 0 ? "No conversation was theirs." : `${released === 1 ? "1 conversation has" : `${released} conversations have`} no owner now and wait${released === 1 ? "s" : ""} in the queue.`}`;
