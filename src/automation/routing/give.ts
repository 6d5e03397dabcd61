/** Gives what waits to people: a slot on the agent first, then the conversation, then the slot goes. Right in any number of processes, and after a crash anywhere. */
import type { Core } from "../../core/core.ts";
import type { Filter } from "mongodb";
import { giveOut, roomOf, type Candidate, type Slot, type Waiting } from "../../core/model/routing.ts";
import type { Agent, Author, Conversation } from "../../core/model/types.ts";
import { owning } from "../../core/services/assign.ts";
import { notHere, openOf } from "../../core/services/availability.ts";
import { changeConversation } from "../../core/services/change-conversation.ts";
import { allTeams } from "../../core/services/inbox-settings.ts";
import type { Policies } from "../../core/services/routing-policy.ts";
import { needsOf } from "./needs.ts";
import type { Queue } from "./queue.ts";

/** Older slots belong to somebody who died between slot and conversation. */
const SLOT_MS = 30_000;
/** Of what one look gives out, the last server of so many customers is looked up. */
const LOOKED_UP = 400;
const AT_ONCE = 10;
/** Customers looked up by one query, and the conversations that it reads for each on average: where they had many more, who served them may stay unknown. */
const TOGETHER = 100;
const EARLIER = 10;
const ROUTING: Author = { type: "system", name: "Routing" };

/**
 * Gives out what one look has read. People's revision is read before what they have open, and a slot is written only under that revision: whatever another
 * process gave them since is counted, or makes this write fail, and the next look plans anew.
 */
export async function giveWaiting(core: Core, policies: Policies, { agents, here }: People, { waiting, done }: Queue): Promise<{ given: number; left: Conversation[] }> {
  const byId = new Map(waiting.map((one) => [one._id, one]));
  const room = here.reduce((sum, one) => sum + Math.min(LOOKED_UP, Math.max(0, ...waiting.map(({ channel }) => roomOf(one, channel)))), 0);
  const known = await lastServers(core, policies, room === 0 ? [] : waiting.slice(0, LOOKED_UP));
  const needs = await needsOf(core, policies);
  const asked = waiting.flatMap((one): Waiting[] => {
    const { mode } = policies.of(one);
    const lastAgentId = known.get(one._id);
    return mode === "manual" ? [] : [{ id: one._id, inboxId: one.inboxId, channel: one.channel, ...(one.teamId === undefined ? {} : { teamId: one.teamId }), mode, needs: needs(one), ...(lastAgentId === undefined ? {} : { lastAgentId }) }];
  });
  const plan = giveOut(asked, here);
  done(new Set(plan.left.map(({ id }) => id)));
  const perAgent = groupBy(plan.given, ({ agentId }) => agentId);
  const counts = await Promise.all([...perAgent].map(([agentId, given]) => giveTo(core, agents.get(agentId)!, given.map(({ conversationId }) => byId.get(conversationId)!))));
  return { given: counts.reduce((sum, one) => sum + one, 0), left: plan.left.map(({ id }) => byId.get(id)!) };
}

function groupBy<T, K>(all: readonly T[], keyOf: (one: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const one of all) groups.set(keyOf(one), [...(groups.get(keyOf(one)) ?? []), one]);
  return groups;
}

export interface People { agents: Map<string, Agent>; here: Candidate[] }

/** Who may be given something now, with what they have. */
export async function peopleHere(core: Core): Promise<People> {
  const now = core.clock.now();
  const all = await core.store.agents.find({ active: true }).toArray();
  for (const agent of all) if (agent.slots?.some(({ at }) => isOver(at, now)) === true) await dropSlots(core, agent, now);
  const absent = await Promise.all(all.map((agent) => notHere(core, agent, now)));
  const agents = new Map(all.filter((_agent, i) => absent[i] === null).map((agent) => [agent._id, agent]));
  const [open, teams] = await Promise.all([openOf(core, [...agents.keys()]), allTeams(core)]);
  const openBy = groupBy(open, ({ assigneeId }) => assigneeId!);
  const here = [...agents.values()].map((agent): Candidate => {
    const channels = new Map([...(openBy.get(agent._id) ?? []).map(({ _id, channel }) => [_id, channel] as const), ...(agent.slots ?? []).map(({ conversationId, channel }) => [conversationId, channel] as const)]);
    const load = new Map<string, number>();
    for (const channel of channels.values()) load.set(channel, (load.get(channel) ?? 0) + 1);
    return {
      id: agent._id, skills: agent.skills ?? [], inboxIds: agent.inboxIds, teamIds: new Set(teams.filter(({ memberIds }) => memberIds.includes(agent._id)).map(({ _id }) => _id)),
      capacity: agent.capacity ?? {}, load, lastGivenAt: agent.lastGivenAt?.getTime() ?? 0,
    };
  });
  return { agents, here };
}

