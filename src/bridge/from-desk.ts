/** What an agent did in a thread becomes a reply, a note, a command, or nothing: who, where, and the guard decide. */
import { handleDelete, handleEdit, handleReaction } from "./from-desk-changes.ts";
import { runVerbFor } from "./act.ts";
import { lineContext } from "./line-context.ts";
import { guard, reasonText } from "../core/model/guard.ts";
import type { GuardVerdict } from "../core/model/guard.ts";
import type { Core } from "../core/core.ts";
import type { Held } from "../core/lanes/lease.ts";
import type { Agent, Author, Conversation, DeskEventData, FileRef, Inbox, Message, StoredDeskEvent, Thread } from "../core/model/types.ts";
import { canFetchFile, hasTemplates } from "../core/ports.ts";
import type { CardButton } from "../core/ports.ts";
import { addNote } from "../core/services/add-note.ts";
import { expandOrSay } from "../core/services/canned.ts";
import { pendingFile } from "../core/services/desk-files.ts";
import { agentByLink, inboxOf, mayAnswer } from "../core/services/inbox-settings.ts";
import { agentAuthor, deskPostKey, sendReply } from "../core/services/send-reply.ts";
import { ownedByOther, takeOnReply } from "../core/services/take-on-reply.ts";
import { modeOf } from "../core/services/mode.ts";
import { whyWindowClosed } from "../core/services/reply-window.ts";
import { updating } from "../core/store/in-order.ts";
import { isVerb } from "../core/verbs/table.ts";
import { buttonId } from "../core/verbs/verb.ts";
import { eventsOfPost, handledAs, NO_MESSAGE } from "./intake.ts";
import { whereNow } from "./retired.ts";
import { markUndone, tellPerson } from "./tell.ts";

export const HELD_BUTTONS: CardButton[] = [{ id: "send", label: "Send to customer", style: "main" }, { id: "keep", label: "Keep as note" }];
type Posted = Extract<DeskEventData, { type: "message" }>;

/** What intake knows while it handles an event. */
export interface Handling {
  thread: Thread; conversation: Conversation;
  /** Posts of whose deletion a stored event tells that is not handled yet. */
  deleted: ReadonlySet<string>;
  /** The lease under which it is handled, when nothing else waits for it. */
  held?: Held;
  /** The event was taken out of its lane in the same go as its message was stored. */
  settled?: boolean;
}

/** Answers what became of it, in a word or two, for the event's record. A repeat does nothing: messages are unique by their source. */
export async function handleDeskEvent(core: Core, stored: StoredDeskEvent, handling: Handling): Promise<string> {
  const { thread, conversation } = handling;
  switch (stored.event.type) {
    case "message": return handleMessage(core, handling, stored, stored.event);
    case "edit": return handleEdit(core, thread, conversation, stored, stored.event);
    case "delete": return handleDelete(core, thread, stored, stored.event);
    case "reaction": return handleReaction(core, thread, conversation, stored.event);
  }
}

export const sourceOf = (thread: string, postId: string): string => `desk:${thread}|${postId}`;

async function handleMessage(core: Core, handling: Handling, stored: StoredDeskEvent, event: Posted): Promise<string> {
  const { thread, conversation } = handling;
  if (event.userKind === "bot") return "ignored: own-post";
  const source = sourceOf(thread._id, event.postId);
  if (handling.deleted.has(event.postId)) return "ignored: deleted";
  const early = conversation.early?.includes(deskPostKey(thread._id, event.postId)) === true;
  if (early && (await overtakenBy(core, thread, stored, event.postId)) === "deletion") return "ignored: deleted";

  const inbox = await inboxOf(core, conversation.inboxId);
  const agent = await agentByLink(core, stored.desk, event.userId);
  const late = core.clock.now().getTime() - stored.at.getTime() > core.limits.lateMs;
  const base = {
    hasFiles: event.files.length > 0, author: { kind: agent === undefined ? "guest" as const : "agent" as const, mayAnswer: mayAnswer(agent, conversation.inboxId) },
    mode: modeOf(conversation, inbox), threadRetired: thread.state === "retired", mentions: { teammates: event.mentions }, isVerb, late,
  };
  const author: Author = agent === undefined ? { type: "guest", name: event.userName } : agentAuthor(agent);
  const origin = { thread: thread._id, postId: event.postId, desk: stored.desk, userId: event.userId };
  const line: Line = { core, thread, conversation, inbox, event, author, origin, source, at: stored.at, stored, handling };

  let verdict = guard({ ...base, text: event.text });
  if (verdict.kind === "command" && verdict.verb !== "reply" && verdict.verb !== "r" && verdict.verb !== "note" && verdict.verb !== "n") {
    return late ? `held: late command ${verdict.verb}`.concat(await tellLateCommand(line)) : runCommand(line, stored, agent!, verdict);
  }
  let explicit: "reply-verb" | undefined;
  let turn: number | undefined;
  let canned: FileRef[] = [];
  if (verdict.kind === "command") {
    if (verdict.verb.startsWith("n")) verdict = { kind: "note", body: verdict.args, plain: true };
    else {
      explicit = "reply-verb";
      const { turn: place, ...context } = agent === undefined ? {} as Awaited<ReturnType<typeof lineContext>> : await lineContext(core, conversation, inbox, agent, stored.at);
      turn = place;
      const said = mayAnswer(agent, conversation.inboxId) ? await expandOrSay(core, agent, conversation, verdict.args) : { text: verdict.args, files: [] };
      canned = said.files;
      verdict = guard({ ...base, ...context, text: said.text, hasFiles: base.hasFiles || canned.length > 0, explicit });
      if (said.refused !== undefined && (verdict.kind === "reply" || verdict.kind === "held")) return record(line, agent, { kind: "note", body: verdict.body, plain: true }, undefined, said.refused);
    }
  } else if (verdict.kind === "reply" && agent !== undefined) {
    const { turn: place, ...context } = await lineContext(core, conversation, inbox, agent, stored.at);
    turn = place;
    verdict = guard({ ...base, ...context, text: event.text });
  }
  return record({ ...line, canned, ...(turn === undefined ? {} : { turn }) }, agent, verdict, explicit);
}

