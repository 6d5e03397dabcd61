/** Telegram for one inbox: the port of `core/ports.ts`, over one bot. */
import { GrammyError, type Api } from "grammy";
import { setTimeout as wait } from "node:timers/promises";
import { DeliveryError, UserError } from "../../core/errors.ts";
import type {
  ChannelAddress, Clock, DeletingChannel, EditingChannel, FetchingChannel, FileStore, InboundEvent, ListeningChannel, Logger, MovingChannel, Part, PartReceipt, ReactingChannel, ReportTrouble, TypingChannel, WebhookChannel,
} from "../../core/ports.ts";
import type { Buckets } from "../shared/rate.ts";
import { asSignal, createApi, createPollApi, fetchFile, isAlreadySo, toDeliveryError, upload } from "./api.ts";
import { capabilities } from "./capabilities.ts";
import { botIdOf, makeMessageId, parseMessageId, placeOf, type Place } from "./ids.ts";
import { ALLOWED_UPDATES, parseUpdate, pressOf } from "./parse.ts";
import { MAX_FILE, plan, readPart, type TelegramPart } from "./plan.ts";
import { BAD_TOKEN, poll } from "./poll.ts";
import { verifySecret } from "./verify.ts";

export type TelegramChannel = TypingChannel & EditingChannel & DeletingChannel & ReactingChannel & FetchingChannel & ListeningChannel & Partial<MovingChannel>;

export interface TelegramOptions {
  inboxId: string;
  token: string;
  /** Without a trailing slash. */
  apiRoot: string;
  files: FileStore;
  clock: Clock;
  log: Logger;
  trouble: ReportTrouble;
  buckets: Buckets<"chat" | "change" | "bot">;
  /** Whether conversations of groups, and topics of their forums, come in too. */
  groups: boolean;
  /** Set when Telegram calls us; else we poll. */
  webhook?: { url: string; secret: string };
}

/** Formatting in grammY's words; the shape is the same. */
type Looks = NonNullable<Parameters<Api["sendMessage"]>[2]> & NonNullable<Parameters<Api["sendPhoto"]>[2]> & NonNullable<Parameters<Api["sendDocument"]>[2]> & NonNullable<Parameters<Api["sendVoice"]>[2]>;
type ApiEntities = NonNullable<NonNullable<Parameters<Api["sendMessage"]>[2]>["entities"]>;
const formatting = (entities: readonly object[]) => (entities.length === 0 ? {} : { entities: entities as ApiEntities });
const caption = (part: { caption?: { text: string; entities: readonly object[] } | undefined }) =>
  part.caption === undefined ? {} : { caption: part.caption.text, ...(part.caption.entities.length === 0 ? {} : { caption_entities: part.caption.entities as ApiEntities }) };

/** What goes with every message to a place: the topic it is in, the account in whose name it goes. */
const aimed = ({ topic, business }: Omit<Place, "chat">) => ({ ...(topic === undefined ? {} : { message_thread_id: topic }), ...(business === undefined ? {} : { business_connection_id: business }) });
/** Buttons lie two in a row. */
const keyboard = ({ buttons }: Pick<TelegramPart, "buttons">) => (buttons === undefined ? {} : {
  reply_markup: { inline_keyboard: buttons.flatMap((_, i) => (i % 2 === 0 ? [buttons.slice(i, i + 2).map(({ label, data }) => ({ text: label, callback_data: data }))] : [])) },
});
const quoting = ({ answers }: Pick<TelegramPart, "answers">) => {
  const quoted = answers === undefined ? null : parseMessageId(answers);
  return quoted === null ? {} : { reply_parameters: { message_id: quoted.message, allow_sending_without_reply: true } };
};

/** A group that became a supergroup has another id from then on; nothing was sent to the old one. Source: core.telegram.org/bots/api#responseparameters */
const movedTo = (error: unknown): string | undefined => (error instanceof GrammyError && error.parameters.migrate_to_chat_id !== undefined ? String(error.parameters.migrate_to_chat_id) : undefined);

/** A picture that Telegram can't show as one (too wide, broken) still goes as a file. */
const notAPicture = (error: unknown) => error instanceof GrammyError && error.error_code === 400 && /PHOTO_|IMAGE_PROCESS_FAILED/.test(error.description);

const hasNoText = (error: unknown) => error instanceof GrammyError && error.error_code === 400 && /there is no text in the message to edit/.test(error.description);

