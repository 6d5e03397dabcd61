/** A person's act through a button, a verb or a form: who they are, what they may, then the verb table. */
import { complete } from "./commands/complete.ts";
import { isFormId, readFormId } from "./commands/forms.ts";
import { runVerb } from "./commands/run.ts";
import { lineContext } from "./line-context.ts";
import { acceptDeskEvents } from "./intake.ts";
import { isRetired, whereNow } from "./retired.ts";
import { followStreams, readMissed } from "./streams.ts";
import type { Core } from "../core/core.ts";
import { UserError } from "../core/errors.ts";
import { guard, reasonText } from "../core/model/guard.ts";
import type { GuardInput } from "../core/model/guard.ts";
import { newId } from "../core/model/ids.ts";
import type { Agent, Conversation, DeskKind, FileRef, Message, Thread } from "../core/model/types.ts";
import { canType } from "../core/ports.ts";
import type { ActResult, DeskAct, DeskHost } from "../core/ports.ts";
import { addNote } from "../core/services/add-note.ts";
import { agentByLink, inboxOf, mayAnswer } from "../core/services/inbox-settings.ts";
import { agentAuthor, sendReply } from "../core/services/send-reply.ts";
import { ownedByOther, takeOnReply } from "../core/services/take-on-reply.ts";
import { modeOf } from "../core/services/mode.ts";
import { mustBeInWindow } from "../core/services/reply-window.ts";
import { isVerb, verbNamed } from "../core/verbs/table.ts";
import type { Saying, VerbResult } from "../core/verbs/verb.ts";

export interface VerbCall {
  agent: Agent; desk: DeskKind; thread: Thread | null; conversation: Conversation | null;
  verb: string; args: string; mentions?: number; seen?: number; message?: Message; values?: Record<string, string>; files?: FileRef[];
  /** Unique, of the one line that the verb says. */
  source?: string;
}

/** Runs one verb for a linked agent; a refusal comes back in words, never as an exception. */
export async function runVerbFor(core: Core, call: VerbCall): Promise<ActResult> {
  return runVerb(core, {
    actor: call.agent, conversation: call.conversation, inThread: call.thread !== null, verb: call.verb, args: call.args, seen: call.seen, mentions: call.mentions, message: call.message, values: call.values,
    say: (kind, text, conversation, more) => say(core, { ...call, conversation }, kind, text, more),
  });
}

/** `/reply` and `/note`: the explicit act passes the same guard as a line in the thread. */
async function say(core: Core, call: VerbCall & { conversation: Conversation }, kind: "reply" | "note", text: string, more: Saying = {}): Promise<VerbResult> {
  const { agent, conversation } = call;
  const files = [...(more.files ?? call.files ?? []), ...(more.canned ?? [])];
  const { mentions = call.mentions ?? 0, source = call.source ?? `act:${newId(core.clock.now())}`, template, quote, choices } = more;
  const looks = { ...(template === undefined ? {} : { template }), ...(quote === undefined ? {} : { quote }), ...(choices === undefined ? {} : { choices }) };
  if (kind === "note") {
    await addNote(core, { conversation, author: agentAuthor(agent), body: text, files, source });
    return {};
  }
  const inbox = await inboxOf(core, conversation.inboxId);
  const now = core.clock.now();
  const context = await lineContext(core, conversation, inbox, agent, now);
  const line: GuardInput = {
    text, hasFiles: files.length > 0, author: { kind: "agent", mayAnswer: mayAnswer(agent, conversation.inboxId) }, mode: modeOf(conversation, inbox),
    threadRetired: call.thread?.state === "retired", mentions: { teammates: mentions }, isVerb, explicit: "reply-verb", ...context, doubleReply: false,
    unseen: call.seen !== undefined && call.seen < conversation.lastIncomingSeq,
  };
  if (template === undefined) await mustBeInWindow(core, conversation);
  let verdict = guard(line);
  if (verdict.kind === "reply") {
    const standing = await takeOnReply(core, conversation, inbox, agent);
    if (ownedByOther(standing, agent)) verdict = guard({ ...line, ownerConflict: true });
    if (verdict.kind === "reply") {
      await sendReply(core, { conversation: standing, agent, body: verdict.body, files, source, explicit: "reply-verb", ...looks });
      return {};
    }
  }
  if (verdict.kind === "held") {
    const note = await addNote(core, { conversation, author: agentAuthor(agent), body: verdict.body, files, source, mentions, ...looks, held: { why: verdict.why, ...(verdict.also === undefined ? {} : { also: verdict.also }) } });
    return { notice: reasonText[verdict.why], messageId: note._id, buttons: [{ id: "send", label: "Send to customer", style: "main" }, { id: "keep", label: "Keep as note" }] };
  }
  throw new UserError("NOT_POSSIBLE", verdict.kind === "note" && verdict.why !== undefined ? reasonText[verdict.why] : "There is nothing to send: write the text after the verb.");
}