/**
 * What happened to a post may be handled before the post itself, which came late. A deletion wins; edits and
 * reactions that found no message are taken up again, and the reply is not claimed before that.
 */
async function overtakenBy(core: Core, thread: Thread, stored: StoredDeskEvent, postId: string): Promise<"deletion" | undefined> {
  const { deskEvents } = core.store;
  const others = await deskEvents.find({ _id: eventsOfPost(stored.desk, thread._id, postId) }, { projection: { "event.type": 1, outcome: 1 } }).toArray();
  if (others.some((other) => other.event.type === "delete")) return "deletion";
  const early = others.filter((other) => other.outcome === NO_MESSAGE).map((other) => other._id);
  if (early.length > 0) {
    await deskEvents.updateMany({ _id: { $in: early }, outcome: NO_MESSAGE }, { $set: { dueAt: core.clock.now() }, $unset: { handledAt: "", outcome: "" } });
    core.bus.publish({ type: "intake.due", thread: thread._id });
  }
  return undefined;
}

interface Line {
  core: Core; thread: Thread; conversation: Conversation; inbox: Inbox; event: Posted; author: Author; origin: NonNullable<Message["origin"]>; source: string; at: Date; stored: StoredDeskEvent; handling: Handling;
  /** Files of canned responses in it. */
  canned?: FileRef[];
  /** Place in the delivery lane, for a straggler. */
  turn?: number;
}

/** `refused`: why it can't be the reply that its author meant. */
async function record(line: Line, agent: Agent | undefined, judged: GuardVerdict, explicit: "reply-verb" | undefined, refused?: string): Promise<string> {
  const { core, author, origin, source, event } = line;
  const closed = judged.kind === "reply" && agent !== undefined ? await whyWindowClosed(core, line.conversation) : null;
  if (closed !== null && judged.kind === "reply") return record(line, agent, { kind: "note", body: judged.body, plain: true }, undefined, closed);
  if (judged.kind === "note" && judged.body === "" && event.files.length === 0) return "ignored: empty";
  const desk = core.desks.get(origin.desk);
  const files = [...(desk !== undefined && canFetchFile(desk) ? event.files.map(pendingFile) : []), ...(line.canned ?? [])];
  // Taken first, so that a stop leaves no reply without an owner; who is too late for that meets the owner guard.
  const conversation = judged.kind === "reply" && agent !== undefined ? await takeOnReply(core, line.conversation, line.inbox, agent) : line.conversation;
  const verdict: GuardVerdict = judged.kind === "reply" && agent !== undefined && conversation !== line.conversation && ownedByOther(conversation, agent) ? { kind: "held", body: judged.body, why: "owner" } : judged;
  const base = { conversation, body: verdict.kind === "command" ? "" : verdict.body, files, source, origin, at: line.at };
  const sends = verdict.kind === "reply" && agent !== undefined;
  const inside = refused !== undefined || (verdict.kind === "note" && verdict.why !== undefined && !verdict.plain);
  if (!sends && verdict.kind !== "held" && verdict.kind !== "note") return "ignored: not an agent";
  const { held } = line.handling;
  const handled = { step: updating(core.store.deskEvents, { _id: line.stored._id }, handledAs(core, "reply")), done: false };
  const message = sends
    ? await sendReply(core, { ...base, agent, handled, ...(held === undefined ? {} : { held }), ...(line.turn === undefined ? {} : { turn: line.turn }), ...(explicit === undefined ? {} : { explicit }) })
    : await addNote(core, { ...base, author, inside, mentions: event.mentions, elsewhere: line.thread.state === "retired" && (conversation.thread !== undefined || conversation.move !== undefined), ...(verdict.kind === "held" ? { held: { why: verdict.why, ...(verdict.also === undefined ? {} : { also: verdict.also }) } } : {}) });
  line.handling.settled = handled.done;
  // A repeat (we stopped half-way) answers what was stored first, which counts whatever the guard says by now.
  if (message.kind === "outgoing") return "reply";
  if (message.held !== undefined) {
    if (message.held.settled === undefined) await tell(line, [message.held.why, ...(message.held.also ?? [])].map((why) => reasonText[why]).join(" "), HELD_BUTTONS, message._id);
    return `held: ${message.held.why}`;
  }
  if (refused !== undefined) await tell(line, `This was kept as a note and not sent. ${refused}`, await templateButton(line), message._id);
  if (verdict.kind !== "note" || verdict.why === undefined) return "note";
  if (!verdict.plain) {
    const offered = agent !== undefined && line.thread.state === "active" && (verdict.why === "note-first" || verdict.why === "team-only" || verdict.why === "prefix-below-quote");
    await tell(line, verdict.why === "thread-retired" ? `${reasonText[verdict.why]} ${await whereNow(core, conversation)}` : reasonText[verdict.why], offered ? HELD_BUTTONS.slice(0, 1) : [], message._id);
  }
  return `note: ${verdict.why}`;
}