export function createTelegram(options: TelegramOptions): TelegramChannel & Partial<WebhookChannel> {
  const { inboxId, token, apiRoot, files, clock, log, trouble, buckets, groups, webhook } = options;
  const api = createApi(token, apiRoot);

  const located = (id: string) => {
    const place = parseMessageId(id);
    if (place === null) throw new DeliveryError("REFUSED", "This message was not made on Telegram.", { certain: true, permanent: true });
    return place;
  };

  let refused = false;
  /** Every call that a chat sees goes through here: bucket first, errors translated, the vendor's wait remembered. */
  async function call<T>(scope: "chat" | "change", chat: string, run: () => Promise<T>): Promise<T> {
    buckets.take({ [scope]: chat, bot: botIdOf(token) });
    try {
      const answer = await run();
      if (refused) { refused = false; trouble(null); }
      return answer;
    } catch (error) {
      const known = toDeliveryError(error);
      // A poller notices by itself, and knows when it is over.
      if (webhook !== undefined && known.code === "BAD_CREDENTIALS") { refused = true; trouble(BAD_TOKEN); }
      if (known.code === "RATE_LIMITED" && known.o.retryAfterMs !== undefined) {
        for (const held of ["chat", "change"] as const) buckets.pause(held, chat, known.o.retryAfterMs);
      }
      throw known;
    }
  }

  /** Takes the buttons off what was pressed and ends the customer's wait; whether that works changes nothing about the answer. */
  function settlePress(update: unknown): void {
    const press = pressOf(update);
    if (press === null) return;
    void api.answerCallbackQuery(press.id, {}).catch(() => undefined);
    if (press.place !== null) void api.editMessageReplyMarkup(press.place.chat, press.place.message, press.place.business === undefined ? {} : { business_connection_id: press.place.business }).catch(() => undefined);
  }
  const read = (update: unknown): InboundEvent[] => {
    const events = parseUpdate(inboxId, update, { groups, now: clock.now() });
    if (events.some((event) => event.type === "message" && event.choice !== undefined)) settlePress(update);
    return events;
  };

  async function sendFile(chat: string, part: Extract<TelegramPart, { fileId: string }>, looks: Looks, signal: AbortSignal) {
    const open = async () => {
      const file = await files.open(part.fileId).catch((cause: unknown) => {
        throw cause instanceof UserError
          ? new DeliveryError("REFUSED", `The file ${part.name} is not in the store any more. Attach it again.`, { certain: true, permanent: true, cause })
          : new DeliveryError("UNREACHABLE", "The file could not be read from the store; it is tried again.", { certain: true, cause });
      });
      if (file.bytes > MAX_FILE) throw new DeliveryError("TOO_LARGE", `Telegram takes files up to 50 MB; ${part.name} has ${Math.ceil(file.bytes / 1_000_000)} MB. Send a link instead.`, { certain: true, permanent: true });
      return upload(file.stream, file.name);
    };
    const asDocument = async () => api.sendDocument(chat, await open(), { ...caption(part), ...looks, disable_content_type_detection: true }, asSignal(signal));
    if (part.kind === "voice") return api.sendVoice(chat, await open(), { ...caption(part), ...looks }, asSignal(signal));
    if (part.kind === "document") return asDocument();
    return api.sendPhoto(chat, await open(), { ...caption(part), ...looks }, asSignal(signal)).catch((error: unknown) => { if (notAPicture(error)) return asDocument(); throw error; });
  }

  const channel: TelegramChannel = {
    id: "telegram",
    capabilities, bulkPerMinute: 1_200, ...(groups ? { addressesMove: true as const } : {}),
    plan,

    async sendPart({ address }: ChannelAddress, raw: Part, _key: string, signal: AbortSignal): Promise<PartReceipt> {
      const part = readPart(raw);
      const place = placeOf(address), looks: Looks = { ...aimed(place), ...quoting(part), ...keyboard(part) };
      const to = async (chat: string): Promise<{ message_id: number }> => (part.kind === "text" ? api.sendMessage(chat, part.text, { ...formatting(part.entities), ...looks }, asSignal(signal)) : sendFile(chat, part, looks, signal));
      let { chat } = place;
      const sent = await call("chat", chat, () => to(chat).catch((error: unknown) => {
        const moved = movedTo(error);
        if (moved === undefined) throw error;
        chat = moved;
        return to(chat);
      }));
      return { vendorId: makeMessageId({ ...place, chat }, sent.message_id), state: "sent" };
    },

    async editPart({ address }, vendorId, raw, signal) {
      const { message, ...place } = located(vendorId), { chat } = place;
      const part = readPart(raw), looks = { ...aimed(place), ...keyboard(part) };
      const asCaption = () => api.editMessageCaption(chat, message, { ...(part.kind === "text" ? caption({ caption: part }) : caption(part)), ...looks }, asSignal(signal));
      // A text that went out as a file's caption is edited as one.
      const edit = async () => (part.kind === "text"
        ? api.editMessageText(chat, message, part.text, { ...formatting(part.entities), ...looks }, asSignal(signal)).catch((error: unknown) => { if (hasNoText(error)) return asCaption(); throw error; })
        : asCaption());
      await call("change", address, () => edit().catch((error: unknown) => { if (!isAlreadySo(error)) throw error; }));
    },

    async deletePart({ address }, vendorId, signal) {
      const { chat, business, message } = located(vendorId);
      const gone = () => (business === undefined ? api.deleteMessage(chat, message, asSignal(signal)) : api.deleteBusinessMessages(business, [message], asSignal(signal)));
      await call("change", address, () => gone().catch((error: unknown) => { if (!isAlreadySo(error)) throw error; }));
    },

    /** A bot may set one reaction: the newest. Telegram's list has no variation selectors. Source: core.telegram.org/bots/api#setmessagereaction */
    async react({ address }, vendorId, emojis, signal) {
      const { chat, business, message } = located(vendorId);
      if (business !== undefined) throw new DeliveryError("NOT_SUPPORTED", "Telegram lets no bot react in the chats of a business account.", { certain: true, permanent: true });
      type Emoji = Extract<Parameters<Api["setMessageReaction"]>[2][number], { type: "emoji" }>["emoji"];
      const emoji = emojis.at(-1)?.replaceAll("\ufe0f", "") as Emoji | undefined;
      await call("change", address, () => api.setMessageReaction(chat, message, emoji === undefined ? [] : [{ type: "emoji", emoji }], {}, asSignal(signal)));
    },

    /** Telegram shows it for 5 s or until a message comes; there is nothing to take back. */
    async showTyping({ address }, typing) {
      const { chat, ...place } = placeOf(address);
      if (typing) await api.sendChatAction(chat, "typing", aimed(place)).catch((error: unknown) => { throw toDeliveryError(error); });
    },

    async fetchFile(remote, signal) {
      const { stream, path, bytes } = await fetchFile(api, `${apiRoot}/file/bot${token}`, remote, signal);
      return { stream, name: path.split("/").at(-1)!, type: "application/octet-stream", ...(bytes === undefined ? {} : { bytes }) };
    },

    async listen(sink, signal) {
      if (webhook === undefined) return poll({ api: createPollApi(token, apiRoot), inboxId, read, clock, log, trouble, sink, signal });
      return holdWebhook(api, { inboxId, log, trouble }, webhook, signal);
    },
  };
  if (webhook === undefined) return channel;

  return {
    ...channel,
    async receive({ headers, body }) {
      verifySecret(headers, webhook.secret);
      let json: unknown;
      try { json = JSON.parse(body.toString("utf8")); } catch { throw new UserError("BAD_JSON", "The body is not JSON. Nothing was stored."); }
      return read(json);
    },
  };
}

