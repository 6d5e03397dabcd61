/** Service levels on conversations: every write that changes what a clock looks at carries the clocks with it. Without policies it costs nothing. */
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import type { Predicate } from "../filters/to-predicate.ts";
import { CLOCK_TIME, nextSlaMoment, slaAfter, type Calendar, type SlaPolicy, type SlaState } from "../model/sla.ts";
import type { Conversation } from "../model/types.ts";
import { perOwner } from "../store/together.ts";
import { hoursOf } from "./hours.ts";
import { slaPolicies } from "./inbox-settings.ts";
import { conditionNames, readCondition } from "./routing.ts";

const compiled = perOwner<Core, { of: readonly SlaPolicy[]; predicates: (Predicate | null)[] }>(() => ({ of: [], predicates: [] }));

/** The policy that counts for a conversation: the chosen one, else the first whose condition holds. */
async function policyFor(core: Core, conversation: Conversation): Promise<SlaPolicy | undefined> {
  const policies = await slaPolicies(core);
  if (policies.length === 0 || conversation.slaOff === true) return undefined;
  if (conversation.sla?.chosen === true) return policies.find(({ name }) => name === conversation.sla!.policy);
  const known = compiled(core);
  if (known.of !== policies) Object.assign(known, { of: policies, predicates: await predicatesOf(core, policies) });
  return policies.find((_policy, i) => known.predicates[i]?.(conversation) === true);
}

async function predicatesOf(core: Core, policies: readonly SlaPolicy[]): Promise<(Predicate | null)[]> {
  const names = await conditionNames(core);
  return policies.map(({ name, when }) => {
    if (when === undefined) return () => true;
    try { return readCondition(when, names, core.clock.now()); } catch (error) {
      if (!(error instanceof UserError)) throw error;
      core.log.warn({ code: error.code, policy: name }, `The condition of a service level can't be read and is passed over: ${error.message}`);
      return null;
    }
  });
}

export async function calendarOf(core: Core, policy: SlaPolicy, conversation: Conversation): Promise<Calendar> {
  const hours = policy.working ? await hoursOf(core, conversation) : null;
  return hours === null ? CLOCK_TIME : { between: (a, b) => hours.workingMsBetween(a, b), add: (at, ms) => hours.addWorkingMs(at, ms) };
}

export interface SlaChange { expect: object; set: Partial<Conversation>; unset?: "sla" }
export const NO_SLA: SlaChange = { expect: {}, set: {} };

/** What belongs into the update that makes `change` of a conversation as it was read, at `at`. */
export async function slaOn(core: Core, conversation: Conversation, change: Partial<Conversation>, at: Date): Promise<SlaChange> {
  if (conversation.sla === undefined && (await slaPolicies(core)).length === 0) return NO_SLA;
  const after = { ...conversation, ...change };
  const policy = await policyFor(core, after);
  const { sla } = conversation;
  if (policy === undefined) return sla === undefined ? NO_SLA : { expect: asRead(sla), set: { slaDueAt: null }, unset: "sla" };
  const calendar = await calendarOf(core, policy, after);
  const state = slaAfter(policy, sla, after, at, calendar);
  const slaDueAt = nextSlaMoment(policy, state, at, calendar);
  if (slaDueAt !== null) core.scheduler?.wakeAt("sla", slaDueAt);
  return { expect: asRead(sla), set: { sla: state, slaDueAt } };
}
export const asRead = (sla: SlaState | undefined): object => ({ "sla.rev": sla?.rev ?? { $exists: false } });

/** After a change that conditions may ask for (a label, a team): another policy may count now. */
export async function reviewSla(core: Core, conversation: Conversation): Promise<void> {
  if (conversation.status === "resolved" || (await slaPolicies(core)).length === 0) return;
  if ((await policyFor(core, conversation))?.name === conversation.sla?.policy) return;
  const now = core.clock.now();
  const { expect, set, unset } = await slaOn(core, conversation, {}, now);
  await core.store.conversations.updateOne({ _id: conversation._id, ...expect }, { $set: { ...set, cardDueAt: now }, $inc: { cardRev: 1 }, ...(unset === undefined ? {} : { $unset: { sla: "" as const } }) });
}