/** The way out of a closed window, where the channel has one. */
async function templateButton({ core, conversation }: Line): Promise<CardButton[]> {
  const adapter = core.channels.get(conversation.inboxId);
  return adapter !== undefined && hasTemplates(adapter) && (await whyWindowClosed(core, conversation)) !== null ? [{ id: "template", label: "Choose a template", style: "main" }] : [];
}

/** A command runs once at most: what a second run would do ("send" the next held line) is not what was asked for. */
async function runCommand(line: Line, stored: StoredDeskEvent, agent: Agent, command: { verb: string; args: string }): Promise<string> {
  const { core, conversation, origin } = line;
  const { modifiedCount } = await core.store.deskEvents.updateOne({ _id: stored._id, begunAt: { $exists: false } }, { $set: { begunAt: core.clock.now() } });
  if (modifiedCount === 0) {
    await tell(line, `Threadline stopped while it ran !${command.verb}, and does not run it twice. Look whether it took effect; if not, write it again.`, []);
    await markUndone(core, origin);
    return `interrupted: ${command.verb}`;
  }
  const seen = await seenAt(core, conversation, line.at);
  const result = await runVerbFor(core, { agent, desk: origin.desk, thread: line.thread, conversation, verb: command.verb, args: command.args, mentions: line.event.mentions, seen });
  const { form, buttons = [], notice = form && `${form.title}: ${buttons.length > 0 ? "choose" : "fill it in"}, or write it out. !help ${command.verb} shows how.` } = result;
  if (notice !== undefined) await tell(line, notice, form === undefined ? buttons : [...buttons, ...opening(command, result.notice !== undefined ? "Change it first…" : buttons.length > 0 ? "More choices…" : "Open the form")], result.messageId);
  if (!result.ok) await markUndone(core, origin);
  return `command: ${command.verb}`;
}

/** Characters of arguments that every desk's button can carry. */
const CARRIED = 40;
/** A written command can't open a form (no desk lets an app do that unasked), so a button does. */
const opening = ({ verb, args }: { verb: string; args: string }, label: string): CardButton[] => (args.length > CARRIED ? [] : [{ id: buttonId(verb, args), label }]);

/** Highest line of the customer's that was in the thread at that time. */
async function seenAt(core: Core, conversation: Conversation, at: Date): Promise<number> {
  const newest = await core.store.messages.find({ conversationId: conversation._id, seq: { $gte: conversation.lastIncomingSeq } }).sort({ seq: 1 }).limit(1).next();
  return newest === null || (newest.mirror.postedAt !== undefined && newest.mirror.postedAt <= at) ? conversation.lastIncomingSeq : conversation.lastIncomingSeq - 1;
}

async function tellLateCommand(line: Line): Promise<string> {
  await tell(line, "This command reached Threadline more than two minutes after you wrote it, so it was not run. Send it again if it should.", []);
  await markUndone(line.core, line.origin);
  return "";
}

const tell = (line: Line, text: string, buttons: CardButton[], messageId?: string): Promise<void> =>
  tellPerson(line.core, line.origin, { text, buttons, ...(messageId === undefined ? {} : { messageId }) });
