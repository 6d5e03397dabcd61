/** Who is here, what they can take, and how waiting conversations are given out, as plain data. */
import type { Seeing } from "./presence.ts";

/** "manual": people take what they want. The others give each waiting conversation to somebody by themselves. */
export const ROUTING_MODES = ["manual", "round-robin", "balanced", "skills"] as const;
export type RoutingMode = (typeof ROUTING_MODES)[number];

/** How an inbox or a team gives out what waits in it. */
export interface RoutingPolicy {
  mode: RoutingMode;
  /** What somebody must know to get it; `when` in the filter language, absent: always. */
  needs?: { skill: string; when?: string }[];
  /** Whoever served the customer last is asked first, while they are here. Absent: yes. */
  affinity?: boolean;
  /** False: agents take nothing by themselves; they ask, and an administrator approves. Absent: yes. */
  selfAssign?: boolean;
  /** How long an absent person keeps what waits for them, in minutes. Absent: 10. */
  graceMinutes?: number;
  /** Goes to the customer once when nobody is free; `{{position}}` is their place in the queue. */
  queueMessage?: string;
}
export const MANUAL: RoutingPolicy = { mode: "manual" };
export const DEFAULT_GRACE_MINUTES = 10;

/** What was set aside for a conversation that is being given to somebody, before it is theirs. */
export interface Slot { conversationId: string; channel: string; at: Date }

/** Somebody is away: since when, until when (absent: until they are back), and who said so. */
export interface Absence { since: Date; until?: Date; by: { id: string; name: string } }

/** What an agent document says of their work. */
export interface AgentWork extends Seeing {
  skills?: string[];
  /** Open conversations that they are given at most, by channel; `all`: of every channel together. What is not named has no limit. */
  capacity?: Record<string, number>;
  absence?: Absence;
  /** Their own working hours: outside of them they are not here. Absent or null: always here, but for an absence. */
  hoursId?: string | null;
  slots?: Slot[];
  /** Rises with every change of slots or absence: whoever gives out reads it first, and writes only while it stands. */
  workRev?: number;
  lastGivenAt?: Date;
}

/** What a conversation document says of its way to somebody. */
export interface RoutedFacts {
  /** Rises when a slot set aside for it is dropped: whoever was about to give it away comes too late. */
  routedRev?: number;
  /** Who lost it by being away: the first to get it again, once they are here. */
  releasedFrom?: string;
  /** The wait (its beginning) for which the customer was told their place in the queue. */
  queueToldFor?: Date;
  /** Somebody may not take it themselves and asks for it. */
  request?: TransferRequest;
}
export interface TransferRequest { id: string; at: Date; forId: string; forName: string; byId: string; byName: string }

export type RoutingFact =
  | { type: "released"; from: string; fromName: string }
  | { type: "requested"; to: string; toName: string }
  | { type: "declined"; to: string; toName: string };

/** Whether a person may be given something now. An absence with an end ends by itself. */
export const isAway = (agent: Pick<AgentWork, "absence">, now: Date): boolean => agent.absence !== undefined && (agent.absence.until === undefined || agent.absence.until > now);

// ───────────────────────────── giving out

export interface Candidate {
  id: string;
  skills: readonly string[];
  inboxIds: "all" | readonly string[];
  teamIds: ReadonlySet<string>;
  capacity: Readonly<Record<string, number>>;
  /** Open conversations and slots, by channel; counted up while giving out. */
  load: Map<string, number>;
  /** Milliseconds; 0: never. */
  lastGivenAt: number;
}
export interface Waiting { id: string; inboxId: string; channel: string; teamId?: string; mode: Exclude<RoutingMode, "manual">; needs: readonly string[]; /** Who served the customer last. */ lastAgentId?: string }
export interface Given { conversationId: string; agentId: string }

const total = (load: ReadonlyMap<string, number>): number => [...load.values()].reduce((sum, one) => sum + one, 0);

/** How many more of this channel they can be given. */
export function roomOf({ capacity, load }: Pick<Candidate, "capacity" | "load">, channel: string): number {
  const ofChannel = capacity[channel] === undefined ? Number.POSITIVE_INFINITY : capacity[channel] - (load.get(channel) ?? 0);
  const ofAll = capacity["all"] === undefined ? Number.POSITIVE_INFINITY : capacity["all"] - total(load);
  return Math.min(ofChannel, ofAll);
}

/** Skills ∩ membership ∩ free capacity; that they are here is settled before. */
export function isEligible(candidate: Candidate, one: Waiting): boolean {
  return (candidate.inboxIds === "all" || candidate.inboxIds.includes(one.inboxId)) && (one.teamId === undefined || candidate.teamIds.has(one.teamId))
    && one.needs.every((skill) => candidate.skills.includes(skill)) && roomOf(candidate, one.channel) > 0;
}

const AFFINITY = 100;
const FREE = 10;

/**
 * Higher is better; docs/routing.md explains it. 100 for who served this customer last; up to 10 for being free (balanced, skills: the part of
 * their capacity that is free, or 10 ÷ (1 + open) without a limit); −1 for each skill that is not needed here (skills).
 */
export function scoreOf(candidate: Candidate, one: Waiting): number {
  const affinity = candidate.id === one.lastAgentId ? AFFINITY : 0;
  if (one.mode === "round-robin") return affinity;
  const open = total(candidate.load);
  const limit = candidate.capacity["all"] ?? candidate.capacity[one.channel];
  const used = candidate.capacity["all"] === undefined ? (candidate.load.get(one.channel) ?? 0) : open;
  const free = limit === undefined ? FREE / (1 + open) : FREE * Math.max(0, 1 - used / limit);
  const spare = one.mode === "skills" ? candidate.skills.filter((skill) => !one.needs.includes(skill)).length : 0;
  return affinity + free - spare;
}

/** Gives what waits, first come first served, to the best who can take it; equal scores go to who was given something longest ago. */
export function giveOut(waiting: readonly Waiting[], candidates: readonly Candidate[]): { given: Given[]; left: Waiting[] } {
  const given: Given[] = [];
  const left: Waiting[] = [];
  let turn = Math.max(0, ...candidates.map(({ lastGivenAt }) => lastGivenAt));
  const last = new Map(candidates.map(({ id, lastGivenAt }) => [id, lastGivenAt]));
  for (const one of waiting) {
    const [best] = candidates.filter((candidate) => isEligible(candidate, one)).map((candidate) => ({ candidate, score: scoreOf(candidate, one) }))
      .toSorted((a, b) => b.score - a.score || last.get(a.candidate.id)! - last.get(b.candidate.id)! || (a.candidate.id < b.candidate.id ? -1 : 1));
    if (best === undefined) { left.push(one); continue; }
    const { load, id } = best.candidate;
    load.set(one.channel, (load.get(one.channel) ?? 0) + 1);
    last.set(id, ++turn);
    given.push({ conversationId: one.id, agentId: id });
  }
  return { given, left };
}
