/** Macros of the settings file: matched by name, every step checked as far as it can be without a conversation. */
import { didYouMean } from "../model/close-names.ts";
import { newId } from "../model/ids.ts";
import type { Macro } from "../model/types.ts";
import type { Clock } from "../ports.ts";
import { STEPS } from "../verbs/run-macro.ts";
import { textFault } from "./canned.ts";
import { matchEntries } from "./match.ts";
import type { Wish } from "./plan.ts";
import type { SettingsFile } from "./shape.ts";
import type { Fault, ReadFile } from "./yaml.ts";

interface Named { name: string }
interface Names { agents: readonly Named[]; teams: readonly Named[]; labels: readonly Named[]; codes: ReadonlySet<string> }
type Step = NonNullable<SettingsFile["macros"]>[number]["steps"][number];

export function planMacros(clock: Clock, file: ReadFile, wanted: SettingsFile, stored: Macro[], names: Names, faults: Fault[]): Wish<Macro>[] {
  const entries = wanted.macros ?? [];
  const found = matchEntries(file, entries.map((entry, i) => ({ path: ["macros", i], name: entry.name, identity: entry.name })), stored,
    { noun: "macro", identityPath: "name", identityOf: (macro) => macro.name, refusal: () => "is spelt the same but for case" }, faults);
  return entries.map((entry, i) => {
    for (const [at, step] of entry.steps.entries()) {
      const fault = stepFault(step, names);
      if (fault !== undefined) faults.push(file.fault(["macros", i, "steps", at, fault.at], fault.reason));
    }
    const steps = entry.steps.map((step) => ({ do: step.do, with: step.with ?? "" }));
    return { was: found[i], now: { _id: found[i]?._id ?? newId(clock.now()), name: entry.name, steps }, secretsChanged: [] };
  });
}

function stepFault(step: Step, { agents, teams, labels, codes }: Names): { at: "do" | "with"; reason: string } | undefined {
  const spec = Object.hasOwn(STEPS, step.do) ? STEPS[step.do] : undefined;
  if (spec === undefined) return { at: "do", reason: `A macro can't do ${step.do}.${didYouMean(step.do, Object.keys(STEPS))} It can do: ${Object.keys(STEPS).join(", ")}.` };
  const given = step.with ?? "";
  if (spec.needs !== null && given === "") return { at: "with", reason: `${step.do} needs ${spec.needs} in with.` };
  const among = (what: string, known: readonly string[]) =>
    known.some((name) => name.toLowerCase() === given.toLowerCase().replace(/^@/, "")) ? undefined : { at: "with" as const, reason: `There is no ${what} ${given}.${didYouMean(given, known)}` };
  switch (step.do) {
    case "reply": case "note": {
      const reason = textFault(given, codes);
      return reason === undefined ? undefined : { at: "with", reason };
    }
    case "canned": return among("canned response", [...codes]);
    case "label": return among("label", labels.map(({ name }) => name));
    case "assign": return among("agent or team", ["me", ...agents.map(({ name }) => name), ...teams.map(({ name }) => name)]);
    default: return undefined;
  }
}
