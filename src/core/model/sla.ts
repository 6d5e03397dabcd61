/** Service levels as pure rules: which clocks run, what is due when, and what a policy's steps say. */
import type { Status } from "./types.ts";

/** First reply, each later reply, and until it is resolved. */
export const SLA_CLOCKS = ["first", "next", "resolution"] as const;
export type SlaClockName = (typeof SLA_CLOCKS)[number];
export const SLA_TELLS = ["thread", "assignee", "team", "supervisors"] as const;
export type SlaTell = (typeof SLA_TELLS)[number];
/** `at`: per cent of the target that are used up. */
export interface SlaStep { at: number; tell: SlaTell }

export interface SlaPolicy {
  name: string;
  /** In the filter language; absent: every conversation. The first policy that fits counts. */
  when?: string;
  /** Milliseconds, of the clock or of working hours. */
  targets: Partial<Record<SlaClockName, number>>;
  /** True: only the working hours of the team or inbox count. */
  working: boolean;
  pauseOn: Status[];
  /** Rising. */
  steps: SlaStep[];
  /** Desk target that is told at the step "supervisors". */
  supervisorsId?: string;
}

export interface SlaClock {
  /** Names what is waited for; a new wait has a new one. */
  key: string;
  startedAt: Date;
  /** Used up until `since`, or until it paused. */
  elapsedMs: number;
  /** Runs since; null: paused. */
  since: Date | null;
  /** Null while it is paused, and where working hours never reach it. */
  dueAt: Date | null;
  targetMs: number;
  /** Steps that were told. */
  step: number;
  missed?: true;
  acked?: true;
}
export interface SlaResult { key: string; clock: SlaClockName; result: "hit" | "miss"; startedAt: Date; dueAt: Date | null; endedAt: Date }
export interface SlaState {
  /** Rises with each change: who writes it says which one they read. */
  rev: number;
  policy: string;
  /** Somebody chose it: conditions are not asked. */
  chosen?: true;
  clocks: Partial<Record<SlaClockName, SlaClock>>;
  /** It was resolved before: a new clock for that begins when it is opened again. */
  wasResolved?: true;
  /** Not in the records yet. */
  results: SlaResult[];
}
/** What a conversation document says of its service level. */
export interface SlaFacts {
  sla?: SlaState;
  /** No policy, by somebody's word. */
  slaOff?: true;
  /** When something has to be done: a step, a miss, or results to record. Indexed. */
  slaDueAt?: Date | null;
}
/** A clock that was met or missed, as reports read it. */
export interface SlaRecord extends Omit<SlaResult, "key"> { _id: string; conversationId: string; inboxId: string; teamId?: string; assigneeId: string | null; policy: string }

export type SlaFact = { type: "sla"; clock: SlaClockName; percent: number; dueAt: Date | null; told: string[] } | { type: "acked" } | { type: "slaPolicy"; to: string | null };

export interface SlaInput { status: Status; waitingSince: Date | null; firstReplyAt: Date | null; createdAt: Date }
/** Milliseconds between two moments that count, and the moment by which so many have passed (null: never). */
export interface Calendar { between(a: Date, b: Date): number; add(at: Date, ms: number): Date | null }
export const CLOCK_TIME: Calendar = { between: (a, b) => b.getTime() - a.getTime(), add: (at, ms) => new Date(at.getTime() + ms) };

const elapsed = (clock: SlaClock, at: Date, calendar: Calendar): number => clock.elapsedMs + (clock.since === null ? 0 : Math.max(0, calendar.between(clock.since, at)));
const dueOf = (clock: Pick<SlaClock, "since" | "targetMs" | "elapsedMs">, calendar: Calendar): Date | null => (clock.since === null ? null : calendar.add(clock.since, Math.max(0, clock.targetMs - clock.elapsedMs)));

/** Which waits there are now, by clock: their key and beginning. */
function waits(policy: SlaPolicy, state: SlaState | undefined, now: SlaInput, at: Date): Partial<Record<SlaClockName, { key: string; startedAt: Date }>> {
  const { status, waitingSince, firstReplyAt } = now;
  const since = status === "resolved" ? null : waitingSince;
  const running = state?.clocks.resolution;
  const opened = running?.startedAt ?? (state?.wasResolved === true ? at : now.createdAt);
  return {
    ...(policy.targets.first !== undefined && firstReplyAt === null && since !== null ? { first: { key: "first", startedAt: since } } : {}),
    ...(policy.targets.next !== undefined && firstReplyAt !== null && since !== null ? { next: { key: `next:${since.getTime()}`, startedAt: since } } : {}),
    ...(policy.targets.resolution !== undefined && status !== "resolved" ? { resolution: { key: running?.key ?? `resolution:${opened.getTime()}`, startedAt: opened } } : {}),
  };
}

