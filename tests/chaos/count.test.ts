/** The count itself must find harm when it is there: a chaos run that can't fail proves nothing. */
import { describe, expect, test } from "vitest";
import { count, harm, misplaced } from "./count.ts";
import type { Shown, Talk } from "./journal.ts";

const customer = (text: string): Shown => ({ text, by: "customer", held: false, receipt: null });
const agent = (text: string, receipt: string | null = "✅", held = false): Shown => ({ text, by: "agent", held, receipt });
const wrote = (text: string, more: Partial<Talk["wrote"][number]> = {}): Talk["wrote"][number] => ({ text, confirmed: true, everHeld: false, everUnknown: false, retries: 0, ...more });

/** Two lines in, two replies out, all well. */
const good = (): Talk => ({
  name: "k1", channel: "telegram", said: [{ text: "k1m1 a", accepted: true }, { text: "k1m2 b", accepted: true }], wrote: [wrote("k1r1 x"), wrote("k1r2 y")],
  threads: [[customer("k1m1 a"), agent("k1r1 x"), customer("k1m2 b"), agent("k1r2 y", "📬")]], got: ["k1r1 x", "k1r2 y"], feedMissed: 0,
});
const judged = (change: (talk: Talk) => void) => { const talk = good(); change(talk); return count([talk]); };

test("a run without harm counts as one", () => {
  const { figures, offences } = count([good()]);
  expect(figures).toMatchObject({ conversations: 1, accepted: 2, mirrored: 2, replied: 2, delivered: 2, lost: 0, doubled: 0, outOfOrder: 0, leaked: 0 });
  expect(offences).toEqual([]);
  expect(harm(figures)).toBe(0);
});

describe("harm is found", () => {
  test.each<[string, keyof ReturnType<typeof count>["figures"], (talk: Talk) => void]>([
    ["an accepted line in no thread", "lost", (t) => { t.threads[0]!.shift(); }],
    ["a reply that never arrived", "lost", (t) => { t.got.pop(); }],
    ["a reply that the desk took and forgot", "lost", (t) => { t.threads[0]!.pop(); t.got.pop(); }],
    ["a failed reply", "lost", (t) => { t.threads[0]![3] = agent("k1r2 y", "⚠️"); t.got.pop(); }],
    ["a line twice in the thread", "doubled", (t) => { t.threads[0]!.push(customer("k1m2 b")); }],
    ["a line in two threads", "doubled", (t) => { t.threads.push([customer("k1m1 a")]); }],
    ["a reply twice at the customer", "doubled", (t) => { t.got.push("k1r2 y"); }],
    ["more arrivals of an unknown one than were asked for", "doubled", (t) => { t.wrote[1]!.everUnknown = true; t.got.push("k1r2 y"); }],
    ["lines in the wrong order in the thread", "outOfOrder", (t) => { t.threads[0]!.reverse(); t.got.reverse(); }],
    ["replies in the wrong order at the customer", "outOfOrder", (t) => { t.got.reverse(); }],
    ["a held line that leaked", "leaked", (t) => { t.threads[0]![3] = agent("k1r2 y", null, true); }],
    ["another customer's line", "leaked", (t) => { t.got.push("k2r1 z"); }],
    ["a feed with a gap", "feedMissed", (t) => { t.feedMissed = 1; }],
  ])("%s", (_what, figure, change) => {
    const { figures, offences } = judged(change);
    expect(figures[figure]).toBe(1);
    expect(offences.some((one) => one.talk === "k1" && one.what.startsWith(figure))).toBe(true);
  });
});

describe("what the thread announced is counted apart", () => {
  test("unknown and not arrived is not lost", () => {
    const { figures } = judged((t) => { t.threads[0]![3] = agent("k1r2 y", "❔"); t.got.pop(); });
    expect(figures).toMatchObject({ unknown: 1, lost: 0 });
  });
  test("unknown, sent again by hand and arrived twice", () => {
    const { figures } = judged((t) => { Object.assign(t.wrote[1]!, { everUnknown: true, retries: 1 }); t.got.push("k1r2 y"); });
    expect(figures).toMatchObject({ unknown: 1, doubled: 0, doubledMarked: 1 });
  });
  test("unknown ones have no place in the order", () => {
    const { figures } = judged((t) => { t.wrote[0]!.everUnknown = true; t.got.reverse(); });
    expect(figures.outOfOrder).toBe(0);
  });
  test("a post made again and marked", () => {
    const { figures } = judged((t) => { t.threads[0]!.push(customer("k1m2 b\n(may appear twice)")); });
    expect(figures).toMatchObject({ doubled: 0, doubledMarked: 1 });
  });
  test("a line whose call broke may be missing", () => {
    const { figures } = judged((t) => { t.wrote.push(wrote("k1r3 z", { confirmed: false })); t.said.push({ text: "k1m3 c", accepted: false }); });
    expect(harm(figures)).toBe(0);
  });
});

test("misplaced names the late ones, once each", () => {
  expect(misplaced(["a", "b", "c"], ["a", "c", "b", "b", "other"])).toEqual(["b"]);
  expect(misplaced(["a", "b", "c"], ["a", "b", "c"])).toEqual([]);
});
