/** The table with its goals, and the JSON. */
import type { FloorFigures, PerMessage, SizeFigures } from "./flows.ts";
import type { ProfileSummary } from "./profile.ts";

export interface Results { desk: "fake" | "slack" | "discord"; sizes: SizeFigures[]; floor: FloorFigures; perMessage: PerMessage; fdatasyncMs: number; concurrency: number; node: string; profiles: ProfileSummary[] }

const ratio = (a: number, b: number): number => Math.round((a / b) * 100) / 100;
const nameOf = (messages: number): string => (messages >= 1e6 ? `${messages / 1e6}M` : `${messages / 1e3}k`);

/** How far the application is from the floor; above 1 it is slower. */
export const ratios = ({ sizes, floor }: Results) => {
  const first = sizes[0]!, last = sizes.at(-1)!;
  return {
    ratioInbound: ratio(floor.inbound, first.inbound), ratioOutbound: ratio(floor.outbound, first.outbound), ratioBoth: ratio(floor.both, first.both),
    growth: ratio(Math.max(first.inbound / last.inbound, first.outbound / last.outbound), 1),
  };
};

interface Goal { what: string; value: number; goal: string; met: boolean }

export function goals(results: Results): Goal[] {
  const first = results.sizes[0]!, last = results.sizes.at(-1)!;
  const { ratioInbound, ratioOutbound, growth } = ratios(results);
  const rate = Math.min(first.inbound, first.outbound, first.both), p99 = Math.max(first.latency.inbound50.p99, first.latency.outbound50.p99);
  const worst = Math.max(ratioInbound, ratioOutbound), memory = Math.max(...results.sizes.map((size) => size.rssAnonMb));
  return [
    { what: "messages/s, the slowest of in, out, both", value: rate, goal: "≥ 300 (150 at least)", met: rate >= 300 },
    { what: "p99 at 50/s in ms, the slower direction", value: p99, goal: "≤ 60", met: p99 <= 60 },
    { what: "floor / application, the worse direction", value: worst, goal: "≤ 2.5", met: worst <= 2.5 },
    ...(results.sizes.length < 2 ? [] : [{ what: `messages/s with ${nameOf(first.messages)} / with ${nameOf(last.messages)}`, value: growth, goal: "≤ 1.3", met: growth <= 1.3 }]),
    { what: "RssAnon in MB, the highest", value: memory, goal: "≤ 300", met: memory <= 300 },
  ];
}

const DESKS: Record<Results["desk"], string> = {
  fake: "  The desk is in the application's process. The floor posts nothing.",
  slack: "  The desk is a fake Slack in a process of its own. The floor makes one chat.postMessage for each line in, and acknowledges all events over one socket; no receipts, no cards.",
  discord: "  The desk is a fake Discord in a process of its own. The floor makes one message for each line in, and hears all events over one gateway connection; no receipts, no cards, no tags.",
};

export function printTable(results: Results, print: (line: string) => void): void {
  const { sizes, floor, perMessage } = results;
  const columns = [...sizes.map((size) => nameOf(size.messages)), "floor"];
  const row = (head: string, cells: (number | string)[]) => print(`  ${head.padEnd(36)}${cells.map((cell) => String(cell).padStart(18)).join("")}`);
  print("");
  print(`  Node ${results.node}, ${results.concurrency} at once; fdatasync of this disk ${results.fdatasyncMs} ms. Off: undo window, double-reply seconds, rate buckets.`);
  print(DESKS[results.desk]);
  print(`  Store commands per message: inbound ${perMessage.inbound.writes} writes and ${perMessage.inbound.reads} reads, outbound ${perMessage.outbound.writes} and ${perMessage.outbound.reads}:`);
  for (const way of ["inbound", "outbound"] as const) print(`    ${way}: ${Object.entries(perMessage[way].by).sort((a, b) => b[1] - a[1]).map(([name, times]) => `${name} ${times}`).join(", ")}`);
  print("");
  row("messages stored before", columns);
  row("messages/s in (webhook → post)", [...sizes.map((size) => size.inbound), floor.inbound]);
  row("messages/s out (reply → call)", [...sizes.map((size) => size.outbound), floor.outbound]);
  row("messages/s by turns", [...sizes.map((size) => size.both), floor.both]);
  for (const key of ["inbound50", "outbound50", "inbound200", "outbound200"] as const) {
    const words = (value: { p50: number; p95: number; p99: number }) => `${value.p50.toFixed(0)}/${value.p95.toFixed(0)}/${value.p99.toFixed(0)}`;
    const below = key === "inbound50" || key === "outbound50" ? words(floor.latency[key]) : "";
    row(`ms p50/p95/p99, ${key.replace(/(\d+)/, " $1/s")}`, [...sizes.map((size) => words(size.latency[key])), below]);
  }
  row("processor ms/message, main + others", [...sizes.map(({ cpuMs }) => `${cpuMs.main} + ${cpuMs.others}`), ""]);
  row("RssAnon MB after", [...sizes.map((size) => size.rssAnonMb), ""]);
  print("");
  for (const { what, value, goal, met } of goals(results)) print(`  ${met ? "met " : "NOT "} ${what.padEnd(46)} ${String(value).padStart(9)}   goal ${goal}`);
  for (const profile of results.profiles) {
    print(`\n  ${profile.file}: ${profile.busyMs} ms busy`);
    print(`    by package: ${profile.groups.map(({ name, percent }) => `${name} ${percent} %`).join(", ")}`);
    for (const { name, percent } of profile.functions) print(`    ${String(percent).padStart(5)} %  ${name}`);
  }
}

/** One line of JSON with every figure by its name. */
export const asJson = (results: Results): string => {
  const { profiles: _profiles, ...figures } = results;
  return JSON.stringify({ ...figures, ...ratios(results), goals: Object.fromEntries(goals(results).map(({ what, value, met }) => [what, { value, met }])) });
};