const isOver = (at: Date, now: Date): boolean => now.getTime() - at.getTime() > SLOT_MS;

/** Whoever set it aside may still be about to give the conversation away: that comes too late before the slot is free. */
async function dropSlots(core: Core, agent: Agent, now: Date): Promise<void> {
  const over = (agent.slots ?? []).filter(({ at }) => isOver(at, now)).map(({ conversationId }) => conversationId);
  await core.store.conversations.updateMany({ _id: { $in: over }, assigneeId: null }, { $inc: { routedRev: 1 } });
  await core.store.agents.updateOne({ _id: agent._id }, { $pull: { slots: { conversationId: { $in: over } } }, $inc: { workRev: 1 } });
}

/** Who served these customers last, where that counts. */
async function lastServers(core: Core, policies: Policies, waiting: Conversation[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const asked = waiting.filter((one) => policies.of(one).affinity !== false);
  for (let i = 0; i < asked.length; i += TOGETHER) {
    const some = asked.slice(i, i + TOGETHER);
    const before = await core.store.conversations.find({ contactId: { $in: some.map(({ contactId }) => contactId) }, assigneeId: { $ne: null } }, { projection: { contactId: 1, assigneeId: 1, createdAt: 1 } }).limit(TOGETHER * EARLIER).toArray();
    const lastOf = new Map(before.toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime()).map(({ contactId, assigneeId }) => [contactId, assigneeId]));
    for (const { _id, contactId, releasedFrom } of some) {
      const last = releasedFrom ?? lastOf.get(contactId);
      if (last != null) found.set(_id, last);
    }
  }
  return found;
}

/** Answers how many became theirs. */
async function giveTo(core: Core, agent: Agent, conversations: Conversation[]): Promise<number> {
  const { agents } = core.store;
  const at = core.clock.now();
  const slots = conversations.map(({ _id, channel }): Slot => ({ conversationId: _id, channel, at }));
  const asRead: Filter<Agent> = { _id: agent._id, active: true, workRev: agent.workRev ?? { $exists: false }, capacity: agent.capacity ?? { $exists: false } };
  const { matchedCount } = await agents.updateOne(asRead, { $push: { slots: { $each: slots } }, $inc: { workRev: 1 }, $set: { lastGivenAt: at } });
  if (matchedCount === 0) return 0;
  let given = 0;
  for (let i = 0; i < conversations.length; i += AT_ONCE) {
    const done = await Promise.all(conversations.slice(i, i + AT_ONCE).map((one) => giveOne(core, agent, one)));
    given += done.filter(Boolean).length;
  }
  await agents.updateOne({ _id: agent._id }, { $pull: { slots: { conversationId: { $in: slots.map(({ conversationId }) => conversationId) } } }, $inc: { workRev: 1 } });
  return given;
}

/** False: it is somebody's already, is not open any more, or its slot was dropped. */
async function giveOne(core: Core, agent: Agent, conversation: Conversation): Promise<boolean> {
  const change = await owning(core, conversation, agent);
  const after = await changeConversation(core, conversation._id, ROUTING, {
    ...change, expect: { ...change.expect, assigneeId: null, status: "open", routedRev: conversation.routedRev ?? { $exists: false } },
    tell: [{ to: "agent", agentId: agent._id, text: `#${conversation.number} was given to you: ${conversation.contactName}${conversation.subject === "" ? "" : ` · ${conversation.subject}`}`, buttons: [], while: { owner: true } }],
  });
  return after !== null;
}
