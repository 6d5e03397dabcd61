/** What desks see of people: stored with the agent, so that whoever gives out work reads it, in whichever process. */
import type { Core } from "../core.ts";
import type { Seen } from "../model/presence.ts";
import type { DeskKind } from "../model/types.ts";
import { agentByLink, forgetSettings } from "./inbox-settings.ts";

export interface Sighting { desk: DeskKind; userId: string; state: Seen["state"]; /** How long somebody is away until it counts, in milliseconds. */ graceMs: number }

/** A repeat changes nothing, so that an absence keeps its beginning; strangers are nobody. A change wakes the router. */
export async function recordPresence(core: Core, { desk, userId, state, graceMs }: Sighting): Promise<void> {
  const agent = await agentByLink(core, desk, userId);
  if (agent === undefined) return;
  const since = core.clock.now(), path = `presence.${desk}.${userId}`;
  const seen: Seen = { state, since, countsFrom: new Date(since.getTime() + (state === "away" ? graceMs : 0)) };
  const { modifiedCount } = await core.store.agents.updateOne({ _id: agent._id, [`${path}.state`]: { $ne: state } }, { $set: { [path]: seen }, $inc: { workRev: 1 } });
  if (modifiedCount === 0) return;
  forgetSettings(core);
  core.bus.publish({ type: "routing.due" });
}

/** This desk tells of nobody (any more): what it said counts no longer. */
export async function forgetPresence(core: Core, desk: DeskKind): Promise<void> {
  const { modifiedCount } = await core.store.agents.updateMany({ [`presence.${desk}`]: { $exists: true } }, { $unset: { [`presence.${desk}`]: "" }, $inc: { workRev: 1 } });
  if (modifiedCount === 0) return;
  forgetSettings(core);
  core.bus.publish({ type: "routing.due" });
}
