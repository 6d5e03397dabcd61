/** Conversations: found, read, answered, and worked on by the verbs of every desk. */
import { ERROR_CODES, UserError, type ErrorCode } from "../../core/errors.ts";
import { newId } from "../../core/model/ids.ts";
import type { Permission } from "../../core/model/permissions.ts";
import type { Conversation } from "../../core/model/types.ts";
import type { ActResult } from "../../core/ports.ts";
import { pageConversations } from "../../core/services/page-conversations.ts";
import { verbNamed } from "../../core/verbs/table.ts";
import { usageLine } from "../../core/verbs/verb.ts";
import { actorOf, requirePerson } from "../auth/caller.ts";
import { actBody, acted, conversation as conversationAnswer, conversations, conversationsQuery, messages, messagesQuery, noteBody, said, sayBody } from "../wire-conversations.ts";
import { adminCall, requirePermission, type AdminCall, type Incoming } from "./call.ts";
import { placeCursor, readPlace } from "./cursor.ts";
import { lookAtConversation, showConversation, showMessage, tagOf } from "./conversation-shown.ts";

const PAGE = 50;
/** What a verb needs besides: who may not do it to a contact may not do it from a conversation either. */
const VERB_NEEDS: Record<string, Permission> = { erase: "contacts.erase", merge: "contacts.merge", block: "contacts.write", unblock: "contacts.write", attribute: "contacts.write", contact: "contacts.write", history: "contacts.read" };

/** @throws {UserError} as the verb refuses, or BAD_BODY when it asks for more than was said */
function mustBeDone(result: ActResult, verb: string): void {
  if (!result.ok) throw new UserError(Object.hasOwn(ERROR_CODES, result.code ?? "") ? (result.code as ErrorCode) : "NOT_POSSIBLE", result.notice ?? "It was not done.");
  if (result.form === undefined) return;
  const named = verbNamed(verb);
  throw new UserError("BAD_BODY", `${verb} needs more words in args${named === undefined ? "" : `: ${usageLine(named)}`}.`, result.form.fields.map(({ label, options = [] }) => ({ path: "args", message: options.length === 0 ? label : `${label}: ${options.slice(0, 20).map(({ value }) => value).join(", ")}` })));
}

const MAY_BE_REFUSED: ErrorCode[] = ["CONVERSATION_UNKNOWN", "NOT_POSSIBLE", "CHANGED_MEANWHILE"];

/** A line by the verb `reply` or `note`, under the key of the call: said once, whatever stops in between. */
async function say(incoming: Incoming<undefined, { text: string; seen?: number | undefined }>, verb: "reply" | "note") {
  const { parts: { core, runVerb }, caller, body, reply, key, request } = incoming;
  const agent = requirePerson(caller);
  const conversation = await lookAtConversation(incoming, request);
  const source = `api:${caller.id}:${conversation._id}:${key ?? newId(core.clock.now())}`;
  const result = await runVerb({ agent, conversation, verb, args: body.text, source, ...(body.seen === undefined ? {} : { seen: body.seen }) });
  mustBeDone(result, verb);
  const stored = await core.store.messages.findOne({ source });
  if (stored === null) throw new UserError("NOT_POSSIBLE", result.notice ?? "Nothing was said.");
  if (result.notice !== undefined && result.messageId !== undefined) reply.code(202);
  return { message: showMessage(stored), notice: result.notice ?? null };
}

export const conversationCalls: AdminCall[] = [
  adminCall({
    method: "GET", path: "/conversations", summary: "List or find conversations by last activity, newest first", about: "Conversations", needs: "conversations.read", query: conversationsQuery, answers: { 200: conversations }, codes: ["BAD_FILTER", "TOO_BROAD"],
    async run({ parts: { core }, caller, query: { q = "", limit = PAGE, cursor } }) {
      const page = await pageConversations(core, actorOf(caller, core.clock.now()), q, { limit, from: readPlace(cursor) });
      return { conversations: await Promise.all(page.conversations.map((one) => showConversation(core, one))), next: placeCursor(page.next) };
    },
  }),
  adminCall({
    method: "GET", path: "/conversations/:id", summary: "Show one conversation, by id or number", about: "Conversations", needs: "conversations.read", answers: { 200: conversationAnswer }, codes: ["CONVERSATION_UNKNOWN"],
    async run(incoming) {
      const found = await lookAtConversation(incoming);
      incoming.reply.header("etag", tagOf(found));
      return showConversation(incoming.parts.core, found);
    },
  }),
  adminCall({
    method: "GET", path: "/conversations/:id/messages", summary: "Show what was said and done, with receipts and activities", about: "Conversations", needs: "conversations.read", query: messagesQuery, answers: { 200: messages }, codes: ["CONVERSATION_UNKNOWN"],
    async run(incoming) {
      const { parts: { core }, query: { after, before, limit = PAGE } } = incoming;
      const { _id: conversationId } = await lookAtConversation(incoming);
      const range = after !== undefined ? { seq: { $gt: after } } : before !== undefined ? { seq: { $lt: before } } : {};
      const found = await core.store.messages.find({ conversationId, ...range }).sort({ seq: after === undefined ? -1 : 1 }).limit(limit + 1).toArray();
      const page = found.slice(0, limit).map(showMessage);
      return { messages: after === undefined ? page.toReversed() : page, more: found.length > limit };
    },
  }),
  adminCall({
    method: "POST", path: "/conversations/:id/replies", summary: "Reply to the customer, as the token's agent", about: "Conversations", needs: "conversations.write", body: sayBody, answers: { 201: said, 202: said },
    codes: [...MAY_BE_REFUSED, "WINDOW_CLOSED", "VARIABLE_UNKNOWN", "CANNED_UNKNOWN"], run: (incoming) => say(incoming, "reply"),
  }),
  adminCall({
    method: "POST", path: "/conversations/:id/notes", summary: "Write a note that stays with the team", about: "Conversations", needs: "conversations.write", body: noteBody, answers: { 201: said }, codes: MAY_BE_REFUSED, run: (incoming) => say(incoming, "note"),
  }),
  adminCall({
    method: "POST", path: "/conversations/:id/acts", summary: "Do what a verb does: assign, label, snooze, resolve and the rest of GET /verbs", about: "Conversations", needs: "conversations.write", body: actBody, answers: { 200: acted },
    codes: [...MAY_BE_REFUSED, "VERB_UNKNOWN", "BAD_TEXT", "BAD_TIME", "ALREADY_SO", "NEWER_LINE", "AGENT_UNKNOWN", "LABEL_UNKNOWN", "OTHER_CONVERSATION_OPEN"],
    async run(incoming) {
      const { parts: { core, runVerb }, caller, body: { verb: word, args, seen }, request } = incoming;
      const agent = requirePerson(caller);
      const verb = verbNamed(word);
      if (verb?.needs.conversation !== true) throw new UserError("VERB_UNKNOWN", `There is no verb "${word}" for a conversation. GET /verbs lists them.`);
      const more = VERB_NEEDS[verb.name];
      if (more !== undefined) requirePermission(caller, { needs: more });
      const conversation = await lookAtConversation(incoming, request);
      const result = await runVerb({ agent, conversation, verb: verb.name, args, ...(seen === undefined ? {} : { seen }) });
      mustBeDone(result, verb.name);
      const after: Conversation = (await core.store.conversations.findOne({ _id: conversation._id })) ?? conversation;
      incoming.reply.header("etag", tagOf(after));
      return { notice: result.notice ?? null, buttons: (result.buttons ?? []).map(({ id, label }) => ({ id, label })), conversation: await showConversation(core, after) };
    },
  }),
];
