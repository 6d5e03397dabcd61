/** What the lanes have to do and what stands in their way, for `health`, `/readyz` and the admin. */
import type { Core } from "../core.ts";
import type { LaneName } from "../model/types.ts";
import { standingTroubles, type StandingTrouble } from "./channel-trouble.ts";
import { deliveryPaused } from "./delivery-pause.ts";

export interface LaneHealth { queued: number; oldestAt: Date | null; lastError: string | null }
export interface Health {
  mirror: LaneHealth;
  delivery: LaneHealth & { paused: boolean };
  intake: { queued: number; oldestAt: Date | null };
  /** Connections that don't work, with what mends them. */
  channels: StandingTrouble[];
  /** Rules that failed again and again, and why. */
  rules: { name: string; why: string; since: Date }[];
  parked: { messageId: string; for: string; error: string; at: Date }[];
}

async function laneHealth(core: Core, lane: LaneName): Promise<LaneHealth> {
  const due = { [`${lane}.dueAt`]: { $exists: true } };
  const path = `${lane}.dueAt`;
  const [queued, oldest, failing] = await Promise.all([
    core.store.messages.countDocuments(due),
    core.store.messages.find(due, { projection: { createdAt: 1 } }).sort({ [path]: 1 }).limit(1).next(),
    core.store.messages.find({ ...due, [`${lane}.tries`]: { $gt: 0 } }, { projection: { [`${lane}.error`]: 1 } }).sort({ [path]: 1 }).limit(1).next(),
  ]);
  return { queued, oldestAt: oldest?.createdAt ?? null, lastError: failing?.[lane].error?.text ?? null };
}

export async function healthOf(core: Core): Promise<Health> {
  const [mirror, delivery, paused, intakeQueued, oldestEvent, parked, channels, rules] = await Promise.all([
    laneHealth(core, "mirror"), laneHealth(core, "delivery"), deliveryPaused(core),
    core.store.deskEvents.countDocuments({ dueAt: { $exists: true } }),
    core.store.deskEvents.find({ dueAt: { $exists: true } }).sort({ dueAt: 1 }).limit(1).next(),
    core.store.messages.find({ "todo.parked.at": { $exists: true } }, { projection: { todo: 1 } }).limit(50).toArray(),
    standingTroubles(core),
    core.store.rules.find({ suspended: { $exists: true } }, { projection: { name: 1, suspended: 1 } }).sort({ place: 1 }).toArray(),
  ]);
  return {
    mirror, delivery: { ...delivery, paused }, intake: { queued: intakeQueued, oldestAt: oldestEvent?.receivedAt ?? null }, channels,
    rules: rules.flatMap(({ name, suspended }) => (suspended === undefined ? [] : [{ name, why: suspended.why, since: suspended.at }])),
    parked: parked.flatMap((m) => m.todo.filter((t) => t.parked !== undefined).map((t) => ({ messageId: m._id, for: t.for, error: t.parked!.error, at: t.parked!.at }))),
  };
}
