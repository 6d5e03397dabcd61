/** The Bot API methods that we use, from Telegram's documentation (core.telegram.org/bots/api). */
import { valueOf, type CallInput } from "./body.ts";
import { checkText } from "./entities.ts";
import { ApiFault } from "./faults.ts";
import type { FakeState, ShownMessage } from "./state.ts";
import type { UpdateQueue } from "./updates.ts";

export interface MethodContext { state: FakeState; updates: UpdateQueue; gone: AbortSignal }
export type Method = (input: CallInput, context: MethodContext) => unknown;

const MAX_UPLOAD = 50_000_000, MAX_PHOTO = 10_000_000, MAX_DOWNLOAD = 20_000_000;
/** Some of the emojis that may be set. Source: core.telegram.org/bots/api#reactiontypeemoji */
const REACTIONS = new Set("👍👎❤🔥🥰👏😁🤔🤯😱🤬😢🎉🤩🤮💩🙏👌🕊🤡🥱🥴😍🐳💯🤣⚡🍌🏆💔👀🤝✍🤗🫡😡");
const bad = (words: string) => new ApiFault(400, `Bad Request: ${words}`);

function answerFor(shown: ShownMessage, { state }: MethodContext) {
  const message = { ...state.apiMessage(state.person(shown.chat), state.bot, shown.messageId), ...(shown.edited ? { edit_date: Math.floor(Date.now() / 1000) } : {}) };
  return shown.kind === "text" ? { ...message, text: shown.text, entities: shown.entities } : { ...message, [shown.kind]: shown.kind === "photo" ? [] : {}, caption: shown.text };
}

/** Source: core.telegram.org/bots/api#replyparameters, #inlinekeyboardmarkup */
function looksOf(input: CallInput, state: FakeState, chat: number): Pick<ShownMessage, "answers" | "buttons" | "topic" | "business"> {
  const reply = valueOf(input, "reply_parameters") as { message_id: number; allow_sending_without_reply?: boolean } | undefined;
  const markup = valueOf(input, "reply_markup") as { inline_keyboard: { text: string; callback_data: string }[][] } | undefined;
  const buttons = markup?.inline_keyboard.flat();
  if (buttons?.some(({ text, callback_data: data }) => text === "" || Buffer.byteLength(data) > 64 || data === "") === true) throw bad("BUTTON_DATA_INVALID");
  if (reply !== undefined && reply.allow_sending_without_reply !== true && !state.byId.has(`${chat}:${reply.message_id}`)) throw bad("message to be replied not found");
  const topic = valueOf(input, "message_thread_id"), business = valueOf(input, "business_connection_id");
  return {
    ...(reply === undefined ? {} : { answers: reply.message_id }), ...(buttons === undefined ? {} : { buttons }),
    ...(topic === undefined ? {} : { topic: Number(topic) }), ...(business === undefined ? {} : { business: String(business) }),
  };
}

function show(input: CallInput, context: MethodContext, chat: unknown, kind: ShownMessage["kind"], content: Pick<ShownMessage, "text" | "entities" | "file">) {
  const { id } = context.state.reachable(chat);
  const looks = looksOf(input, context.state, id);
  const messageId = context.state.nextMessageId(id);
  context.state.show({ messageId, chat: id, kind, ...content, ...looks });
  return answerFor(context.state.byId.get(`${id}:${messageId}`)!, context);
}

function sendFile(kind: "photo" | "document" | "voice"): Method {
  return (input, context) => {
    const named = /^attach:\/\/(.+)$/.exec(String(input.params[kind] ?? ""))?.[1];
    const upload = input.files[named ?? kind];
    if (upload === undefined) throw bad(`there is no ${kind} in the request`);
    if (upload.content.length > MAX_UPLOAD) throw new ApiFault(413, "Request Entity Too Large");
    if (upload.content.length === 0) throw bad("file must be non-empty");
    if (kind === "photo" && upload.content.length > MAX_PHOTO) throw bad("file is too big");
    if (kind === "photo" && !/^(89504e47|ffd8ff|52494646)/.test(upload.content.subarray(0, 4).toString("hex"))) throw bad("IMAGE_PROCESS_FAILED");
    const text = checkText(valueOf(input, "caption") ?? "", valueOf(input, "caption_entities"), 1024, "caption");
    return show(input, context, valueOf(input, "chat_id"), kind, { ...text, file: { filename: upload.filename, bytes: upload.content.length } });
  };
}

/** A message of the bot; edits and deletions of others are not its to make. */
function own(input: CallInput, { state }: MethodContext, missing: string): ShownMessage {
  state.reachable(valueOf(input, "chat_id"));
  const shown = state.byId.get(`${String(valueOf(input, "chat_id"))}:${String(valueOf(input, "message_id"))}`);
  if (shown === undefined || shown.deleted) throw bad(missing);
  return shown;
}

