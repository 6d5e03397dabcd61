/** Runs one verb for one person, whichever front end they used. */
import type { Core } from "../../core/core.ts";
import { UserError } from "../../core/errors.ts";
import type { Agent, Conversation, Message } from "../../core/model/types.ts";
import type { ActResult, CardButton, Form } from "../../core/ports.ts";
import { mayAnswer } from "../../core/services/inbox-settings.ts";
import { verbNamed } from "../../core/verbs/table.ts";
import { buttonId, FORM_FIELD, type Say, type Verb, type VerbResult } from "../../core/verbs/verb.ts";
import { isFormId, makeFormId, readFormId } from "./forms.ts";
import { takeNumber, unknownVerb } from "./parse.ts";

export interface VerbRequest {
  actor: Agent;
  /** The thread's conversation; null outside a thread. */
  conversation: Conversation | null;
  /** Its author stands in that thread, where the timeline shows what was done. */
  inThread: boolean;
  /** A verb, a button's id ("resolve:--anyway") or a form's id. */
  verb: string;
  args: string;
  seen?: number | undefined;
  message?: Message | undefined;
  /** Teammates and groups that the desk itself marked as mentioned. */
  mentions?: number | undefined;
  /** A form's values; they are turned into arguments. */
  values?: Record<string, string> | undefined;
  say: Say;
}

/** A refusal is answered with `ok: false`, words and a code. Throws only what is nobody's mistake (the store is away). */
export async function runVerb(core: Core, request: VerbRequest): Promise<ActResult> {
  let attempt: Attempt | null = null;
  try {
    attempt = await prepare(core, request);
    const { verb, args, conversation, message } = attempt;
    const result = await verb.run({
      core, actor: request.actor, conversation, seen: request.seen, mentions: request.mentions, message, say: request.say,
      ask: (title, fields, about = message) => ask(verb, { id: makeFormId(core, { verb: verb.name, conversationId: conversation?._id ?? null, messageId: about?._id ?? null }), title, fields }, about),
    }, args);
    const { logged, notice, ...shown } = result;
    const told = logged === true && request.inThread && conversation?._id === request.conversation?._id;
    return withNumber(request, conversation, { ok: true, ...(notice === undefined || told ? {} : { notice }), ...shown });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const buttons = attempt === null ? [] : await offers(core, request.actor, attempt, error);
    return withNumber(request, attempt?.conversation ?? null, { ok: false, notice: error.message, code: error.code, ...(buttons.length === 0 ? {} : { buttons }) });
  }
}

/** What is offered outside a thread says by itself which conversation it is about: "take:#1042 --anyway". */
function withNumber({ conversation: here }: VerbRequest, conversation: Conversation | null, result: ActResult): ActResult {
  const { buttons, messageId } = result;
  if (here !== null || conversation === null || buttons === undefined || messageId !== undefined) return result;
  return { ...result, buttons: buttons.map((button) => {
    const [, word = "", args = ""] = /^([^:]*):?([\s\S]*)$/.exec(button.id) ?? [];
    const about = verbNamed(word)?.needs.conversation === true && !/^#\d/.test(args);
    return about ? { ...button, id: buttonId(word, `#${conversation.number} ${args}`.trim()) } : button;
  }) };
}

const MOST_BUTTONS = 10;

/** Where a desk can't show a form, its first choice goes as buttons. */
function ask(verb: Verb, form: Form, about: Message | undefined): VerbResult {
  const choices = form.fields.find((field) => field.name === FORM_FIELD)?.options ?? [];
  const buttons = choices.slice(0, MOST_BUTTONS).map(({ value, label }) => ({ id: buttonId(verb.name, value), label }));
  return { form, ...(buttons.length === 0 ? {} : { buttons }), ...(about === undefined ? {} : { messageId: about._id }) };
}

interface Attempt { verb: Verb; args: string; conversation: Conversation | null; message: Message | undefined }

async function prepare(core: Core, request: VerbRequest): Promise<Attempt> {
  const { actor } = request;
  if (!actor.active) throw new UserError("NOT_ALLOWED", "Your account is not active any more. Ask an administrator.");
  const { word, args: typed, subject } = readVerb(core, request);
  const verb = verbNamed(word);
  if (verb === undefined) throw unknownVerb(word);
  if (verb.needs.role !== undefined && actor.role !== verb.needs.role) throw new UserError("NOT_ALLOWED", `${verb.name} is for administrators. Ask one of them.`);

  let { conversation } = request;
  let args = typed;
  if (subject?.conversationId) conversation = await oneConversation(core, { _id: subject.conversationId }, "The conversation of this form");
  else if (conversation === null && verb.needs.conversation) {
    const named = takeNumber(args);
    if (named !== null) {
      conversation = await oneConversation(core, { number: named.number }, `#${named.number}`);
      // a desk that knows the number says it too
      args = named.rest.replace(new RegExp(`^#${named.number}(?=\\s|$)\\s*`), "");
    }
  }
  if (request.values !== undefined) args = verb.fromForm(request.values).trim();
  if (conversation !== null && !mayAnswer(actor, conversation.inboxId)) {
    throw new UserError("NOT_ALLOWED", "This conversation is in an inbox that you may not see. Ask an administrator for access.");
  }
  const message = request.message ?? (subject?.messageId ? ((await core.store.messages.findOne({ _id: subject.messageId })) ?? undefined) : undefined);
  return { verb, args, conversation, message };
}

function readVerb(core: Core, { verb, args }: VerbRequest): { word: string; args: string; subject?: { conversationId: string | null; messageId: string | null } } {
  if (isFormId(verb)) {
    const { verb: word, ...subject } = readFormId(core, verb);
    return { word, args, subject };
  }
  const [, word = "", inId = ""] = /^[!/]?([^\s:]*)[\s:]*([\s\S]*)$/.exec(verb.trim()) ?? [];
  return { word, args: [inId, args.trim()].filter((part) => part !== "").join(" ") };
}

async function oneConversation(core: Core, query: { _id: string } | { number: number }, what: string): Promise<Conversation> {
  const conversation = await core.store.conversations.findOne(query);
  if (conversation === null) throw new UserError("CONVERSATION_UNKNOWN", `${what} does not exist. /find searches for it.`);
  return conversation;
}

/** The same act with --anyway, where that is what the person may want after reading why it was refused. */
async function offers(core: Core, actor: Agent, { verb, args, conversation }: Attempt, error: UserError): Promise<CardButton[]> {
  if (error.code === "REQUEST_NEEDED") return [{ id: buttonId("request", verb.name === "assign" ? args : ""), label: "Ask an administrator" }];
  const overridable = error.code === "NEWER_LINE" || (error.code === "ALREADY_SO" && verb.name === "take" && !(await owns(core, actor, conversation)));
  if (!overridable) return [];
  const label = `${verb.name === "macro" ? "Run" : `${verb.name.charAt(0).toUpperCase()}${verb.name.slice(1)}`} anyway`;
  return [{ id: buttonId(verb.name, `${args} --anyway`.trim()), label }];
}

const owns = async (core: Core, actor: Agent, conversation: Conversation | null): Promise<boolean> =>
  conversation !== null && (await core.store.conversations.findOne({ _id: conversation._id, assigneeId: actor._id }, { projection: { _id: 1 } })) !== null;
