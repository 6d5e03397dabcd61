/** The table for people, the figures for machines, and the story of what went wrong. */
import { add, harm, noFigures, type Figures } from "./count.ts";
import type { PhaseResult } from "./phase.ts";

const ROWS: [keyof Figures, string][] = [
  ["accepted", "customers' lines accepted"], ["mirrored", "… in a thread"], ["replied", "agents' replies"], ["delivered", "… with the customer"],
  ["lost", "lost (must be 0)"], ["doubled", "doubled (must be 0)"], ["outOfOrder", "out of order (must be 0)"], ["leaked", "leaked (must be 0)"], ["feedMissed", "missed by a page (must be 0)"],
  ["unknown", "unknown, and shown so"], ["doubledMarked", "doubled, and announced"], ["held", "held"], ["heldThenSent", "held, then sent by hand"], ["receiptsWrong", "arrived, but shown otherwise"],
];
/** Conversations whose story is printed. */
const STORIES = 3;

export const total = (results: PhaseResult[]): Figures => results.map((one) => one.figures).reduce(add, noFigures());
export const failed = (result: PhaseResult): boolean => harm(result.figures) > 0 || result.crashes.length > 0 || !result.rested;

export function printTable(results: PhaseResult[], print: (line: string) => void): void {
  const columns = [...results.map((one) => ({ name: one.name, figures: one.figures })), ...(results.length > 1 ? [{ name: "all", figures: total(results) }] : [])];
  const row = (head: string, cells: (string | number)[]) => print(`  ${head.padEnd(32)}${cells.map((cell) => String(cell).padStart(9)).join("")}`);
  print("");
  row("", columns.map((one) => one.name));
  for (const [key, words] of ROWS) row(words, columns.map((one) => one.figures[key]));
  row("seconds until rest", results.map((one) => (one.rested ? one.restSeconds : "never")));
  row("seconds down after kills", results.map((one) => one.downSeconds ?? 0));
  print("");
  for (const result of results) {
    for (const crash of result.crashes) print(`  ${result.name}: ${crash}`);
    for (const [words, times] of [...result.errors].sort((a, b) => b[1] - a[1]).slice(0, 8)) print(`  ${result.name}: logged ${times} times: ${words}`);
  }
}

/** The first conversations that were harmed, from their first line on. */
export function tellStories(result: PhaseResult, print: (line: string) => void): void {
  for (const { talk, what } of result.offences.slice(0, 20)) print(`  ${result.name} ${talk}: ${what}`);
  for (const name of [...new Set(result.offences.map((one) => one.talk))].slice(0, STORIES)) {
    const talk = result.journal.talks.get(name)!;
    print(`\n  ${result.name}: what happened in ${name} (${talk.channel})`);
    for (const event of result.journal.events) if (event.talk === name || event.talk === null) print(`    ${(event.at / 1_000).toFixed(2).padStart(7)} s  ${event.what}`);
    for (const [i, thread] of talk.threads.entries()) {
      print(`    thread ${i + 1}:`);
      for (const post of thread) print(`      ${post.by}${post.held ? " (held)" : ""} ${post.receipt ?? ""} ${post.text}`);
    }
    print(`    the customer has: ${talk.got.join(" · ")}`);
  }
}

/** One line of JSON: every figure by its name, all phases together and each alone. */
export function asJson(results: PhaseResult[], more: { desk: string; channels: string[]; seed: number; seconds: number; ok: boolean }): string {
  const phases = Object.fromEntries(results.map((one) => [one.name, { ...one.figures, rested: one.rested, restSeconds: one.restSeconds, downSeconds: one.downSeconds ?? 0, crashes: one.crashes.length, errorsLogged: [...one.errors.values()].reduce((a, b) => a + b, 0) }]));
  return JSON.stringify({ ...more, ...total(results), phases });
}
