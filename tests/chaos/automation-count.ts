/** What automation owes every conversation of the run, and whether it came exactly once. Pure: the run gathers, this judges. */

/** What a program was told, in the order in which it took it. */
export interface Told { id: string; event: string; seq: number; at: number; assignee: string | null; /** Of the timeline: what was changed, and to what. */ change?: string; to?: string; text?: string }
/** Everything that anybody outside can see of one conversation at the end. */
export interface Watched {
  name: string;
  inbox: "queue" | "time";
  /** The thread's lines in the order on screen. */
  thread: string[];
  /** What the customer got, in order. */
  got: string[];
  /** Notices to agents that name it. */
  notices: { agent: string; text: string }[];
  /** Threads in the supervisors' channel that name it. */
  alerts: number;
  told: Told[];
}

export const WORDS = {
  heard: "rule heard it", waited: "rule waited a minute", reply: "A rule says hello.", campaign: "A campaign says hello.", later: "As promised, later.", reminder: "ask the courier", survey: "How was it?", given: / assigned this to (\w+)$/,
  half: "50 % of the time for the first reply is over", over: "The time for the first reply is over", snoozed: " snoozed this until", woken: "Reopened: the snooze ended", resolved: " resolved this conversation", notice: "was given to you",
} as const;

export interface Row { what: string; expected: number; done: number; dropped: number; doubled: number }
export interface Verdict {
  rows: Row[];
  /** Agents who had more than their limit at a moment. */
  overfilled: number;
  /** Events of one conversation that a program took behind a later one. */
  outOfOrder: number;
  /** Said once more after a crash: the same event under the same id, the same notice to the same person. */
  again: { events: number; notices: number };
  offences: string[];
}

const has = (lines: readonly string[], words: string): number => lines.filter((line) => line.includes(words)).length;

/** One line for each thing that is owed once: who owes it, and how often it came. */
const OWED: [what: string, inbox: Watched["inbox"], came: (one: Watched) => number][] = [
  ["rules that heard a line", "time", ({ thread }) => has(thread, WORDS.heard)],
  ["replies of rules, with the customer", "time", ({ got }) => has(got, WORDS.reply)],
  ["rules that waited", "time", ({ thread }) => has(thread, WORDS.waited)],
  // what is late is told together with the next step
  ["warnings at 50 %", "time", ({ thread }) => has(thread, WORDS.half) || Math.min(1, has(thread, WORDS.over))],
  ["warnings at 100 %", "time", ({ thread }) => has(thread, WORDS.over)],
  ["alerts to supervisors", "time", ({ alerts }) => alerts],
  ["given to somebody", "queue", ({ thread }) => thread.filter((line) => WORDS.given.test(line)).length],
  ["messages of a campaign, with the customer", "queue", ({ got }) => has(got, WORDS.campaign)],
  ["replies sent later, with the customer", "queue", ({ got }) => has(got, WORDS.later)],
  ["reminders", "queue", ({ thread }) => has(thread, WORDS.reminder)],
  ["surveys, with the customer", "queue", ({ got }) => has(got, WORDS.survey)],
];

