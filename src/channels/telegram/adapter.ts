/** Telegram for one inbox: the port of `core/ports.ts`, over one bot. */
import { GrammyError, type Api } from "grammy";
import { setTimeout as wait } from "node:timers/promises";
import { DeliveryError, UserError } from "../../core/errors.ts";
import type {
  ChannelAddress, Clock, DeletingChannel, EditingChannel, FetchingChannel, FileStore, ListeningChannel, Logger, Part, PartReceipt, ReactingChannel, ReportTrouble, TypingChannel, WebhookChannel,
} from "../../core/ports.ts";
import type { Buckets } from "../shared/rate.ts";
import { asSignal, createApi, createPollApi, fetchFile, isAlreadySo, toDeliveryError, upload } from "./api.ts";
import { botIdOf, makeMessageId, parseMessageId } from "./ids.ts";
import { ALLOWED_UPDATES, parseUpdate } from "./parse.ts";
import { MAX_FILE, plan, readPart, type TelegramPart } from "./plan.ts";
import { BAD_TOKEN, poll } from "./poll.ts";
import { MAX_TEXT } from "./render.ts";
import { verifySecret } from "./verify.ts";

export type TelegramChannel = TypingChannel & EditingChannel & DeletingChannel & ReactingChannel & FetchingChannel & ListeningChannel;

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
  /** Set when Telegram calls us; else we poll. */
  webhook?: { url: string; secret: string };
}

/** Formatting in grammY's words; the shape is the same. */
type ApiEntities = NonNullable<NonNullable<Parameters<Api["sendMessage"]>[2]>["entities"]>;
const formatting = (entities: readonly object[]) => (entities.length === 0 ? {} : { entities: entities as ApiEntities });
const caption = (part: { caption?: { text: string; entities: readonly object[] } | undefined }) =>
  part.caption === undefined ? {} : { caption: part.caption.text, ...(part.caption.entities.length === 0 ? {} : { caption_entities: part.caption.entities as ApiEntities }) };

/** A picture that Telegram can't show as one (too wide, broken) still goes as a file. */
const notAPicture = (error: unknown) => error instanceof GrammyError && error.error_code === 400 && /PHOTO_|IMAGE_PROCESS_FAILED/.test(error.description);

const hasNoText = (error: unknown) => error instanceof GrammyError && error.error_code === 400 && /there is no text in the message to edit/.test(error.description);

export function createTelegram(options: TelegramOptions): TelegramChannel & Partial<WebhookChannel> {
  const { inboxId, token, apiRoot, files, clock, log, trouble, buckets, webhook } = options;
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

  async function sendFile(chat: string, part: Extract<TelegramPart, { fileId: string }>, signal: AbortSignal) {
    const open = async () => {
      const file = await files.open(part.fileId).catch((cause: unknown) => {
        throw cause instanceof UserError
          ? new DeliveryError("REFUSED", `The file ${part.name} is not in the store any more. Attach it again.`, { certain: true, permanent: true, cause })
          : new DeliveryError("UNREACHABLE", "The file could not be read from the store; it is tried again.", { certain: true, cause });
      });
      if (file.bytes > MAX_FILE) throw new DeliveryError("TOO_LARGE", `Telegram takes files up to 50 MB; ${part.name} has ${Math.ceil(file.bytes / 1_000_000)} MB. Send a link instead.`, { certain: true, permanent: true });
      return upload(file.stream, file.name);
    };
    const asDocument = async () => api.sendDocument(chat, await open(), { ...caption(part), disable_content_type_detection: true }, asSignal(signal));
    if (part.kind === "voice") return api.sendVoice(chat, await open(), caption(part), asSignal(signal));
    if (part.kind === "document") return asDocument();
    return api.sendPhoto(chat, await open(), caption(part), asSignal(signal)).catch((error: unknown) => { if (notAPicture(error)) return asDocument(); throw error; });
  }

  const channel: TelegramChannel = {
    id: "telegram",
    limits: { textChars: MAX_TEXT, fileBytes: MAX_FILE },
    plan,

    async sendPart({ address }: ChannelAddress, raw: Part, _key: string, signal: AbortSignal): Promise<PartReceipt> {
      const part = readPart(raw);
      const sent = await call("chat", address, async () => (part.kind === "text" ? api.sendMessage(address, part.text, formatting(part.entities), asSignal(signal)) : sendFile(address, part, signal)));
      return { vendorId: makeMessageId(address, sent.message_id), state: "sent" };
    },

    async editPart({ address }, vendorId, raw, signal) {
      const { chat, message } = located(vendorId);
      const part = readPart(raw);
      const asCaption = () => api.editMessageCaption(chat, message, part.kind === "text" ? caption({ caption: part }) : caption(part), asSignal(signal));
      // A text that went out as a file's caption is edited as one.
      const edit = async () => (part.kind === "text"
        ? api.editMessageText(chat, message, part.text, formatting(part.entities), asSignal(signal)).catch((error: unknown) => { if (hasNoText(error)) return asCaption(); throw error; })
        : asCaption());
      await call("change", address, () => edit().catch((error: unknown) => { if (!isAlreadySo(error)) throw error; }));
    },

    async deletePart({ address }, vendorId, signal) {
      const { chat, message } = located(vendorId);
      await call("change", address, () => api.deleteMessage(chat, message, asSignal(signal)).catch((error: unknown) => { if (!isAlreadySo(error)) throw error; }));
    },

    /** A bot may set one reaction: the newest. Telegram's list has no variation selectors. Source: core.telegram.org/bots/api#setmessagereaction */
    async react({ address }, vendorId, emojis, signal) {
      const { chat, message } = located(vendorId);
      type Emoji = Extract<Parameters<Api["setMessageReaction"]>[2][number], { type: "emoji" }>["emoji"];
      const emoji = emojis.at(-1)?.replaceAll("\ufe0f", "") as Emoji | undefined;
      await call("change", address, () => api.setMessageReaction(chat, message, emoji === undefined ? [] : [{ type: "emoji", emoji }], {}, asSignal(signal)));
    },

    /** Telegram shows it for 5 s or until a message comes; there is nothing to take back. */
    async showTyping({ address }, typing) {
      if (typing) await api.sendChatAction(address, "typing").catch((error: unknown) => { throw toDeliveryError(error); });
    },

    async fetchFile(remote, signal) {
      const { stream, path, bytes } = await fetchFile(api, `${apiRoot}/file/bot${token}`, remote, signal);
      return { stream, name: path.split("/").at(-1)!, type: "application/octet-stream", ...(bytes === undefined ? {} : { bytes }) };
    },

    async listen(sink, signal) {
      if (webhook === undefined) return poll({ api: createPollApi(token, apiRoot), inboxId, clock, log, trouble, sink, signal });
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
      return parseUpdate(inboxId, json);
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
