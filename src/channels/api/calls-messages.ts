/** A contact's lines: new, changed, taken back, reacted to; and what became of the team's. */
import { createHash } from "node:crypto";
import type { Core } from "../../core/core.ts";
import { UserError } from "../../core/errors.ts";
import type { Message } from "../../core/model/types.ts";
import { chosenOf } from "../../core/services/choices.ts";
import { cleanText } from "../../core/services/clean-text.ts";
import { recordPartStatus } from "../../core/services/part-status.ts";
import { inboundSource, receiveEvent } from "../../core/services/receive-inbound.ts";
import { identityOf } from "../../core/store/look-together.ts";
import { filesOf, sameFiles } from "../shared/upload.ts";
import { apiCall } from "./call.ts";
import { identify } from "./calls-contacts.ts";
import { requireContact } from "./host.ts";
import { fileOwner, messageOfPart } from "./ids.ts";
import { deleteQuery, editBody, MAX_TEXT, messageAnswer, messageBody, outcomeAnswer, reactionsBody, statusAnswer, statusBody } from "./wire.ts";

/** Names a change by what it says, so that the same again is one. */
const changeId = (...parts: string[]): string => createHash("sha256").update(JSON.stringify(parts)).digest("base64url");

/** @throws {UserError} MESSAGE_UNKNOWN when this contact sent no such line */
async function requireLine(core: Core, inboxId: string, address: string, id: string): Promise<void> {
  const line = await core.store.messages.findOne({ source: inboundSource(inboxId, address, id) }, { projection: { _id: 1 } });
  if (line === null) throw new UserError("MESSAGE_UNKNOWN", "This contact sent no message with this id.");
}

/** Whether a part of a reply went to this contact. */
async function gotReply(core: Core, inboxId: string, address: string, partId: string): Promise<boolean> {
  const messageId = messageOfPart(partId);
  const identity = messageId === null ? null : await identityOf(core, inboxId, address);
  return messageId !== null && identity !== null && (await core.store.messages.findOne({ _id: messageId, identityId: identity._id, kind: "outgoing" }, { projection: { _id: 1 } })) !== null;
}

/** A reply that this contact got, or a line that they sent. */
const isTheirs = async (core: Core, inboxId: string, address: string, id: string): Promise<boolean> =>
  (await gotReply(core, inboxId, address, id)) || (await core.store.messages.findOne({ source: inboundSource(inboxId, address, id) }, { projection: { _id: 1 } })) !== null;

interface Pressed { messageId: string; id: string; label: string }
/** @throws {UserError} MESSAGE_UNKNOWN when this contact got no reply with such a choice */
async function requireChoice(core: Core, inboxId: string, address: string, { messageId, id }: { messageId: string; id: string }): Promise<Pressed> {
  const identity = await identityOf(core, inboxId, address);
  const chosen = identity === null ? null : await chosenOf(core, identity._id, { messageId: messageOfPart(messageId) ?? "", id });
  if (chosen === null) throw new UserError("MESSAGE_UNKNOWN", "This contact got no reply with such a choice. `choice` names the message.id of a callback and the id of one of its choices.");
  return chosen;
}
const samePress = ({ chosen }: Pick<Message, "chosen">, choice: Pressed | undefined): boolean => chosen?.messageId === choice?.messageId && chosen?.id === choice?.id;

/** @throws {UserError} CONVERSATION_UNKNOWN for one that does not exist or is somebody else's, without telling which */
async function requireConversation(core: Core, inboxId: string, address: string, id: string): Promise<void> {
  const identity = await identityOf(core, inboxId, address);
  if (identity !== null && (await core.store.conversations.findOne({ _id: id, identityId: identity._id }, { projection: { _id: 1 } })) !== null) return;
  throw new UserError("CONVERSATION_UNKNOWN", "This contact has no such conversation. Leave it out to go on where the last one stands, or send \"new\".");
}

