/** Events for programs of the administrator's: each is stored for each subscription before anybody is called. */
import type { AnyBulkWriteOperation } from "mongodb";
import type { Core } from "../core.ts";
import { isCondition, type Filter } from "../filters/ast.ts";
import { parseFilter } from "../filters/parse.ts";
import { planFilter, type FilterContext } from "../filters/plan.ts";
import { toPredicate, type Predicate } from "../filters/to-predicate.ts";
import { UserError } from "../errors.ts";
import { webhookEventsOf, type Webhook, type WebhookDelivery } from "../model/webhooks.ts";
import type { Conversation, Message } from "../model/types.ts";
import { applyUpTo } from "./apply.ts";
import { hiddenOf, type Hidden } from "./hide-contact.ts";
import { allAgents, allInboxes, allTargets, allTeams, allWebhooks, inboxOf } from "./inbox-settings.ts";

type Names = Pick<FilterContext, "agents" | "teams" | "inboxes" | "labels" | "desks">;

/** A subscription's `when`, asked of one conversation, by nobody. @throws {UserError} BAD_FILTER */
export function readWhen(when: string, names: Names, now: Date): Predicate {
  const filter = parseFilter(when);
  if (asksWords(filter)) throw new UserError("BAD_FILTER", "A webhook can't look for words in messages. Use subject: for the first line, or choose in your program.");
  return toPredicate(planFilter(filter, { ...names, me: null, now, timeZone: "UTC", words: new Map() }));
}
function asksWords(filter: Filter): boolean {
  if (isCondition(filter)) return filter.field === "text";
  return "not" in filter ? asksWords(filter.not) : ("and" in filter ? filter.and : filter.or).some(asksWords);
}

/** Work of the to-do `WEBHOOKS`: stores what this message tells each subscription. A repeat stores nothing anew. */
export async function queueWebhooks(core: Core, message: Message): Promise<void> {
  const events = webhookEventsOf(message);
  const wanted = (await allWebhooks(core)).filter((hook) => hook.enabled && events.some(({ event }) => hook.events.includes(event)));
  if (wanted.length === 0 || message.erasedAt !== undefined) return;
  const conversation = await applyUpTo(core, message.conversationId, message.seq);
  if (conversation === null || conversation.erased === true || message.delivery.state === "cancelled") return;
  const due = await matching(core, wanted, conversation);
  if (due.length === 0) return;
  const facts = await factsOf(core, conversation, message);
  const now = core.clock.now();
  const writes = due.flatMap((hook) => events.filter(({ event }) => hook.events.includes(event)).map(({ id, event }): AnyBulkWriteOperation<WebhookDelivery> => ({
    updateOne: {
      filter: { _id: `${hook._id}/${id}` }, upsert: true,
      update: { $setOnInsert: { webhookId: hook._id, conversationId: conversation._id, event, at: message.createdAt, seq: message.seq, tries: 0, dueAt: now, body: JSON.stringify({ id, event, at: message.createdAt.toISOString(), ...facts }) } },
    },
  })));
  await core.store.webhookDeliveries.bulkWrite(writes, { ordered: false });
  for (const hook of due) core.bus.publish({ type: "webhook.due", webhookId: hook._id });
}

async function matching(core: Core, hooks: Webhook[], conversation: Conversation): Promise<Webhook[]> {
  if (hooks.every(({ when }) => when === "")) return hooks;
  const [agents, teams, inboxes, desks, labels] = await Promise.all([allAgents(core), allTeams(core), allInboxes(core), allTargets(core), core.store.labels.find({}, { projection: { name: 1 } }).toArray()]);
  const names = { agents, teams, inboxes, desks, labels: labels.map(({ name }) => name) };
  return hooks.filter(({ name, when }) => {
    if (when === "") return true;
    try {
      return readWhen(when, names, core.clock.now())(conversation);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      core.log.warn({ code: error.code, webhook: name, when }, `A webhook's filter can't be read (any more), so it is told nothing: ${error.message}`);
      return false;
    }
  });
}

/** What is told of a conversation and the line, as they stand when the event is taken up. What nobody may see yet is left out. */
async function factsOf(core: Core, conversation: Conversation, message: Message) {
  const { activity, author, kind } = message;
  return {
    ...(await conversationFacts(core, conversation)),
    ...(activity === undefined
      ? { message: { id: message._id, seq: message.seq, kind, text: message.body, author: { type: author.type, name: author.name }, files: message.files.map(({ fileId, name, type, bytes }) => ({ fileId, name, type, bytes })), held: message.held !== undefined && message.held.settled === undefined } }
      : { change: { id: message._id, seq: message.seq, text: message.body, by: { type: author.type, name: author.name }, ...activity } }),
  };
}

async function conversationFacts(core: Core, conversation: Conversation) {
  const [inbox, contact] = await Promise.all([inboxOf(core, conversation.inboxId), core.store.contacts.findOne({ _id: conversation.contactId })]);
  const hidden: readonly Hidden[] = conversation.untaken === true ? await hiddenOf(core, conversation) : [];
  const known = (field: "email" | "phone") => (hidden.includes(field) ? undefined : contact?.[field]) ?? null;
  return {
    conversation: {
      id: conversation._id, number: conversation.number, status: conversation.status, subject: conversation.subject, channel: conversation.channel, inbox: { id: inbox._id, name: inbox.name },
      contact: { id: conversation.contactId, name: conversation.contactName, email: known("email"), phone: known("phone") },
      assignee: conversation.assigneeId === null ? null : { id: conversation.assigneeId, name: conversation.assigneeName }, team: conversation.teamId === undefined ? null : { id: conversation.teamId, name: conversation.teamName ?? null },
      labels: conversation.labels, priority: conversation.priority, waitingSince: conversation.waitingSince?.toISOString() ?? null, createdAt: conversation.createdAt.toISOString(),
    },
  };
}

/** One webhook is told that a rule held, whichever events it subscribes to; the same `id` once. @throws {UserError} NOT_FOUND, NOT_POSSIBLE when it is off */
export async function tellWebhook(core: Core, conversation: Conversation, name: string, { id, rule }: { id: string; rule: string }): Promise<void> {
  const hook = (await allWebhooks(core)).find((one) => one.name.toLowerCase() === name.toLowerCase());
  if (hook === undefined) throw new UserError("NOT_FOUND", `There is no webhook ${name} (any more).`);
  if (!hook.enabled) throw new UserError("NOT_POSSIBLE", `The webhook ${name} is switched off.`);
  const at = core.clock.now();
  const event = "rule.fired" as const;
  const body = JSON.stringify({ id, event, at: at.toISOString(), ...(await conversationFacts(core, conversation)), rule: { name: rule } });
  await core.store.webhookDeliveries.updateOne({ _id: `${hook._id}/${id}` }, { $setOnInsert: { webhookId: hook._id, conversationId: conversation._id, event, at, seq: conversation.appliedSeq, tries: 0, dueAt: at, body } }, { upsert: true });
  core.bus.publish({ type: "webhook.due", webhookId: hook._id });
}

/** Due deliveries are looked for by the sweep, of subscriptions that are on. */
export async function sweepWebhooks(core: Core): Promise<void> {
  for (const { _id, enabled } of await allWebhooks(core)) {
    if (enabled && (await core.store.webhookDeliveries.findOne({ webhookId: _id, dueAt: { $lte: core.clock.now() } }, { projection: { _id: 1 } })) !== null) core.bus.publish({ type: "webhook.due", webhookId: _id });
  }
}
