/** What service levels ask for at a time: warnings, misses, records; and what people say about them. */
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import { newId } from "../model/ids.ts";
import { isAlarmed, nextSlaMoment, slaReached, type SlaPolicy, type SlaRecord, type SlaState, type Told } from "../model/sla.ts";
import type { Telling } from "../model/tellings.ts";
import type { Author, Conversation, OutboxEntry } from "../model/types.ts";
import { isDuplicateKey } from "../store/store.ts";
import { drainOutbox } from "./apply.ts";
import { changeConversation } from "./change-conversation.ts";
import { allAgents, allTeams, slaPolicies } from "./inbox-settings.ts";
import { asRead, calendarOf, slaOn } from "./sla.ts";

const SYSTEM: Author = { type: "system", name: "Threadline" };
const BATCH = 100;

/** Tells and records all that is due. Answers how many, and when the next is. */
export async function workSla(core: Core): Promise<{ due: number; next: Date | null }> {
  const { conversations } = core.store;
  let due = 0;
  for (;;) {
    const now = core.clock.now();
    const batch = await conversations.find({ slaDueAt: { $gt: new Date(0), $lte: now } }).sort({ slaDueAt: 1 }).limit(BATCH).toArray();
    let done = 0;
    for (const conversation of batch) if (await workOne(core, conversation, now)) done++;
    due += done;
    if (batch.length < BATCH || done === 0) break;
  }
  const next = await conversations.find({ slaDueAt: { $gt: core.clock.now() } }, { projection: { slaDueAt: 1 } }).sort({ slaDueAt: 1 }).limit(1).next();
  return { due, next: next?.slaDueAt ?? null };
}

/** Recorded first, under a key of its own; then one update, under the revision that was read, that tells it. False: somebody else was faster. */
async function workOne(core: Core, conversation: Conversation, now: Date): Promise<boolean> {
  const { sla } = conversation;
  const policy = sla === undefined ? undefined : (await slaPolicies(core)).find(({ name }) => name === sla.policy);
  if (sla === undefined || policy === undefined) return (await core.store.conversations.updateOne({ _id: conversation._id, slaDueAt: conversation.slaDueAt!, ...asRead(sla) }, { $set: { slaDueAt: null } })).modifiedCount > 0;
  const calendar = await calendarOf(core, policy, conversation);
  const { state: reached, told } = slaReached(policy, sla, now, calendar);
  await record(core, conversation, reached);
  const state = { ...reached, results: [] };
  const people = await Promise.all(told.map((one) => whom(core, conversation, policy, one)));
  const outbox = told.map((one, i): OutboxEntry => ({ id: newId(now), at: now, actor: SYSTEM, what: { type: "sla", clock: one.clock, percent: one.percent, dueAt: one.dueAt, told: people[i]!.names }, ...tellOf(policy, conversation, one, people[i]!.agentIds) }));
  const slaDueAt = nextSlaMoment(policy, state, now, calendar);
  const after = await core.store.conversations.findOneAndUpdate({ _id: conversation._id, ...asRead(sla) }, { $set: { sla: state, slaDueAt, cardDueAt: now }, $inc: { cardRev: 1 }, ...(outbox.length === 0 ? {} : { $push: { outbox: { $each: outbox } } }) }, { returnDocument: "after" });
  if (after === null) return false;
  await drainOutbox(core, after);
  core.bus.publish({ type: "conversation.changed", conversationId: after._id });
  core.bus.publish({ type: "lane.due", lane: "mirror", conversationId: after._id });
  return true;
}

const WAITS_FOR = { first: "the first reply", next: "a reply", resolution: "being resolved" } as const;
const slaWords = ({ clock, percent }: Pick<Told, "clock" | "percent">): string => (percent >= 100 ? `it has waited too long for ${WAITS_FOR[clock]}` : `${percent} % of the time for ${WAITS_FOR[clock]} is over`);

function tellOf({ supervisorsId }: SlaPolicy, { _id, number, contactName, sla }: Conversation, told: Told, agentIds: string[]): Pick<OutboxEntry, "tell"> {
  const text = `#${number} (${contactName}): ${slaWords(told)}`;
  const tell: Telling[] = agentIds.map((agentId) => ({ to: "agent", agentId, text, buttons: [{ id: "ack", label: "Ack" }] }));
  if (told.tell.includes("supervisors") && supervisorsId !== undefined) tell.push({ to: "channel", targetId: supervisorsId, key: `sla:${_id}:${sla!.clocks[told.clock]!.key}`, text });
  return tell.length === 0 ? {} : { tell };
}

