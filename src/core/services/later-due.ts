/**
 * What was set for a time and is due: claimed in bulk, then each done under its own key, so that a crash, a second worker or a second look
 * sends nothing twice. A reply that the customer's line has overtaken is held at once, and its author asked.
 */
import { randomUUID } from "node:crypto";
import type { Core } from "../core.ts";
import { firstLine } from "../model/draft.ts";
import { guard, reasonText, type HeldReason } from "../model/guard.ts";
import type { Later } from "../model/later.ts";
import { retryDelayMs } from "../model/retry.ts";
import type { Agent, Author, Conversation, Message } from "../model/types.ts";
import { hasTemplates } from "../ports.ts";
import { addNote } from "./add-note.ts";
import { applyUpTo } from "./apply.ts";
import { changeConversation, NOT_ERASED } from "./change-conversation.ts";
import { allAgents, inboxOf, mayAnswer } from "./inbox-settings.ts";
import { noneLeft } from "./later.ts";
import { whyWindowClosed } from "./reply-window.ts";
import { sendReply } from "./send-reply.ts";
import { ownedByOther, takeOnReply } from "./take-on-reply.ts";

/** To-do of a customer's line where replies wait for a time. */
export const HOLD_LATER = "hold-later";
const BATCH = 100;
const AT_ONCE = 10;
const CLAIM_MS = 60_000;
const SYSTEM: Author = { type: "system", name: "Threadline" };

/** Does all that is due. Answers how many were, and when the next is. */
export async function doDueLater(core: Core): Promise<{ due: number; next: Date | null }> {
  const { later } = core.store;
  let due = 0;
  for (;;) {
    const now = core.clock.now();
    const batch = await later.find({ dueAt: { $lte: now } }, { projection: { _id: 1 } }).sort({ dueAt: 1 }).limit(BATCH).toArray();
    if (batch.length === 0) break;
    const mine = await claim(core, batch.map(({ _id }) => _id), { dueAt: { $lte: now } });
    due += mine.length;
    for (let i = 0; i < mine.length; i += AT_ONCE) await Promise.all(mine.slice(i, i + AT_ONCE).map((one) => settle(core, one)));
  }
  const next = await later.find({ dueAt: { $gt: core.clock.now() } }, { projection: { dueAt: 1 } }).sort({ dueAt: 1 }).limit(1).next();
  return { due, next: next?.dueAt ?? null };
}

/** Those of `ids` that still are as `expect` says are ours for a minute. */
async function claim(core: Core, ids: string[], expect: object): Promise<Later[]> {
  const claimed = randomUUID();
  const until = new Date(core.clock.now().getTime() + CLAIM_MS);
  await core.store.later.updateMany({ _id: { $in: ids }, ...expect }, { $set: { state: "doing", claim: claimed, dueAt: until }, $inc: { tries: 1 } });
  return core.store.later.find({ _id: { $in: ids }, claim: claimed }).sort({ at: 1 }).toArray();
}

/** Work of the to-do: the customer wrote before the replies went. */
export async function holdLater(core: Core, message: Message): Promise<void> {
  await applyUpTo(core, message.conversationId, message.seq);
  const waiting = await core.store.later.find({ conversationId: message.conversationId, state: "waiting", kind: "reply", seenSeq: { $lt: message.seq } }, { projection: { _id: 1 } }).toArray();
  for (const one of await claim(core, waiting.map(({ _id }) => _id), { state: "waiting" })) await settle(core, one);
}

/** What fails is tried again, later each time; it is never dropped. */
async function settle(core: Core, one: Later): Promise<void> {
  try {
    const conversation = await core.store.conversations.findOne({ _id: one.conversationId, ...NOT_ERASED });
    const agent = (await allAgents(core)).find(({ _id }) => _id === one.agentId);
    const state = conversation === null ? "cancelled" : one.kind === "reminder" ? await remind(core, conversation, one) : await send(core, conversation, agent, one);
    await core.store.later.updateOne({ _id: one._id, claim: one.claim! }, { $set: { state, endedAt: core.clock.now() }, $unset: { dueAt: "", claim: "" } });
    if (one.kind === "reply") await noneLeft(core, one.conversationId);
  } catch (error) {
    core.log.warn({ err: error, later: one._id }, "What was set for a time could not be done; it is tried again.");
    await core.store.later.updateOne({ _id: one._id, claim: one.claim! }, { $set: { dueAt: new Date(core.clock.now().getTime() + retryDelayMs(one.tries)) } });
  }
}

type Ended = Exclude<Later["state"], "waiting" | "doing">;

