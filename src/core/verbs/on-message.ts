/** send, keep, retry, cancel, retract, edit, correct: what may be done with one message. */
import type { Filter } from "mongodb";
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import type { Agent, Conversation, DeliveryStatus, Message } from "../model/types.ts";
import { addNote } from "../services/add-note.ts";
import { cancelReply, keepAsNote, retract as takeBack, retryDelivery, sendCorrection, sendHeld } from "../services/message-acts.ts";
import { pickMessage } from "../services/pick-message.ts";
import { canChange, editReply, type EditOutcome } from "../services/edit-reply.ts";
import { anyText, nothing } from "./args.ts";
import { FORM_FIELD, verb, type Saying, type Verb, type VerbContext, type VerbResult } from "./verb.ts";

const heldBy = (agent: Agent): Filter<Message> => ({ kind: "note", "author.id": agent._id, "held.why": { $exists: true }, "held.settled": { $exists: false } });
const replyOf = (agent: Agent, states: DeliveryStatus[]): Filter<Message> => ({ kind: "outgoing", "author.id": agent._id, "delivery.state": { $in: states }, deletedAt: { $exists: false } });
const OUT: DeliveryStatus[] = ["sending", "sent", "delivered", "read", "unknown"];
const onMessage = { conversation: true, message: true } as const;

export const send = verb({
  name: "send", aliases: [], usage: "", help: "Sends a message that was held back, or a note of an agent, to the customer.",
  needs: onMessage, args: nothing,
  async run({ core, actor, conversation, message, say }) {
    const held = await pickMessage(core, conversation, message, heldBy(actor), "Nothing of yours is held back here. Choose the note itself and send it from there.");
    if (held.kind === "note" && held.author.type === "guest") return sendAsOwn(core, held, (more) => say("reply", held.body, conversation, more));
    await sendHeld(core, { message: held, agent: actor });
    return { notice: "On its way to the customer.", logged: true, messageId: held._id };
  },
});

/** A guest's note goes as the words of the agent who sends it, under the guard of all replies, once. */
async function sendAsOwn(core: Core, note: Message, say: (more: Saying) => Promise<VerbResult>): Promise<VerbResult> {
  if (note.deletedAt !== undefined) throw new UserError("NOT_POSSIBLE", "This message was deleted; there is nothing to send.");
  const source = `as-own:${note._id}`;
  if ((await core.store.messages.findOne({ source, kind: "outgoing" }, { projection: { _id: 1 } })) !== null) throw new UserError("ALREADY_SO", "This was sent to the customer already.");
  const missing = note.files.find((file) => file.state !== "ready");
  if (missing !== undefined) throw new UserError("NOT_POSSIBLE", missing.state === "pending" ? `${missing.name} is still on its way. Try again in a moment.` : `${missing.name} could not be taken over: ${missing.why ?? "the desk does not hand it out"}. Write it yourself, with the file.`);
  return say({ files: note.files, mentions: note.mentions ?? 0, source });
}

export const keep = verb({
  name: "keep", aliases: [], usage: "", help: "Keeps a message that was held back as a note.",
  needs: onMessage, args: nothing,
  async run({ core, actor, conversation, message }) {
    const held = await pickMessage(core, conversation, message, heldBy(actor), "Nothing of yours is held back here.");
    await keepAsNote(core, { message: held, agent: actor });
    return { notice: "Kept as a note.", messageId: held._id };
  },
});

export const retry = verb({
  name: "retry", aliases: [], usage: "", help: "Tries a reply again that failed, or whose outcome is unknown.",
  needs: onMessage, args: nothing,
  async run({ core, actor, conversation, message }) {
    const failed = await pickMessage(core, conversation, message, { kind: "outgoing", "delivery.state": { $in: ["failed", "unknown"] } }, "No reply failed here lately; there is nothing to try again.");
    await retryDelivery(core, { message: failed, agent: actor });
    return { notice: "Trying it again.", logged: true, messageId: failed._id };
  },
});

export const cancel = verb({
  name: "cancel", aliases: [], usage: "", help: "Stops a reply that has not left yet.",
  needs: onMessage, args: nothing,
  async run({ core, actor, conversation, message }) {
    const queued = await pickMessage(core, conversation, message, { kind: "outgoing", "delivery.state": "queued" }, "No reply is waiting to leave; there is nothing to stop.");
    if ((await cancelReply(core, { message: queued, agent: actor })) === "cancelled") return { notice: "Stopped: the customer did not get it.", logged: true, messageId: queued._id };
    return { notice: "Too late: it has left already.", buttons: [{ id: "retract", label: "Retract" }, { id: "correct", label: "Send a correction" }], messageId: queued._id };
  },
});

export const retract = verb({
  name: "retract", aliases: [], usage: "", help: "Takes a sent reply back, where the channel can.",
  needs: onMessage, args: nothing,
  async run({ core, actor, conversation, message }) {
    const sent = await pickMessage(core, conversation, message, replyOf(actor, ["queued", ...OUT]), "You have sent nothing here lately that could be taken back.");
    await takeBack(core, { message: sent, agent: actor });
    return { notice: "Taken back.", logged: true, messageId: sent._id };
  },
});

