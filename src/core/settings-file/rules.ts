/** Automation rules of the settings file: the list as it stands there is the list, in its order; matched by name. */
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { UserError } from "../errors.ts";
import { didYouMean } from "../model/close-names.ts";
import { newId } from "../model/ids.ts";
import { readWait, RULE_EVENTS, type Rule, type RuleEvent, type RuleStep, type RuleWait } from "../model/rules.ts";
import type { Clock } from "../ports.ts";
import { deskAndText } from "../services/rule-acts-out.ts";
import { RULE_ACTS } from "../services/rule-acts.ts";
import { readyRule, type RuleNames } from "../services/rules.ts";
import type { Store } from "../store/store.ts";
import { textFault } from "./canned.ts";
import type { SettingsFile } from "./shape.ts";
import type { Fault, Path, ReadFile } from "./yaml.ts";

const text = z.string().trim().min(1, "must not be empty").max(8_000, "must have at most 8000 characters");
export const ruleShape = z.strictObject({
  name: z.string().trim().min(1, "must not be empty").max(80).refine((name) => !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(name), "must be one line"),
  on: z.preprocess((value) => (typeof value === "string" ? [value] : value), z.array(z.string().max(100), "must be an event, or a list of them").min(1).max(10)),
  when: z.string().trim().max(2_000).optional(),
  steps: z.array(z.strictObject({ do: z.string().transform((word) => word.toLowerCase()), with: text.optional() })).min(1).max(20),
  enabled: z.boolean().optional(),
  stop: z.boolean().optional(),
  afterRules: z.boolean().optional(),
});

interface Named { name: string }
export interface RuleContext { names: RuleNames; codes: ReadonlySet<string>; macros: readonly Named[]; webhooks: readonly string[]; slas: readonly string[] }

/** Undefined where the file says nothing of them: what is stored stays. */
export function planRules(clock: Clock, file: ReadFile, wanted: SettingsFile, stored: readonly Rule[], context: RuleContext, faults: Fault[]): Rule[] | undefined {
  return wanted.rules?.map((entry, place, all) => {
    const path = ["rules", place];
    if (all.slice(0, place).some(({ name }) => name.toLowerCase() === entry.name.toLowerCase())) faults.push(file.fault([...path, "name"], `There is a second rule named ${entry.name} in this file. Give it another name.`));
    const was = stored.find(({ name }) => name === entry.name);
    const { on, waits } = readOn(file, path, entry.on, faults);
    const steps = entry.steps.map((step): RuleStep => ({ do: step.do, with: step.with ?? "" }));
    for (const [n, step] of steps.entries()) {
      const fault = stepFault(step, context);
      if (fault !== undefined) faults.push(file.fault([...path, "steps", n, fault.at], fault.reason));
    }
    const rule: Rule = {
      _id: was?._id ?? newId(clock.now()), name: entry.name, place, on, waits, when: entry.when ?? "", steps, enabled: entry.enabled ?? true, stop: entry.stop ?? false, afterRules: entry.afterRules ?? false,
      failures: 0, createdAt: was?.createdAt ?? clock.now(),
    };
    try {
      readyRule(rule, context.names, clock.now());
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      faults.push(file.fault([...path, "when"], error.message));
    }
    return rule;
  });
}

function readOn(file: ReadFile, path: Path, words: string[], faults: Fault[]): Pick<Rule, "on" | "waits"> {
  const on: RuleEvent[] = [];
  const waits: RuleWait[] = [];
  for (const [n, word] of words.entries()) {
    const event = RULE_EVENTS.find((one) => one === word.toLowerCase().trim().replace(/\s+/g, " "));
    const wait = event === undefined ? readWait(word) : undefined;
    if (event !== undefined) on.push(event);
    else if (wait !== undefined && "fault" in wait) faults.push(file.fault([...path, "on", n], wait.fault));
    else if (wait !== undefined) waits.push(wait);
  }
  return { on, waits };
}

