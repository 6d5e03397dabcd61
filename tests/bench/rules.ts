/** What 200 rules add to a message: which of them hear it, and what each says to it, as the engine asks them. Without the store. */
import { readyRule, type ReadyRule } from "../../src/core/services/rules.ts";
import { NO_EVENT, type EventFacts } from "../../src/core/filters/event.ts";
import type { Conversation } from "../../src/core/model/types.ts";

const RULES = 200;
const WARM_UP = 500;
const at = new Date("2026-11-20T12:00:00Z");
const names = {
  agents: [{ _id: "a1", name: "Mara" }], teams: [{ _id: "t1", name: "Billing", memberIds: ["a1"] }], inboxes: [{ _id: "i1", name: "Website" }, { _id: "i2", name: "Bot" }], desks: [{ _id: "d1", name: "Support" }],
  labels: Array.from({ length: 50 }, (_, n) => `label-${n}`),
};
/** Rules as teams write them: words, labels, owners, and one in ten that asks how long something has lasted. */
const CONDITIONS = [
  (n: number) => `kind:incoming "word${n}" label:label-${n % 50}`, (n: number) => `inbox:Website subject:invoice${n} assignee:none`, (n: number) => `(priority>medium OR label:label-${n % 50}) "refund${n}*" by:customer`,
  (n: number) => `channel:telegram hours:closed NOT "word${n} word${n + 1}"`, (n: number) => `status:open,pending language:german team:Billing "order ${n}"`,
];
const conditionOf = (n: number): string => (n % 10 === 0 ? `waiting>${n + 1}m created:7d "word${n}"` : CONDITIONS[n % CONDITIONS.length]!(n));

/** Figures in milliseconds for one message, by the clock and (where others use the machine) by the processor; `rulesThatHeld` shows that they were asked. */
export function runRules(ms: number): Record<string, number> {
  const rules: ReadyRule[] = Array.from({ length: RULES }, (_, n) => readyRule({
    _id: `r${n}`, name: `Rule ${n}`, place: n, on: ["message created"], waits: [], when: conditionOf(n), steps: [{ do: "label", with: "label-1" }], enabled: true, stop: false, afterRules: false, failures: 0, createdAt: at,
  }, names, at));
  const conversation = {
    _id: "c1", number: 1042, inboxId: "i1", channel: "widget", deskTargetId: "d1", status: "open", subject: "My invoice", contactName: "Ana", labels: ["label-1", "label-7"], assigneeId: null, priority: "high", language: "de", teamId: "t1",
    waitingSince: new Date(at.getTime() - 600_000), createdAt: new Date(at.getTime() - 3_600_000), lastMessageAt: at, resolvedAt: null,
  } as unknown as Conversation;
  const text = "Guten Tag, I wrote yesterday about order 44 and word7 of it. Please send refund82 and the invoice again. ".repeat(10);
  const event: EventFacts = { ...NO_EVENT, text, kind: "incoming", by: "customer" };
  const samples: number[] = [];
  const cpu: number[] = [];
  let held = 0;
  let now = at.getTime();
  const once = () => { held = 0; now += 2_000; for (const { holds } of rules) if (holds(conversation, event, new Date(now))) held++; };
  for (let n = 0; n < WARM_UP; n++) once();
  for (const end = performance.now() + ms; performance.now() < end;) {
    const used = process.cpuUsage();
    const begun = performance.now();
    once();
    samples.push(performance.now() - begun);
    const { user, system } = process.cpuUsage(used);
    cpu.push((user + system) / 1_000);
  }
  const quantile = (of: number[], q: number) => Number(of.toSorted((a, b) => a - b)[Math.floor((of.length - 1) * q)]!.toFixed(3));
  return { rules: RULES, rulesThatHeld: held, rulesMsP50: quantile(samples, 0.5), rulesMsP99: quantile(samples, 0.99), rulesCpuMsP99: quantile(cpu, 0.99) };
}