function change(input: CallInput, shown: ShownMessage, next: Pick<ShownMessage, "text" | "entities">, context: MethodContext) {
  if (shown.text === next.text && JSON.stringify(shown.entities) === JSON.stringify(next.entities)) {
    throw bad("message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message");
  }
  delete shown.buttons;
  Object.assign(shown, next, looksOf(input, context.state, shown.chat), { edited: true });
  return answerFor(shown, context);
}

export const methods: Record<string, Method> = {
  getMe: (_input, { state }) => ({ ...state.bot, can_join_groups: false, can_read_all_group_messages: false, supports_inline_queries: false }),
  getUpdates: (input, { updates, gone }) => {
    updates.setAllowed(valueOf(input, "allowed_updates"));
    const offset = valueOf(input, "offset") as number | undefined;
    return updates.poll({
      ...(offset === undefined || offset === 0 ? {} : { offset }),
      limit: Math.min(Number(valueOf(input, "limit") ?? 100), 100), timeoutSeconds: Number(valueOf(input, "timeout") ?? 0),
    }, gone);
  },
  setWebhook: (input, { updates }) => {
    const url = String(valueOf(input, "url") ?? ""), secret = input.params.secret_token as string | undefined;
    if (!/^https?:\/\//.test(url) && url !== "") throw bad("bad webhook: invalid URL");
    if (secret !== undefined && !/^[A-Za-z0-9_-]{1,256}$/.test(secret)) throw bad("secret token contains unallowed characters");
    updates.setAllowed(valueOf(input, "allowed_updates"));
    updates.setHook(url === "" ? null : { url, secret, connections: Number(valueOf(input, "max_connections") ?? 40) }, valueOf(input, "drop_pending_updates") === true);
    return true;
  },
  deleteWebhook: (input, { updates }) => { updates.setHook(null, valueOf(input, "drop_pending_updates") === true); return true; },
  getWebhookInfo: (_input, { updates }) => ({
    url: updates.hook?.url ?? "", has_custom_certificate: false, pending_update_count: updates.count,
    ...(updates.hook?.lastError === undefined ? {} : { last_error_message: updates.hook.lastError }),
  }),
  sendMessage: (input, context) => {
    if (input.params.parse_mode !== undefined) throw bad("this fake takes entities, not parse_mode");
    const content = checkText(input.params.text, valueOf(input, "entities"), 4096, "text");
    return show(input, context, valueOf(input, "chat_id"), "text", content);
  },
  sendPhoto: sendFile("photo"),
  sendDocument: sendFile("document"),
  sendVoice: sendFile("voice"),
  editMessageText: (input, context) => {
    const shown = own(input, context, "message to edit not found");
    if (shown.kind !== "text") throw bad("there is no text in the message to edit");
    return change(input, shown, checkText(input.params.text, valueOf(input, "entities"), 4096, "text"), context);
  },
  editMessageCaption: (input, context) => {
    const shown = own(input, context, "message to edit not found");
    if (shown.kind === "text") throw bad("there is no caption in the message to edit");
    return change(input, shown, checkText(valueOf(input, "caption") ?? "", valueOf(input, "caption_entities"), 1024, "caption"), context);
  },
  editMessageReplyMarkup: (input, context) => { delete own(input, context, "message to edit not found").buttons; return true; },
  answerCallbackQuery: (input, { state }) => {
    if (!state.presses.delete(String(valueOf(input, "callback_query_id")))) throw bad("query is too old and response timeout expired or query ID is invalid");
    return true;
  },
  deleteBusinessMessages: (input, { state }) => {
    for (const id of valueOf(input, "message_ids") as number[]) for (const shown of state.shown) if (shown.business === valueOf(input, "business_connection_id") && shown.messageId === id) shown.deleted = true;
    return true;
  },
  deleteMessage: (input, context) => { own(input, context, "message to delete not found").deleted = true; return true; },
  setMessageReaction: (input, { state }) => {
    const chat = state.reachable(valueOf(input, "chat_id")).id;
    const wanted = (valueOf(input, "reaction") ?? []) as { type: string; emoji: string }[];
    if (wanted.length > 1) throw bad("REACTIONS_TOO_MANY");
    if (wanted.some(({ type, emoji }) => type !== "emoji" || !REACTIONS.has(emoji))) throw bad("REACTION_INVALID");
    state.botReactions.set(`${chat}:${String(valueOf(input, "message_id"))}`, wanted.map(({ emoji }) => emoji));
    return true;
  },
  sendChatAction: (input, { state }) => { state.reachable(valueOf(input, "chat_id")); return true; },
  getFile: (input, { state }) => {
    const id = String(valueOf(input, "file_id"));
    const file = state.files.get(id);
    if (file === undefined) throw bad("wrong file_id or the file is temporarily unavailable");
    if (file.size > MAX_DOWNLOAD) throw bad("file is too big");
    return { file_id: id, file_unique_id: `unique-${id}`, file_size: file.size, file_path: file.path };
  },
};