export function judge(all: readonly Watched[], limit: number): Verdict {
  const offences: string[] = [];
  const row = (what: string, of: { name: string; expected: number; dropped: number; doubled: number }[]): Row => {
    for (const { name, dropped, doubled } of of) {
      if (dropped > 0) offences.push(`${name}: dropped ${dropped}: ${what}`);
      if (doubled > 0) offences.push(`${name}: doubled ${doubled}: ${what}`);
    }
    const sum = (pick: (one: (typeof of)[number]) => number) => of.reduce((total, one) => total + pick(one), 0);
    return { what, expected: sum((one) => one.expected), done: sum((one) => one.expected - one.dropped), dropped: sum((one) => one.dropped), doubled: sum((one) => one.doubled) };
  };
  const once = (name: string, came: number) => ({ name, expected: 1, dropped: came === 0 ? 1 : 0, doubled: Math.max(0, came - 1) });

  const rows = OWED.map(([what, inbox, came]) => row(what, all.filter((one) => one.inbox === inbox).map((one) => once(one.name, came(one)))));
  rows.push(row("snoozes that ended", all.filter(({ inbox }) => inbox === "time").map(snoozesOf)));
  rows.push(row("notices of what was given", all.flatMap((one) => ownersOf(one).map((agent) => ({ ...once(one.name, one.notices.filter((notice) => notice.agent === agent && notice.text.includes(WORDS.notice)).length), doubled: 0 })))));
  rows.push(row("events told to a program", all.map(eventsOf)));

  const outOfOrder = all.reduce((sum, { name, told }) => {
    const first = firstTimes(told);
    const late = first.filter(({ seq }, i) => first.slice(0, i).some((before) => before.seq > seq)).length;
    if (late > 0) offences.push(`${name}: out of order ${late}: events told to a program`);
    return sum + late;
  }, 0);
  const overfilled = mostAtOnce(all).filter(([agent, most]) => { if (most > limit) offences.push(`${agent} had ${most} conversations at once`); return most > limit; }).length;
  const noticesAgain = all.reduce((sum, one) => sum + ownersOf(one).reduce((n, agent) => n + Math.max(0, one.notices.filter((notice) => notice.agent === agent && notice.text.includes(WORDS.notice)).length - 1), 0), 0);
  return { rows, overfilled, outOfOrder, again: { events: all.reduce((sum, { told }) => sum + told.length - firstTimes(told).length, 0), notices: noticesAgain }, offences };
}

export const harmOf = ({ rows, overfilled, outOfOrder }: Verdict): number => rows.reduce((sum, { dropped, doubled }) => sum + dropped + doubled, 0) + overfilled + outOfOrder;

/** One snooze is owed; each that began ends, and nothing ends that has not begun. */
function snoozesOf({ name, thread }: Watched): { name: string; expected: number; dropped: number; doubled: number } {
  let asleep = false;
  let begun = 0, doubled = 0;
  for (const line of thread) {
    if (line.includes(WORDS.snoozed)) { if (!asleep) begun++; asleep = true; }
    if (line.includes(WORDS.woken)) { if (!asleep) doubled++; asleep = false; }
  }
  return { name, expected: Math.max(1, begun), dropped: asleep || begun === 0 ? 1 : 0, doubled };
}

const ownersOf = ({ thread }: Watched): string[] => [...new Set(thread.flatMap((line) => WORDS.given.exec(line)?.[1] ?? []))];
const firstTimes = (told: readonly Told[]): Told[] => told.filter(({ id }, i) => told.findIndex((one) => one.id === id) === i);

/** Each line of a conversation is told (the first one as two events), under one id; a line is known by its place, so a gap is one that was dropped. */
function eventsOf({ name, told }: Watched): { name: string; expected: number; dropped: number; doubled: number } {
  const first = firstTimes(told);
  const last = Math.max(0, ...first.map(({ seq }) => seq));
  const places = new Set(first.map(({ seq }) => seq));
  const kinds = new Set(first.map(({ seq, event }) => `${seq} ${event}`));
  const created = first.some(({ event }) => event === "conversation.created") ? 0 : 1;
  return { name, expected: last + 1, dropped: last - places.size + created, doubled: first.length - kinds.size };
}

/** The most that each agent had open at one moment, by the timeline's own times. */
function mostAtOnce(all: readonly Watched[]): [agent: string, most: number][] {
  const steps = all.flatMap(({ told }) => {
    const line = firstTimes(told).toSorted((a, b) => a.seq - b.seq);
    const given = line.find(({ change }) => change === "assigned");
    const resolved = line.find(({ change, to }) => change === "status" && to === "resolved");
    return given?.to === undefined ? [] : [{ agent: given.to, at: given.at, by: 1 }, ...(resolved === undefined ? [] : [{ agent: given.to, at: resolved.at, by: -1 }])];
  }).toSorted((a, b) => a.at - b.at || a.by - b.by);
  const now = new Map<string, number>();
  const most = new Map<string, number>();
  for (const { agent, by } of steps) {
    now.set(agent, (now.get(agent) ?? 0) + by);
    most.set(agent, Math.max(most.get(agent) ?? 0, now.get(agent)!));
  }
  return [...most];
}
