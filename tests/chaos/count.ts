/** The verdict, from what everybody could see: which lines arrived, how often, in which order. Pure. */
import type { Shown, Talk } from "./journal.ts";

export interface Figures {
  conversations: number;
  accepted: number;
  mirrored: number;
  /** Agents' lines that the desk took and that were meant for the customer. */
  replied: number;
  delivered: number;
  lost: number;
  doubled: number;
  outOfOrder: number;
  /** A held line that reached the customer, or a text that nobody wrote. */
  leaked: number;
  /** Replies whose thread says that their outcome is not known. */
  unknown: number;
  /** Doubles that the thread had announced: unknown and sent again by hand, or marked "may appear twice". */
  doubledMarked: number;
  held: number;
  heldThenSent: number;
  /** Replies that arrived while the thread says something else. */
  receiptsWrong: number;
  /** Lines that a page missed while it followed its feed. */
  feedMissed: number;
}
export interface Offence { talk: string; what: string }
export interface Verdict { figures: Figures; offences: Offence[] }

const UNKNOWN = "❔";
const ARRIVED = new Set(["✅", "📬", "👁"]);
const MARKS = /\n\(([^()]*)\)$/;
const plain = (text: string) => text.replace(MARKS, "");
const isMarked = (text: string) => /may appear twice/.test(MARKS.exec(text)?.[1] ?? "");

const countBy = (texts: string[]): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
};

/** How many of `seen` come before one that they should follow; a text that is not in `wanted` counts for nothing. */
export function misplaced(wanted: string[], seen: string[]): string[] {
  const place = new Map(wanted.map((text, i) => [text, i]));
  let highest = -1;
  return [...new Set(seen)].filter((text) => {
    const at = place.get(text);
    if (at === undefined) return false;
    if (at < highest) return true;
    highest = at;
    return false;
  });
}

export const noFigures = (): Figures => ({
  conversations: 0, accepted: 0, mirrored: 0, replied: 0, delivered: 0, lost: 0, doubled: 0, outOfOrder: 0, leaked: 0, unknown: 0, doubledMarked: 0,
  held: 0, heldThenSent: 0, receiptsWrong: 0, feedMissed: 0,
});

export function count(talks: Iterable<Talk>): Verdict {
  const figures = noFigures();
  const offences: Offence[] = [];
  for (const talk of talks) {
    figures.conversations++;
    const blame = (key: "lost" | "doubled" | "outOfOrder" | "leaked" | "feedMissed", what: string) => { figures[key]++; offences.push({ talk: talk.name, what: `${key}: ${what}` }); };
    countInbound(talk, figures, blame);
    countOutbound(talk, figures, blame);
    for (let i = 0; i < talk.feedMissed; i++) blame("feedMissed", "the page did not hear of a line while it followed its feed");
  }
  return { figures, offences };
}
type Blame = (key: "lost" | "doubled" | "outOfOrder" | "leaked" | "feedMissed", what: string) => void;

function countInbound(talk: Talk, figures: Figures, blame: Blame): void {
  const posts = talk.threads.flat().filter((post) => post.by === "customer");
  const times = countBy(posts.map((post) => plain(post.text)));
  const marked = new Set(posts.filter((post) => isMarked(post.text)).map((post) => plain(post.text)));
  for (const { text, accepted } of talk.said) {
    const found = times.get(text) ?? 0;
    if (accepted) figures.accepted++;
    if (found > 0) figures.mirrored++;
    if (accepted && found === 0) blame("lost", `the customer's "${text}" is in no thread`);
    if (found < 2) continue;
    if (marked.has(text)) figures.doubledMarked++;
    else blame("doubled", `the customer's "${text}" is ${found} times in the thread`);
  }
  const known = new Set(talk.said.map((line) => line.text));
  for (const text of times.keys()) if (!known.has(text)) blame("leaked", `the thread shows "${text}", which this customer never wrote`);
  for (const text of misplaced(talk.said.map((line) => line.text), posts.map((post) => plain(post.text)).filter((text) => !marked.has(text)))) {
    blame("outOfOrder", `the customer's "${text}" stands in the thread behind a later line`);
  }
}

function countOutbound(talk: Talk, figures: Figures, blame: Blame): void {
  const posts = new Map<string, Shown>(talk.threads.flat().filter((post) => post.by === "agent").map((post) => [plain(post.text), post]));
  const times = countBy(talk.got);
  const inOrder = new Set<string>();
  for (const line of talk.wrote) {
    const post = posts.get(line.text);
    const arrived = times.get(line.text) ?? 0;
    if (post === undefined) {
      if (line.confirmed) blame("lost", `the agent's "${line.text}" was taken by the desk and is in no thread`);
      if (arrived > 0) blame("leaked", `"${line.text}" reached the customer and is in no thread`);
      continue;
    }
    if (post.held) {
      figures.held++;
      if (arrived > 0) blame("leaked", `the held "${line.text}" reached the customer`);
      continue;
    }
    const unknown = post.receipt === UNKNOWN || line.everUnknown;
    figures.replied++;
    if (line.everHeld) figures.heldThenSent++;
    if (unknown) figures.unknown++;
    if (arrived > 0) figures.delivered++;
    if (arrived === 0 && !unknown) blame("lost", `the agent's "${line.text}" (${post.receipt ?? "no receipt"}) did not reach the customer`);
    if (arrived > 1 && unknown && arrived <= 1 + line.retries) figures.doubledMarked++;
    else if (arrived > 1) blame("doubled", `the agent's "${line.text}" reached the customer ${arrived} times`);
    if (arrived > 0 && !unknown && !ARRIVED.has(post.receipt ?? "")) figures.receiptsWrong++;
    if (!unknown && !line.everHeld) inOrder.add(line.text);
  }
  const known = new Set(talk.wrote.map((line) => line.text));
  for (const text of times.keys()) if (!known.has(text)) blame("leaked", `the customer got "${text}", which no agent wrote to them`);
  const wanted = talk.threads.flat().map((post) => plain(post.text)).filter((text) => inOrder.has(text));
  for (const text of misplaced(wanted, talk.got)) blame("outOfOrder", `the agent's "${text}" reached the customer behind a later line`);
}

/** What may never happen, so that the run fails. */
export const harm = (figures: Figures): number => figures.lost + figures.doubled + figures.outOfOrder + figures.leaked + figures.feedMissed;

export const add = (a: Figures, b: Figures): Figures =>
  Object.fromEntries(Object.keys(a).map((key) => [key, a[key as keyof Figures] + b[key as keyof Figures]])) as unknown as Figures;
