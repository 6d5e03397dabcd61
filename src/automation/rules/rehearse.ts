/**
 * What a rule would have done over the newest conversations. Their timelines are gone through again: status, owner, team, labels, priority
 * and waiting as they were at each line; what the timeline does not tell (the customer's attributes, names) as it is now. Changes nothing.
 */
import type { Core } from "../../core/core.ts";
import { ruleEventsOf, waitText, type RuleWait } from "../../core/model/rules.ts";
import type { Conversation, Message } from "../../core/model/types.ts";
import { hoursOf } from "../../core/services/hours.ts";
import { stepsInWords } from "./step-words.ts";
import { eventFacts, type ReadyRule } from "../../core/services/rules.ts";

/** Lines of one conversation that are gone through. */
const MOST_LINES = 2_000;

/** `would`: each step in words, with texts filled in; never more than said. */
export interface Rehearsed { number: number; at: Date; heard: string; would: string[] }

/** @param last how many conversations, newest first. Answers how many there were, and each time that the rule would have held. */
export async function rehearse(core: Core, ready: ReadyRule, last: number): Promise<{ conversations: number; held: Rehearsed[] }> {
  const held: Rehearsed[] = [];
  let conversations = 0;
  for await (const conversation of core.store.conversations.find({ erased: { $exists: false } }).sort({ number: -1 }).limit(last)) {
    conversations++;
    held.push(...(await overOne(core, ready, conversation)));
  }
  return { conversations, held };
}

async function overOne(core: Core, ready: ReadyRule, conversation: Conversation): Promise<Rehearsed[]> {
  const { rule } = ready;
  const held: Rehearsed[] = [];
  const fired = new Set<string>();
  const { teamId: _team, teamName: _name, ...rest } = conversation;
  let state: Conversation = { ...rest, status: "open", statusAt: conversation.createdAt, assigneeId: null, assigneeName: null, labels: [], priority: null, waitingSince: null, firstReplyAt: null, snoozedUntil: null, resolvedAt: null, lastLine: null };
  let reply: Message | null = null;
  const ask = async (message: Message | null, at: Date, heard: string) => {
    if (ready.holds(state, await eventFacts(core, state, message, [ready], at), at)) held.push({ number: conversation.number, at, heard, would: await stepsInWords(core, rule.steps, state) });
  };
  const waitsUntil = async (until: Date) => {
    for (const wait of rule.waits) {
      const since = beganAt(wait, state, reply);
      const key = `${waitText(wait)} ${since?.getTime()}`;
      const due = since === null || fired.has(key) ? null : await dueAt(core, wait, state, since);
      if (due === null || due > until) continue;
      fired.add(key);
      await ask(null, due, waitText(wait));
    }
  };
  for await (const message of core.store.messages.find({ conversationId: conversation._id }).sort({ seq: 1 }).limit(MOST_LINES)) {
    await waitsUntil(message.createdAt);
    state = after(state, message);
    reply = message.kind === "incoming" ? null : isReply(message) ? message : reply;
    const heard = message.author.rule !== undefined && !rule.afterRules ? [] : ruleEventsOf(message).filter((event) => rule.on.includes(event));
    if (heard.length > 0 && message.delivery.state !== "cancelled") await ask(message, message.createdAt, heard.join(", "));
  }
  await waitsUntil(core.clock.now());
  return held;
}

const isReply = ({ kind, author, delivery }: Message): boolean => kind === "outgoing" && author.type === "agent" && !["cancelled", "failed"].includes(delivery.state);

/** The conversation as this line left it. */
function after(state: Conversation, message: Message): Conversation {
  const { activity, createdAt: at, kind } = message;
  const line = { lastMessageAt: at, lastLine: { kind, author: message.author.name, text: message.body } };
  if (kind === "incoming") return { ...state, ...line, waitingSince: state.waitingSince ?? at, ...(state.status === "open" ? {} : { status: "open" as const, statusAt: at, resolvedAt: null }) };
  if (kind !== "activity") return { ...state, ...line, ...(isReply(message) ? { waitingSince: null } : {}) };
  switch (activity?.type) {
    case "status": return { ...state, status: activity.to, statusAt: at, resolvedAt: activity.to === "resolved" ? at : null, ...(activity.to === "resolved" ? { waitingSince: null } : {}) };
    case "assigned": return { ...state, assigneeId: activity.to, assigneeName: activity.toName };
    case "team": { const { teamId: _id, teamName: _name, ...rest } = state; return activity.to === null ? rest : { ...rest, teamId: activity.to, teamName: activity.toName ?? "" }; }
    case "labelled": return { ...state, labels: [...new Set([...state.labels, activity.label])] };
    case "unlabelled": return { ...state, labels: state.labels.filter((label) => label !== activity.label) };
    case "priority": return { ...state, priority: activity.to };
    default: return state;
  }
}

function beganAt(wait: RuleWait, state: Conversation, reply: Message | null): Date | null {
  if (wait.for === "status") return state.status === wait.status ? state.statusAt : null;
  if (state.status === "resolved") return null;
  return wait.for === "customer" ? state.waitingSince : state.waitingSince === null ? reply?.createdAt ?? null : null;
}

async function dueAt(core: Core, wait: RuleWait, state: Conversation, since: Date): Promise<Date | null> {
  const hours = wait.working ? await hoursOf(core, state) : null;
  return hours === null ? new Date(since.getTime() + wait.ms) : hours.addWorkingMs(since, wait.ms);
}