function stepFault(step: RuleStep, { names, codes, macros, webhooks, slas }: RuleContext): { at: "do" | "with"; reason: string } | undefined {
  const known = [...Object.keys(RULE_ACTS), "macro"];
  if (!known.includes(step.do)) return { at: "do", reason: `A rule can't do ${step.do}.${didYouMean(step.do, known)} It can do: ${known.join(", ")}.` };
  const needs = step.do === "macro" ? "its name" : RULE_ACTS[step.do]!.needs;
  if (needs !== null && step.with === "") return { at: "with", reason: `${step.do} needs ${needs} in with.` };
  const among = (what: string, list: readonly string[]) =>
    list.some((name) => name.toLowerCase() === step.with.toLowerCase().replace(/^@/, "")) ? undefined : { at: "with" as const, reason: `There is no ${what} ${step.with}.${didYouMean(step.with, list)}` };
  switch (step.do) {
    case "reply": case "note": { const reason = textFault(step.with, codes); return reason === undefined ? undefined : { at: "with", reason }; }
    case "canned": return among("canned response", [...codes]);
    case "macro": return macros.some(({ name }) => name === step.with) ? undefined : { at: "with", reason: `There is no macro ${step.with}.${didYouMean(step.with, macros.map(({ name }) => name))}` };
    case "label": case "unlabel": return among("label", names.labels);
    case "assign": return among("agent or team", ["last agent", "nobody", "none", ...names.agents.map(({ name }) => name), ...names.teams.map(({ name }) => name)]);
    case "sla": return among("service level", [...slas, "none", "auto"]);
    case "webhook": return among("webhook", webhooks);
    case "post": {
      const found = deskAndText(step.with, names.desks);
      if (found === null) return { at: "with", reason: "post needs a desk, a colon and the text, such as Escalations: #{{conversation.number}} waits." };
      const reason = textFault(found.rest, codes);
      return reason === undefined ? undefined : { at: "with", reason };
    }
    case "transcript": return step.with === "" || step.with.toLowerCase() === "customer" || z.email().max(254).safeParse(step.with).success ? undefined : { at: "with", reason: `"${step.with}" is no e-mail address; customer, or nothing, means the customer's own.` };
    case "transfer": return among("desk", names.desks.map(({ name }) => name));
    case "priority": return among("priority", ["low", "medium", "high", "urgent", "none"]);
    case "mode": return among("mode", ["reply", "note-first", "team-only"]);
    default: return undefined;
  }
}

const facts = ({ failures: _failures, armFrom: _armFrom, suspended: _suspended, createdAt: _createdAt, ...rule }: Rule) => rule;

/** Applying the file switches a suspended rule on again; one that it does not name any more is gone. */
export async function writeRules(store: Store, wanted: Rule[] | undefined): Promise<string[]> {
  if (wanted === undefined) return [];
  const stored = await store.rules.find().toArray();
  const gone = stored.filter(({ _id }) => !wanted.some((rule) => rule._id === _id));
  const lines: string[] = [];
  for (const { _id, name } of gone) {
    await store.rules.deleteOne({ _id });
    lines.push(`Rule ${name}: removed`);
  }
  for (const rule of wanted) {
    const was = stored.find(({ _id }) => _id === rule._id);
    const same = was !== undefined && isDeepStrictEqual(facts(was), facts(rule));
    if (same && was.suspended === undefined) continue;
    const arms = rule.waits.length > 0 && (was === undefined || was.armFrom !== undefined || !isDeepStrictEqual(was.waits, rule.waits) || !was.enabled);
    await store.rules.replaceOne({ _id: rule._id }, { ...rule, ...(arms ? { armFrom: "" } : {}) }, { upsert: true });
    const told = was === undefined ? "made" : same ? "on again" : isDeepStrictEqual({ ...facts(was), place: 0 }, { ...facts(rule), place: 0 }) ? undefined : "changed";
    if (told !== undefined) lines.push(`Rule ${rule.name}: ${told}`);
  }
  return lines;
}