/** What every desk adapter is handed. */
export function createDeskHost(core: Core): DeskHost {
  return {
    accept: async (desk, events) => void (await acceptDeskEvents(core, desk, events)),
    stream: followStreams(core),
    missed: (desk, since) => readMissed(core, desk, since),
    act: (act) => actFor(core, act),
    async complete(desk, userId, text, threadId) {
      const agent = await agentByLink(core, desk, userId);
      if (agent === undefined) return [];
      const thread = threadId === null ? null : await core.store.threads.findOne({ _id: threadId });
      const conversation = thread === null ? null : await core.store.conversations.findOne({ _id: thread.conversationId });
      // What stands in a conversation is offered only to those who may see it.
      return complete(core, { agent, text, conversation: conversation !== null && mayAnswer(agent, conversation.inboxId) ? conversation : null });
    },
    typing: (desk, threadId, userId, typing) => passTyping(core, desk, threadId, userId, typing),
  };
}

async function actFor(core: Core, act: DeskAct): Promise<ActResult> {
  const agent = await agentByLink(core, act.desk, act.userId);
  if (agent === undefined || !agent.active) return { ok: false, code: "NOT_LINKED", notice: "Only linked, active agents may do this. Ask an administrator to link your account." };
  const thread = act.thread === null ? null : await core.store.threads.findOne({ _id: act.thread });
  if (act.thread !== null && thread === null) return { ok: false, code: "THREAD_UNKNOWN", notice: "This thread belongs to no conversation." };
  const message = act.messageId === undefined ? null : await core.store.messages.findOne({ _id: act.messageId });
  const conversationId = thread?.conversationId ?? message?.conversationId;
  const conversation = conversationId === undefined ? null : await core.store.conversations.findOne({ _id: conversationId });
  if (conversation !== null && !mayAnswer(agent, conversation.inboxId)) return { ok: false, code: "NOT_ALLOWED", notice: "You may not work in this inbox. Ask an administrator." };
  const retired = thread !== null && conversation !== null && isRetired(thread, conversation);
  if (retired && !worksInRetired(core, act)) return { ok: false, code: "NOT_POSSIBLE", notice: `This thread was replaced by a newer one. Go on there. ${await whereNow(core, conversation)}` };
  if (message !== null && message.conversationId !== conversation?._id) return { ok: false, code: "MESSAGE_UNKNOWN", notice: "This message belongs to another conversation." };

  return runVerbFor(core, {
    agent, desk: act.desk, thread: retired ? { ...thread, state: "retired" } : thread, conversation, verb: act.verb, args: act.args,
    ...(act.mentions === undefined ? {} : { mentions: act.mentions }), ...(act.seen === undefined ? {} : { seen: act.seen }), ...(message === null ? {} : { message }), ...(act.values === undefined ? {} : { values: act.values }), ...(act.files === undefined ? {} : { files: act.files }),
  });
}

/** What became of one's own reply is looked after where it was written; and what was moved by mistake is moved again from where it was. */
const ABOUT_REPLY = new Set(["keep", "retry", "cancel", "retract", "correct"]);
function worksInRetired(core: Core, { verb, messageId }: DeskAct): boolean {
  const word = isFormId(verb) ? readFormId(core, verb).verb : (/^[!/]?([^\s:]*)/.exec(verb.trim())?.[1] ?? "");
  const name = verbNamed(word)?.name;
  return name === "transfer" || (name !== undefined && ABOUT_REPLY.has(name) && (messageId !== undefined || isFormId(verb)));
}

async function passTyping(core: Core, desk: DeskKind, threadId: string, userId: string, typing: boolean): Promise<void> {
  const agent = await agentByLink(core, desk, userId);
  const thread = await core.store.threads.findOne({ _id: threadId as Thread["_id"], state: "active" });
  const conversation = thread === null ? null : await core.store.conversations.findOne({ _id: thread.conversationId, "thread.id": thread._id });
  if (conversation === null || !mayAnswer(agent, conversation.inboxId)) return;
  const mode = modeOf(conversation, await inboxOf(core, conversation.inboxId));
  // In a thread where lines stay inside, typing must not promise the customer an answer.
  if (mode !== "reply") return;
  core.bus.publish({ type: "typing", conversationId: conversation._id, identityId: conversation.identityId, from: "agent", name: agent.name, typing });
  const adapter = core.channels.get(conversation.inboxId);
  const identity = adapter !== undefined && canType(adapter) ? await core.store.identities.findOne({ _id: conversation.identityId }) : null;
  if (adapter !== undefined && canType(adapter) && identity !== null) await adapter.showTyping({ inboxId: conversation.inboxId, address: identity.address }, typing, agent.name);
}
