/** Reads .cpuprofile files: where a thread's own time went, by package and by function. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

interface Node { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }
interface CpuProfile { nodes: Node[]; samples: number[]; timeDeltas: number[] }
export interface ProfileSummary { file: string; busyMs: number; groups: { name: string; percent: number }[]; functions: { name: string; percent: number }[] }

const IDLE = new Set(["(idle)", "(program)", "(root)"]);

/** The part of the program that a frame belongs to. */
export function groupOf({ functionName, url }: Node["callFrame"]): string {
  if (functionName === "(garbage collector)") return "garbage collection";
  const path = url.replace(/\\/g, "/");
  const pack = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1];
  if (pack !== undefined) return pack;
  const room = /\/src\/([a-z-]+)(?:\/([a-z-]+)\/)?/.exec(path);
  if (room !== null) return `app: ${room[1]}${room[2] === undefined ? "" : `/${room[2]}`}`;
  if (path.includes("/dist/store/")) return "app: store (worker)";
  if (path.includes("/tests/")) return "bench and fakes";
  return path.startsWith("node:") || path === "" ? "node" : "other";
}

export function summarise(profile: CpuProfile, file: string, top = 15): ProfileSummary {
  const frames = new Map(profile.nodes.map((node) => [node.id, node.callFrame]));
  const groups = new Map<string, number>(), functions = new Map<string, number>();
  let busy = 0;
  for (const [i, id] of profile.samples.entries()) {
    const frame = frames.get(id)!, took = profile.timeDeltas[i] ?? 0;
    if (IDLE.has(frame.functionName)) continue;
    busy += took;
    const group = groupOf(frame), name = `${frame.functionName || "(anonymous)"} · ${group} ${frame.url.split("/").at(-1) ?? ""}:${frame.lineNumber + 1}`;
    groups.set(group, (groups.get(group) ?? 0) + took);
    functions.set(name, (functions.get(name) ?? 0) + took);
  }
  const ranked = (of: Map<string, number>) => [...of].sort((a, b) => b[1] - a[1]).slice(0, top).map(([name, took]) => ({ name, percent: Math.round((took * 1_000) / busy) / 10 }));
  return { file, busyMs: Math.round(busy / 1_000), groups: ranked(groups), functions: ranked(functions) };
}

/** The profiles of a folder that show our own code (the loader's thread writes one too), the busiest first. */
export const readProfiles = (folder: string): ProfileSummary[] => readdirSync(folder).filter((name) => name.endsWith(".cpuprofile"))
  .map((name) => summarise(JSON.parse(readFileSync(join(folder, name), "utf8")) as CpuProfile, join(folder, name)))
  .filter((summary) => summary.groups.some(({ name }) => name.startsWith("app: "))).sort((a, b) => b.busyMs - a.busyMs);