/** The state after something changed at `at`; `now` is what the conversation is since. Repeating it changes nothing more. */
export function slaAfter(policy: SlaPolicy, state: SlaState | undefined, now: SlaInput, at: Date, calendar: Calendar): SlaState {
  const wanted = waits(policy, state, now, at);
  const paused = policy.pauseOn.includes(now.status);
  const results = [...(state?.results ?? [])];
  const clocks: SlaState["clocks"] = {};
  for (const name of SLA_CLOCKS) {
    const was = state?.clocks[name];
    const wish = wanted[name];
    if (was !== undefined && was.key !== wish?.key) end(name, was);
    if (wish === undefined) continue;
    const from: SlaClock = was?.key === wish.key ? was : { key: wish.key, startedAt: wish.startedAt, elapsedMs: 0, since: wish.startedAt, dueAt: null, targetMs: 0, step: 0 };
    const ticking = !paused;
    const moves = ticking !== (from.since !== null);
    const clock = { ...from, targetMs: policy.targets[name]!, elapsedMs: moves ? elapsed(from, at, calendar) : from.elapsedMs, since: moves ? (ticking ? at : null) : from.since };
    clocks[name] = { ...clock, dueAt: dueOf(clock, calendar) };
  }
  const resolved = state?.wasResolved === true || now.status === "resolved";
  return { rev: (state?.rev ?? 0) + 1, policy: policy.name, ...(state?.chosen === true ? { chosen: true } : {}), clocks, ...(resolved ? { wasResolved: true } : {}), results };

  function end(name: SlaClockName, clock: SlaClock): void {
    // Resolved without an answer: nobody was answered in time or too late.
    if (clock.missed === true || (name !== "resolution" && now.status === "resolved")) return;
    const endedAt = name === "first" && now.firstReplyAt !== null ? now.firstReplyAt : at;
    results.push({ key: clock.key, clock: name, result: elapsed(clock, endedAt, calendar) <= clock.targetMs ? "hit" : "miss", startedAt: clock.startedAt, dueAt: clock.dueAt, endedAt });
  }
}

/** When the state asks for something next; null: not by itself. */
export function nextSlaMoment(policy: Pick<SlaPolicy, "steps">, state: SlaState, at: Date, calendar: Calendar): Date | null {
  if (state.results.length > 0) return at;
  const moments = Object.values(state.clocks).flatMap((clock) => {
    if (clock.since === null) return [];
    const step = clock.acked === true ? undefined : policy.steps[clock.step];
    const stepAt = step === undefined ? null : calendar.add(clock.since, Math.max(0, clock.targetMs * step.at / 100 - clock.elapsedMs));
    return [...(stepAt === null ? [] : [stepAt]), ...(clock.missed === true || clock.dueAt === null ? [] : [clock.dueAt])];
  });
  return moments.length === 0 ? null : new Date(Math.min(...moments.map((moment) => moment.getTime())));
}

export interface Told { clock: SlaClockName; percent: number; dueAt: Date | null; tell: SlaTell[] }
/** Steps and misses that are reached at `at`; steps that an outage delayed are told together. */
export function slaReached(policy: Pick<SlaPolicy, "steps">, state: SlaState, at: Date, calendar: Calendar): { state: SlaState; told: Told[] } {
  const told: Told[] = [];
  const results: SlaResult[] = [];
  const clocks: SlaState["clocks"] = {};
  for (const name of SLA_CLOCKS) {
    const clock = state.clocks[name];
    if (clock === undefined) continue;
    if (clock.since === null) { clocks[name] = clock; continue; }
    const percent = 100 * elapsed(clock, at, calendar) / clock.targetMs;
    const reached = clock.acked === true ? [] : policy.steps.slice(clock.step).filter((step) => step.at <= percent + 1e-9);
    const misses = clock.missed !== true && percent >= 100 - 1e-9;
    if (misses) results.push({ key: clock.key, clock: name, result: "miss", startedAt: clock.startedAt, dueAt: clock.dueAt, endedAt: at });
    if (reached.length > 0) told.push({ clock: name, percent: reached.at(-1)!.at, dueAt: clock.dueAt, tell: [...new Set(reached.map(({ tell }) => tell))] });
    clocks[name] = { ...clock, step: clock.step + reached.length, ...(misses ? { missed: true as const } : {}) };
  }
  return { state: { ...state, rev: state.rev + 1, clocks, results: [...state.results, ...results] }, told };
}

/** Whether somebody was warned and nobody has said yet that they look after it. */
export const isAlarmed = ({ sla }: SlaFacts): boolean => Object.values(sla?.clocks ?? {}).some(({ step, acked }) => step > 0 && acked !== true);