const NO_WEBHOOK = "Telegram did not take the webhook, so no messages come in. It needs PUBLIC_URL as https on port 443, 80, 88 or 8443, reachable from outside; it is tried again by itself.";

/** With a webhook there is nothing to listen to: the holder of the lease sets it, tries again until Telegram has it, and waits. */
async function holdWebhook(api: Api, { inboxId, log, trouble }: Pick<TelegramOptions, "inboxId" | "log" | "trouble">, webhook: { url: string; secret: string }, signal: AbortSignal): Promise<void> {
  for (let tries = 0; !signal.aborted; tries++) {
    try {
      await api.setWebhook(webhook.url, { secret_token: webhook.secret, allowed_updates: [...ALLOWED_UPDATES] }, asSignal(signal));
      trouble(null);
      break;
    } catch (error) {
      if (signal.aborted) return;
      const known = toDeliveryError(error);
      const words = known.code === "BAD_CREDENTIALS" ? BAD_TOKEN : { code: "NOT_POSSIBLE" as const, text: NO_WEBHOOK };
      log.error({ code: words.code, inboxId, why: known.message }, words.text);
      trouble(words);
      await wait(Math.min(3_000 * 2 ** tries, 300_000), undefined, { signal }).catch(() => undefined);
    }
  }
  if (!signal.aborted) await new Promise<void>((done) => { signal.addEventListener("abort", () => done(), { once: true }); });
}
