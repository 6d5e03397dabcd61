/** What waits for somebody who is away goes back to the queue. */
import type { Core } from "../../core/core.ts";
import { UserError } from "../../core/errors.ts";
import { DEFAULT_GRACE_MINUTES, type RoutingPolicy } from "../../core/model/routing.ts";
import type { Agent, Author, Conversation } from "../../core/model/types.ts";
import { notHere, type NotHere } from "../../core/services/availability.ts";
import { changeConversation } from "../../core/services/change-conversation.ts";
import { allAgents } from "../../core/services/inbox-settings.ts";
import type { Policies } from "../../core/services/routing-policy.ts";
import { WAITS } from "./queue.ts";

const BATCH = 200;
const ROUTING: Author = { type: "system", name: "Routing" };

const graceMs = ({ graceMinutes = DEFAULT_GRACE_MINUTES }: RoutingPolicy): number => graceMinutes * 60_000;

/** Who was switched off loses it at once, and who has gone home after the grace time, where conversations are given out; who said that they are away, everywhere. */
function keeps(agent: Agent, absent: NotHere | null, policy: RoutingPolicy, now: Date): boolean {
  if (policy.mode === "manual" && (!agent.active || absent?.why !== "away")) return true;
  return agent.active && (absent === null || now.getTime() - absent.since.getTime() < graceMs(policy));
}

/** Where the customer waits, the one who is away loses it. Also what they got back by a customer's line. Answers how many. */
export async function releaseAbsent(core: Core, policies: Policies): Promise<number> {
  const now = core.clock.now();
  const all = await Promise.all((await allAgents(core)).map(async (agent) => ({ agent, absent: await notHere(core, agent, now) })));
  const absent = new Map(all.filter((one) => !one.agent.active || one.absent !== null).map((one) => [one.agent._id, one]));
  if (absent.size === 0) return 0;
  const theirs = await core.store.conversations.find({ assigneeId: { $in: [...absent.keys()] }, ...WAITS }).limit(BATCH).toArray();
  let released = 0;
  for (const conversation of theirs) {
    const { agent, absent: since } = absent.get(conversation.assigneeId!)!;
    if (!keeps(agent, since, policies.of(conversation), now) && (await release(core, conversation, agent))) released++;
  }
  return released;
}

async function release(core: Core, { _id, waitingSince }: Conversation, agent: Agent): Promise<boolean> {
  try {
    return (await changeConversation(core, _id, ROUTING, {
      expect: { assigneeId: agent._id, status: "open", waitingSince },
      set: { assigneeId: null, assigneeName: null, releasedFrom: agent._id },
      activity: [{ type: "released", from: agent._id, fromName: agent.name }],
    })) !== null;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return false;
  }
}