export const messageCalls = [
  apiCall({
    method: "POST", path: "/messages", summary: "Bring in a line of a contact; the same id and content again changes nothing", body: messageBody,
    answers: { 200: messageAnswer, 201: messageAnswer }, codes: ["BAD_SIGNATURE", "BAD_TEXT", "CONVERSATION_UNKNOWN", "FILE_UNKNOWN", "CLIENT_ID_REUSED", "TEXT_TOO_LONG", "CONTACT_BLOCKED", "MESSAGE_UNKNOWN"],
    async run({ host, inbox, reply, body }) {
      const { core } = host;
      const address = requireContact(host, inbox, reply, body.contact);
      const text = cleanText(body.text, MAX_TEXT);
      const files = await filesOf(core.files, fileOwner(inbox._id), body.fileIds);
      const choice = body.choice === undefined ? undefined : await requireChoice(core, inbox._id, address, body.choice);
      if (choice !== undefined && (text.trim() !== "" || files.length > 0)) throw new UserError("BAD_BODY", "A press on a choice has no text and no files of its own. Send them as another message.", [{ path: "choice", message: "comes with a text or files" }]);
      if (choice === undefined && text.trim() === "" && files.length === 0) throw new UserError("BAD_BODY", "The message is empty. Give it a text or files.", [{ path: "text", message: "is empty, and no file is attached" }]);
      if (body.conversation !== undefined && body.conversation !== "new") await requireConversation(core, inbox._id, address, body.conversation);
      await identify(host, inbox._id, address, body.contact);
      const answered = body.replyTo ?? body.choice?.messageId;
      const replyTo = answered !== undefined && (await isTheirs(core, inbox._id, address, answered)) ? answered : undefined;
      const { outcome, message } = await receiveEvent(core, {
        inboxId: inbox._id, address, type: "message", channelMessageId: body.id, text: choice?.label ?? text, files, profile: {},
        ...(choice === undefined ? {} : { choice: { messageId: choice.messageId, id: choice.id } }), ...(replyTo === undefined ? {} : { replyTo }),
        ...(body.sentAt === undefined ? {} : { sentAt: body.sentAt }), ...(body.conversation === undefined ? {} : { conversation: body.conversation }),
      });
      if (outcome === "blocked") throw new UserError("CONTACT_BLOCKED", "The team has blocked this contact. Nothing of this message was kept; don't repeat it.");
      if (outcome === "conflict" || message === undefined || (outcome === "duplicate" && (!sameFiles(message.files, files) || !samePress(message, choice)))) {
        throw new UserError("CLIENT_ID_REUSED", "This id already belongs to another message of this contact. Use a new one for each message; repeat one only to send the same again.");
      }
      reply.code(outcome === "stored" ? 201 : 200);
      return { id: body.id, messageId: message._id, conversationId: message.conversationId, seq: message.feedLast ?? 0, position: message.feedFirst ?? 0 };
    },
  }),
  apiCall({
    method: "PATCH", path: "/messages/:id", summary: "Tell that a contact changed a line of theirs", body: editBody, answers: { 200: outcomeAnswer }, codes: ["BAD_SIGNATURE", "BAD_TEXT", "MESSAGE_UNKNOWN", "TEXT_TOO_LONG"],
    async run({ host, inbox, reply, params, body }) {
      const { core } = host;
      const address = requireContact(host, inbox, reply, body.contact);
      const text = cleanText(body.text, MAX_TEXT), id = params["id"]!, at = body.at ?? core.clock.now();
      await requireLine(core, inbox._id, address, id);
      const { outcome } = await receiveEvent(core, { inboxId: inbox._id, address, type: "edit", eventId: changeId(address, id, at.toISOString(), text), channelMessageId: id, text, at });
      return { applied: outcome === "applied" };
    },
  }),
  apiCall({
    method: "DELETE", path: "/messages/:id", summary: "Tell that a contact took a line back", query: deleteQuery, answers: { 200: outcomeAnswer }, codes: ["BAD_SIGNATURE", "MESSAGE_UNKNOWN"],
    async run({ host, inbox, reply, params, query: { contact, hash } }) {
      const { core } = host;
      const address = requireContact(host, inbox, reply, { id: contact, hash }), id = params["id"]!;
      await requireLine(core, inbox._id, address, id);
      const { outcome } = await receiveEvent(core, { inboxId: inbox._id, address, type: "delete", eventId: changeId(address, id), channelMessageId: id, at: core.clock.now() });
      return { applied: outcome === "applied" };
    },
  }),
  apiCall({
    method: "PUT", path: "/messages/:id/reactions", summary: "Tell how a contact reacts to a message: a reply by its message.id, or their own line by its id", body: reactionsBody,
    answers: { 200: outcomeAnswer }, codes: ["BAD_SIGNATURE", "MESSAGE_UNKNOWN"],
    async run({ host, inbox, reply, params, body: { contact, emojis } }) {
      const { core } = host;
      const address = requireContact(host, inbox, reply, contact), vendorId = params["id"]!, at = core.clock.now();
      if (!(await gotReply(core, inbox._id, address, vendorId))) await requireLine(core, inbox._id, address, vendorId);
      const { outcome } = await receiveEvent(core, { inboxId: inbox._id, address, type: "reaction", eventId: changeId(address, vendorId, at.toISOString(), ...emojis), vendorId, emojis, at });
      return { applied: outcome === "applied" };
    },
  }),
  apiCall({
    method: "POST", path: "/messages/:id/status", summary: "Tell what became of a reply, by its message.id; it only climbs: sent, delivered, read", body: statusBody,
    answers: { 200: statusAnswer }, codes: ["MESSAGE_UNKNOWN"],
    async run({ host, inbox, params, body: { status, error } }) {
      const key = params["id"]!, messageId = messageOfPart(key);
      const now = messageId === null ? null : await recordPartStatus(host.core, { inboxId: inbox._id, messageId, key, state: status,
        ...(error === undefined ? {} : { error: { code: error.code ?? "REFUSED", text: error.message } }) });
      if (now === null) throw new UserError("MESSAGE_UNKNOWN", "No reply of this inbox has this id. It is the message.id of a callback.");
      return { status: now };
    },
  }),
];
