/** Inboxes, agents, teams and desks' streams are few and read on every message: kept in memory for a second or two, so other processes' changes arrive. */
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import type { Rule } from "../model/rules.ts";
import type { HoursCalendar } from "../model/calendar.ts";
import type { SlaPolicy } from "../model/sla.ts";
import { ruleEventsOf } from "../model/rules.ts";
import { watchMessages, type Watch } from "../store/watch.ts";
import { deskOfStream, STREAM_IDS } from "./desk-streams.ts";
import type { Agent, DeskKind, DeskTarget, Inbox, Message, Team } from "../model/types.ts";
import type { Webhook } from "../model/webhooks.ts";

const FRESH_MS = 1_000;
const STALE_MS = 2_000;
export const SLA_ID = "sla";
interface Cached { at: number; inboxes: Map<string, Inbox>; targets: Map<string, DeskTarget>; agents: Agent[]; teams: Team[]; calendars: HoursCalendar[]; rules: Rule[]; webhooks: Webhook[]; slas: SlaPolicy[]; paused: boolean; moves: boolean; streams: Map<DeskKind, Date> }
/** One that was forgotten while it loaded is left alone: whoever asks then loads anew. */
interface Kept { cached: Cached | null; loading: Promise<Cached> | null }
const caches = new WeakMap<Core, Kept>();

/** Nobody waits for the look after a second; who comes after two does, and all who wait share one. */
async function settingsOf(core: Core): Promise<Cached> {
  let kept = caches.get(core);
  if (kept === undefined) caches.set(core, kept = { cached: null, loading: null });
  const age = kept.cached === null ? Infinity : performance.now() - kept.cached.at;
  if (kept.cached !== null && age < FRESH_MS) return kept.cached;
  const loading = kept.loading ??= load(core, kept);
  if (kept.cached === null || age >= STALE_MS) return loading;
  // a fault is met by who has to wait
  loading.catch(() => undefined);
  return kept.cached;
}

async function load(core: Core, kept: Kept): Promise<Cached> {
  try {
    const cached = await readSettings(core);
    const current = caches.get(core) === kept;
    // what was forgotten meanwhile may say that somebody is to hear of messages, not that nobody is
    for (const [name, watch] of [[RULES, heardBy(cached)], [WEBHOOKS, cached.webhooks.some(({ enabled }) => enabled) ? whenTold : null]] as const) {
      if (watch !== null || current) watchMessages(core.store, name, watch);
    }
    return (kept.cached = cached);
  } finally {
    kept.loading = null;
  }
}

async function readSettings(core: Core): Promise<Cached> {
  const now = performance.now();
  const [inboxes, targets, agents, teams, calendars, rules, switches, streams, webhooks] = await Promise.all([
    core.store.inboxes.find().toArray(), core.store.deskTargets.find().toArray(), core.store.agents.find().toArray(), core.store.teams.find().sort({ name: 1 }).toArray(), core.store.hours.find().toArray(), core.store.rules.find().sort({ place: 1 }).toArray(), core.store.settings.find({ _id: { $in: ["delivery", "routing", SLA_ID] } }).toArray(),
    core.store.leases.find({ _id: STREAM_IDS }).toArray(),
    core.store.webhooks.find().toArray(),
  ]);
  const valueOf = (id: string): unknown => switches.find(({ _id }) => _id === id)?.value;
  return {
    at: now, agents, teams, calendars, rules, webhooks, inboxes: new Map(inboxes.map((i) => [i._id, i])), targets: new Map(targets.map((t) => [t._id, t])),
    streams: new Map(streams.map((stream) => [deskOfStream(stream._id), stream.until])),
    slas: (valueOf(SLA_ID) ?? []) as SlaPolicy[],
    paused: (valueOf("delivery") as { paused?: boolean } | undefined)?.paused === true,
    moves: ((valueOf("routing") ?? []) as { moves?: boolean }[]).some(({ moves }) => moves === true),
  };
}

/** The to-do of a message that a webhook is to be told of. */
export const WEBHOOKS = "webhooks";
/** A reply is told when its undo window is over: what was taken back in it was never said. */
const whenTold = ({ delivery, createdAt }: Message): Date => delivery.dueAt ?? createdAt;
/** The to-do of a message that rules, or an inbox's automatic lines, are to hear of. */
export const RULES = "rules";
/** Null while nothing listens: then a message costs nothing more. A reply is heard of when its undo window is over. */
function heardBy({ rules, inboxes }: Cached): Watch | null {
  const active = rules.filter(({ enabled, suspended }) => enabled && suspended === undefined);
  const talks = new Set([...inboxes.values()].filter(({ settings }) => (settings.greeting ?? settings.awayMessage ?? "") !== "").map(({ _id }) => _id));
  if (active.length === 0 && talks.size === 0) return null;
  const waits = active.some((rule) => rule.waits.length > 0);
  const on = new Set(active.flatMap((rule) => rule.on));
  const begins = ({ kind, seq, activity }: Message) => seq === 1 || kind === "incoming" || kind === "outgoing" || activity?.type === "status";
  return (message) => ((waits && message.campaign === undefined && begins(message)) || (message.kind === "incoming" && talks.has(message.inboxId)) || ruleEventsOf(message).some((event) => on.has(event)) ? message.delivery.dueAt ?? message.createdAt : null);
}

/** Reads them anew, so that whoever hears of messages is known before one is stored. */
export const refreshSettings = async (core: Core): Promise<void> => { forgetSettings(core); await settingsOf(core); };

/** Call after writing an inbox, agent, team, desk target or the delivery switch in this process. */
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
export const allWebhooks = async (core: Core): Promise<Webhook[]> => (await settingsOf(core)).webhooks;
/** By name. */
export const allTeams = async (core: Core): Promise<Team[]> => (await settingsOf(core)).teams;
/** In their order. */
export const allRules = async (core: Core): Promise<Rule[]> => (await settingsOf(core)).rules;
export const allCalendars = async (core: Core): Promise<HoursCalendar[]> => (await settingsOf(core)).calendars;
export const allInboxes = async (core: Core): Promise<Inbox[]> => [...(await settingsOf(core)).inboxes.values()];
export const allTargets = async (core: Core): Promise<DeskTarget[]> => [...(await settingsOf(core)).targets.values()];
export const agentByLink = async (core: Core, desk: DeskKind, userId: string): Promise<Agent | undefined> =>
  (await settingsOf(core)).agents.find((agent) => agent.links.some((link) => link.desk === desk && link.userId === userId));
export const mayAnswer = (agent: Agent | undefined, inboxId: string): agent is Agent =>
  agent !== undefined && agent.active && (agent.inboxIds === "all" || agent.inboxIds.includes(inboxId));
/** Since when nothing is heard from a desk that has to be heard from; null while it is heard, and for a desk without a connection of its own. */
export async function silentSince(core: Core, desk: DeskKind): Promise<Date | null> {
  const until = (await settingsOf(core)).streams.get(desk);
  return until === undefined || until > core.clock.now() ? null : until;
}
/** In the order in which they are asked. */
export const slaPolicies = async (core: Core): Promise<SlaPolicy[]> => (await settingsOf(core)).slas;
/** Whether a routing rule moves conversations that have a thread. */
export const hasMovingRules = async (core: Core): Promise<boolean> => (await settingsOf(core)).moves;
export const isDeliveryPaused = async (core: Core): Promise<boolean> => (await settingsOf(core)).paused;