async function remind(core: Core, { _id, number, contactName }: Conversation, one: Later): Promise<Ended> {
  const { agentId, author, at, body: text } = one;
  await changeConversation(core, _id, SYSTEM, {
    expect: NOT_ERASED, activityId: `${one._id}:due`, activity: [{ type: "later", act: "reminder", at, text, byName: author.name }],
    tell: [{ to: "agent", agentId, text: `Reminder for #${number} · ${contactName}${text === "" ? "" : `: ${text}`}`, buttons: [] }],
  });
  return "done";
}

async function send(core: Core, first: Conversation, agent: Agent | undefined, one: Later): Promise<Ended> {
  const source = `later:${one._id}`;
  // A stop after it was stored: what it became counts.
  const before = await core.store.messages.findOne({ source }, { projection: { kind: 1 } });
  if (before?.kind === "outgoing") return "done";
  if (agent === undefined || !mayAnswer(agent, first.inboxId)) return keep(core, first, one, `${one.author.name} may not answer this inbox any more.`);
  const inbox = await inboxOf(core, first.inboxId);
  const wroteSince = await hasWritten(core, first, one);
  const asked = (conversation: Conversation) => guard({
    text: one.body, hasFiles: (one.files ?? []).length > 0, author: { kind: "agent", mayAnswer: true }, mode: "reply", threadRetired: false, mentions: { teammates: 0 }, isVerb: () => false, explicit: "reply-verb", ownerConflict: ownedByOther(conversation, agent), wroteSince,
  });
  let conversation = first;
  let verdict = asked(conversation);
  const closed = verdict.kind === "reply" && before === null ? await whyWindowClosed(core, conversation) : null;
  if (closed !== null) return keep(core, conversation, one, closed);
  if (verdict.kind === "reply" && before === null) {
    conversation = await takeOnReply(core, conversation, inbox, agent);
    verdict = asked(conversation);
  }
  if (verdict.kind === "reply" && before === null) {
    await sendReply(core, { conversation, agent, body: verdict.body, files: one.files ?? [], source, explicit: "reply-verb", atOnce: true });
    return "done";
  }
  return hold(core, conversation, one, verdict.kind === "held" ? [verdict.why, ...(verdict.also ?? [])] : ["wrote-since"], source);
}

/** It becomes a note that waits for its author's word. */
async function hold(core: Core, conversation: Conversation, one: Later, [why = "wrote-since", ...also]: HeldReason[], source: string): Promise<Ended> {
  const note = await addNote(core, { conversation, author: one.author, body: one.body, files: one.files ?? [], source, held: { why, ...(also.length === 0 ? {} : { also }) } });
  const buttons = [{ id: "send", label: "Send to customer" }, { id: "keep", label: "Keep as note" }, { id: "edit", label: "Change it first…" }];
  return tell(core, conversation, one, [why, ...also].map((reason) => reasonText[reason]).join(" "), buttons, note._id);
}

/** It stays inside: nobody's word could send it now. */
async function keep(core: Core, conversation: Conversation, one: Later, why: string): Promise<Ended> {
  const note = await addNote(core, { conversation, author: one.author, body: one.body, files: one.files ?? [], source: `later:${one._id}` });
  const adapter = core.channels.get(conversation.inboxId);
  return tell(core, conversation, one, why, adapter !== undefined && hasTemplates(adapter) ? [{ id: "template", label: "Choose a template" }] : [], note._id);
}

/** All in the thread, and its author by themselves. */
async function tell(core: Core, { _id, number }: Conversation, one: Later, why: string, buttons: { id: string; label: string }[], messageId: string): Promise<Ended> {
  await changeConversation(core, _id, SYSTEM, {
    expect: NOT_ERASED, activityId: `${one._id}:held`, activity: [{ type: "later", act: "held", at: one.at, text: one.body, byName: one.author.name, why }],
    tell: [{ to: "agent", agentId: one.agentId, text: `Your scheduled reply for #${number} is a note now. ${why}\n“${firstLine(one.body, 300)}”`, buttons, messageId }],
  });
  return "held";
}

/** Since it was set, here or in a newer conversation of theirs; what wants no answer does not count. */
async function hasWritten(core: Core, { _id, identityId, lastIncomingSeq, createdAt }: Conversation, { seenSeq }: Later): Promise<boolean> {
  if (lastIncomingSeq > seenSeq) {
    const line = await core.store.messages.findOne({ conversationId: _id, seq: { $gt: seenSeq }, kind: "incoming", quiet: { $exists: false } }, { projection: { _id: 1 } });
    if (line !== null) return true;
  }
  const holder = await core.store.conversations.findOne({ openKey: identityId }, { projection: { createdAt: 1 } });
  return holder !== null && holder._id !== _id && holder.createdAt > createdAt;
}
