/** Inboxes, agents and labels are few and read on every message: kept in memory for a second, so other processes' changes arrive. */
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import type { Agent, DeskKind, DeskTarget, Inbox } from "../model/types.ts";

const FRESH_MS = 1_000;
interface Cached { at: number; inboxes: Map<string, Inbox>; targets: Map<string, DeskTarget>; agents: Agent[]; paused: boolean }
const caches = new WeakMap<Core, Cached>();

async function settingsOf(core: Core): Promise<Cached> {
  const now = performance.now();
  const cached = caches.get(core);
  if (cached !== undefined && now - cached.at < FRESH_MS) return cached;
  const [inboxes, targets, agents, delivery] = await Promise.all([
    core.store.inboxes.find().toArray(), core.store.deskTargets.find().toArray(), core.store.agents.find().toArray(), core.store.settings.findOne({ _id: "delivery" }),
  ]);
  const fresh: Cached = {
    at: now, agents, inboxes: new Map(inboxes.map((i) => [i._id, i])), targets: new Map(targets.map((t) => [t._id, t])),
    paused: (delivery?.value as { paused?: boolean } | undefined)?.paused === true,
  };
  caches.set(core, fresh);
  return fresh;
}

/** Call after writing an inbox, agent, desk target or the delivery switch in this process. */
export const forgetSettings = (core: Core): void => void caches.delete(core);

/** @throws {UserError} INBOX_UNKNOWN */
export async function inboxOf(core: Core, id: string): Promise<Inbox> {
  const inbox = (await settingsOf(core)).inboxes.get(id);
  if (inbox === undefined) throw new UserError("INBOX_UNKNOWN", "This inbox does not exist (any more).");
  return inbox;
}

/** @throws {UserError} NOT_FOUND */
export async function deskTargetOf(core: Core, id: string): Promise<DeskTarget> {
  const target = (await settingsOf(core)).targets.get(id);
  if (target === undefined) throw new UserError("NOT_FOUND", "The desk that this inbox belongs to does not exist (any more).");
  return target;
}

export const allAgents = async (core: Core): Promise<Agent[]> => (await settingsOf(core)).agents;
export const allInboxes = async (core: Core): Promise<Inbox[]> => [...(await settingsOf(core)).inboxes.values()];
export const agentByLink = async (core: Core, desk: DeskKind, userId: string): Promise<Agent | undefined> =>
  (await settingsOf(core)).agents.find((agent) => agent.links.some((link) => link.desk === desk && link.userId === userId));
export const mayAnswer = (agent: Agent | undefined, inboxId: string): agent is Agent =>
  agent !== undefined && agent.active && (agent.inboxIds === "all" || agent.inboxIds.includes(inboxId));
export const isDeliveryPaused = async (core: Core): Promise<boolean> => (await settingsOf(core)).paused;
