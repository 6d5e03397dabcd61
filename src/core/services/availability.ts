/** Who is here: away and back, stored with who said so and when. */
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import { isSeen, seemsAwaySince } from "../model/presence.ts";
import { isAway } from "../model/routing.ts";
import type { Agent } from "../model/types.ts";
import { hoursById } from "./hours.ts";
import { forgetSettings } from "./inbox-settings.ts";

/** `until`: null, until they are back. Saying it again changes the end and keeps the beginning, from which the grace time counts. @throws {UserError} BAD_TIME */
export async function setAway(core: Core, act: { agent: Agent; by: Agent; until: Date | null }): Promise<void> {
  const { agent, by, until } = act;
  const now = core.clock.now();
  if (until !== null && until <= now) throw new UserError("BAD_TIME", "That time is over. Name one that is still to come.");
  const since = agent.absence !== undefined && isAway(agent, now) ? agent.absence.since : now;
  await change(core, agent._id, { $set: { absence: { since, ...(until === null ? {} : { until }), by: { id: by._id, name: by.name } } }, $unset: { saidBack: "" } });
}

/** Where a desk tells whether they are at work, their word stands above it until they say otherwise. @throws {UserError} ALREADY_SO */
export async function setBack(core: Core, act: { agent: Agent }): Promise<void> {
  const { agent } = act;
  const now = core.clock.now(), seen = isSeen(agent);
  if (!isAway(agent, now) && (!seen || agent.saidBack !== undefined)) throw new UserError("ALREADY_SO", `${agent.name} is here already; nothing changed.`);
  await change(core, agent._id, { $unset: { absence: "" }, ...(seen ? { $set: { saidBack: now } } : {}) });
}

/** Takes their word back: the desks say again whether they are here. @throws {UserError} ALREADY_SO */
export async function followPresence(core: Core, act: { agent: Agent }): Promise<void> {
  const { agent } = act;
  if (!isAway(agent, core.clock.now()) && agent.saidBack === undefined) throw new UserError("ALREADY_SO", `${agent.name} has said nothing that could be taken back; nothing changed.`);
  await change(core, agent._id, { $unset: { absence: "", saidBack: "" } });
}

async function change(core: Core, agentId: string, update: object): Promise<void> {
  await core.store.agents.updateOne({ _id: agentId }, { ...update, $inc: { workRev: 1 } });
  forgetSettings(core);
  core.bus.publish({ type: "routing.due" });
}

/** Not here: by their word, because their working hours are over, or because no desk sees them. */
export interface NotHere { since: Date; why: "away" | "hours" | "presence" }
export async function notHere(core: Core, agent: Agent, now: Date): Promise<NotHere | null> {
  if (isAway(agent, now)) return { since: agent.absence!.since, why: "away" };
  const closed = (await hoursById(core, agent.hoursId))?.closedSince(now) ?? null;
  if (closed !== null) return { since: closed, why: "hours" };
  const since = seemsAwaySince(agent, now);
  return since === null ? null : { since, why: "presence" };
}

interface AtWork { agent: Agent; absent: NotHere | null; open: number }

/** Every active agent, by name, with what they have open. */
export async function everybody(core: Core): Promise<AtWork[]> {
  const agents = await core.store.agents.find({ active: true }).sort({ name: 1 }).toArray();
  const open = await openOf(core, agents.map(({ _id }) => _id));
  const now = core.clock.now();
  return Promise.all(agents.map(async (agent) => ({ agent, absent: await notHere(core, agent, now), open: open.filter(({ assigneeId }) => assigneeId === agent._id).length })));
}

/** Documents that one look at what people have open reads at most. */
const MOST_OPEN = 20_000;

/** What these people have open, counted as it stands. */
export const openOf = async (core: Core, agentIds: string[]): Promise<{ _id: string; assigneeId: string | null; channel: string }[]> =>
  core.store.conversations.find({ assigneeId: { $in: agentIds }, status: "open" }, { projection: { assigneeId: 1, channel: 1 } }).limit(MOST_OPEN).toArray();