const CANNOT: VerbResult = { notice: "This channel can't change what was sent: the customer still has the old text. A correction goes as a new message.", buttons: [{ id: "correct", label: "Send a correction", style: "main" }] };
const EDITED: Record<EditOutcome, VerbResult> = {
  window: { notice: "It goes to the customer as it says now." }, sent: { notice: "The customer's message is being changed." }, same: { notice: "It says that already; nothing was changed." },
  failed: { notice: "Changed; it has not been sent yet.", buttons: [{ id: "retry", label: "Send again", style: "main" }] }, cannot: CANNOT, gone: { notice: "This reply was not sent, or was taken back; nothing was changed." },
};

/** Its author has no post of their own to edit: it was written in a form, or for later. */
const isHeldWithoutPost = ({ kind, author, origin, held }: Message, actor: Agent): boolean => kind === "note" && author.id === actor._id && origin === undefined && held !== undefined && held.settled === undefined;

/** The new text goes under the guard of all replies, and the old one stays a note. */
async function changeHeld({ core, actor, conversation, message, mentions, text, ask, say }: Pick<VerbContext<unknown, Conversation>, "core" | "actor" | "conversation" | "ask" | "say"> & { message: Message; mentions: number; text: string }): Promise<VerbResult> {
  if (text === "") return ask("Change it and send it", [{ name: FORM_FIELD, label: "To the customer", kind: "longtext", required: true, value: message.body }], message);
  const source = `changed:${message._id}`;
  const { files, quote, choices } = message;
  const result = await say("reply", text, conversation, { source, mentions, files, ...(quote === undefined ? {} : { quote }), ...(choices === undefined ? {} : { choices }) });
  await keepAsNote(core, { message, agent: actor });
  return result.notice === undefined ? { notice: "On its way to the customer, as it says now.", messageId: message._id } : result;
}

/** @param table whose words make a text a command; asked when it runs: this verb stands in it. */
export const makeEdit = (table: () => readonly Verb[]): Verb => verb({
  name: "edit", aliases: [], usage: "[new text]", help: "Changes a reply of yours, also at the customer's where the channel can; without a text it asks for it.",
  needs: onMessage, args: anyText,
  async run({ core, actor, conversation, message, mentions = 0, args, ask, say }: VerbContext<{ text: string }, Conversation>) {
    if (message !== undefined && isHeldWithoutPost(message, actor)) return changeHeld({ core, actor, conversation, message, mentions, text: args.text, ask, say });
    const sent = await pickMessage(core, conversation, message, replyOf(actor, ["queued", "failed", ...OUT]), "You have sent nothing here lately that could be edited.");
    if (args.text === "" && sent.kind === "outgoing" && sent.author.id === actor._id && sent.deletedAt === undefined) {
      if (!canChange(core, sent)) return { ...CANNOT, messageId: sent._id };
      return ask("Edit the reply", [{ name: FORM_FIELD, label: "What it should say", kind: "longtext", required: true, value: sent.body, help: "The customer's message changes, where it was sent already." }], sent);
    }
    const outcome = await editReply(core, { message: sent, agent: actor, text: args.text, mentions, isVerb: (word) => table().some((one) => one.name === word || one.aliases.includes(word)) });
    return { ...EDITED[outcome], messageId: sent._id };
  },
});

export const correct = verb({
  name: "correct", aliases: [], usage: "[right text]", help: "Sends a correction of a sent reply; without a text it asks for one.",
  needs: onMessage, args: anyText,
  async run({ core, actor, conversation, message, args, ask }) {
    const sent = await pickMessage(core, conversation, message, replyOf(actor, OUT), "You have sent nothing here lately that could be corrected.");
    if (args.text === "") {
      return ask("Send a correction", [{ name: FORM_FIELD, label: "What it should say", kind: "longtext", required: true, value: sent.body, help: "The customer gets this as a new message." }], sent);
    }
    const correction = await sendCorrection(core, { message: sent, agent: actor, body: args.text });
    return { notice: "The correction is on its way.", logged: true, messageId: correction._id };
  },
});

export const original = verb({
  name: "original", aliases: [], usage: "", help: "Shows all of a customer's mail, with what it quotes and its signature, as a note.",
  needs: onMessage, args: nothing,
  async run({ core, conversation, message }) {
    const line = await pickMessage(core, conversation, message, { kind: "incoming", original: { $exists: true } }, "Nothing was left out of the customer's lines here.");
    if (line.original === undefined) throw new UserError("NOT_POSSIBLE", "Nothing was left out of this line.");
    await addNote(core, { conversation, author: { type: "system", name: `All of ${line.author.name}'s mail` }, body: line.original, files: [], source: `original:${line._id}` });
    return { notice: "The whole text stands in the thread, as a note.", messageId: line._id };
  },
});