async function whom(core: Core, { assigneeId, teamId }: Conversation, { supervisorsId }: SlaPolicy, { tell }: Told): Promise<{ agentIds: string[]; names: string[] }> {
  const [agents, teams] = await Promise.all([allAgents(core), allTeams(core)]);
  const team = tell.includes("team") ? teams.find(({ _id }) => _id === teamId) : undefined;
  const agentIds = [...new Set([...(tell.includes("assignee") && assigneeId !== null ? [assigneeId] : []), ...(team?.memberIds ?? [])])];
  const owner = tell.includes("assignee") ? agents.find(({ _id }) => _id === assigneeId)?.name : undefined;
  return { agentIds, names: [...(owner === undefined ? [] : [owner]), ...(team === undefined ? [] : [`the team ${team.name}`]), ...(tell.includes("supervisors") && supervisorsId !== undefined ? ["the supervisors"] : [])] };
}

async function record(core: Core, { _id: conversationId, inboxId, teamId, assigneeId }: Conversation, { policy, results }: SlaState): Promise<void> {
  if (results.length === 0) return;
  const records = results.map(({ key, ...result }): SlaRecord => ({ _id: `${conversationId}:${key}`, conversationId, inboxId, ...(teamId === undefined ? {} : { teamId }), assigneeId, policy, ...result }));
  try {
    await core.store.slaRecords.insertMany(records, { ordered: false });
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
  }
}

/** Somebody looks after it: no further step of what runs now is told. @throws {UserError} ALREADY_SO */
export async function acknowledge(core: Core, act: { conversation: Conversation; actor: Author }): Promise<void> {
  for (let current: Conversation | null = act.conversation; current !== null; current = await core.store.conversations.findOne({ _id: act.conversation._id })) {
    const { sla } = current;
    if (sla === undefined || !isAlarmed(current)) throw new UserError("ALREADY_SO", `Nobody was warned about #${current.number} that has not been acknowledged; nothing changed.`);
    const state: SlaState = { ...sla, rev: sla.rev + 1, clocks: Object.fromEntries(Object.entries(sla.clocks).map(([name, clock]) => [name, clock.step > 0 ? { ...clock, acked: true as const } : clock])) };
    if ((await changeConversation(core, current._id, act.actor, { expect: asRead(sla), set: { sla: state }, activity: [{ type: "acked" }] })) !== null) return;
  }
}

/** `policy`: by name; "auto": by condition again; null: none. @throws {UserError} NOT_FOUND */
export async function chooseSla(core: Core, act: { conversation: Conversation; actor: Author; policy: string | null | "auto" }): Promise<string | null> {
  const policies = await slaPolicies(core);
  const chosen = act.policy === null || act.policy === "auto" ? undefined : policies.find(({ name }) => name.toLowerCase() === act.policy!.toLowerCase());
  if (chosen === undefined && act.policy !== null && act.policy !== "auto") throw new UserError("NOT_FOUND", `There is no service level ${act.policy}.${policies.length === 0 ? " An administrator adds them in the settings file, under sla." : ` There is ${policies.map(({ name }) => name).join(", ")}.`}`);
  for (let current: Conversation | null = act.conversation; current !== null; current = await core.store.conversations.findOne({ _id: act.conversation._id })) {
    const now = core.clock.now();
    const { slaOff: _off, sla, ...rest } = current;
    const { chosen: _chosen, ...free } = sla ?? { rev: 0, policy: "", clocks: {}, results: [] };
    const before: Conversation = { ...rest, ...(act.policy === null ? { slaOff: true as const } : {}), ...(sla === undefined && chosen === undefined ? {} : { sla: { ...free, ...(chosen === undefined ? {} : { policy: chosen.name, chosen: true as const }) } }) };
    const { set, unset } = await slaOn(core, before, {}, now);
    const to = set.sla?.policy ?? null;
    const change = { expect: asRead(sla), set: { ...set, ...(act.policy === null ? { slaOff: true as const } : {}) }, unset: [...(unset === undefined ? [] : ["sla"] as const), ...(act.policy === null ? [] : ["slaOff"] as const)] };
    if ((await changeConversation(core, current._id, act.actor, { ...change, activity: [{ type: "slaPolicy", to }] })) !== null) return to;
  }
  return null;
}

/** What a rule or a person means by a word: a policy's name, none or auto. */
export const slaNamed = (word: string): string | null | "auto" => (/^none$/i.test(word) ? null : /^auto$/i.test(word) ? "auto" : word);

/** Whether `policy` was chosen already, so that choosing it again would change nothing. */
export const slaStands = ({ sla, slaOff }: Conversation, policy: string | null | "auto"): boolean =>
  policy === null ? slaOff === true : slaOff !== true && (policy === "auto" ? sla?.chosen !== true : sla?.chosen === true && sla.policy.toLowerCase() === policy.toLowerCase());
