/** WhatsApp for one inbox: the port of `core/ports.ts`, over one business number. */
import { DeliveryError, UserError } from "../../core/errors.ts";
import type {
  AddressingChannel, ChannelAdapter, ChannelAddress, Clock, ConditionedChannel, FetchingChannel, FileStore, HandshakeChannel, InboundEvent, Logger, MessageTemplate, MovingChannel, Part, PartReceipt, ReactingChannel, ReportTrouble, TemplateChannel, TypingChannel, WebhookChannel,
} from "../../core/ports.ts";
import { z } from "zod";
import type { Buckets } from "../shared/rate.ts";
import { createGraphApi } from "./api.ts";
import { capabilities } from "./capabilities.ts";
import { conditionOf, NUMBER_FIELDS } from "./condition.ts";
import type { Refusal } from "./errors.ts";
import { addressOf, recipientOf } from "./ids.ts";
import { parseCall } from "./parse.ts";
import { MAX_BYTES, plan, readPart, type WhatsAppPart } from "./plan.ts";
import { fetchTemplates } from "./templates.ts";
import { answerChallenge, sameSecret, verifySignature } from "./verify.ts";

export type WhatsAppChannel = WebhookChannel & HandshakeChannel & TypingChannel & ReactingChannel & FetchingChannel & TemplateChannel & ConditionedChannel & MovingChannel & AddressingChannel & {
  readonly inboxId: string;
  readonly phoneNumberId: string;
  /** True for an inbox of the same app: then its calls may come with ours. */
  hasSecret(appSecret: string): boolean;
};

export interface WhatsAppOptions {
  inboxId: string;
  phoneNumberId: string;
  wabaId: string;
  accessToken: string;
  appSecret: string;
  verifyToken: string;
  /** With its version, without a trailing slash. */
  apiUrl: string;
  files: FileStore;
  clock: Clock;
  log: Logger;
  trouble: ReportTrouble;
  buckets: Buckets<"pair" | "number">;
  /** The live adapters of this kind: one webhook serves all numbers of an app. */
  siblings(): Iterable<ChannelAdapter>;
}

/** [K] Meta's calls have 3 MB at most. Source: developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/overview */
const CALL_BYTES = 4_000_000;
/** Templates are looked at again after this, in milliseconds; Meta reviews for minutes to hours. */
const TEMPLATES_MS = 300_000;
/** Customers whose newest message is kept in mind, to show typing under it. */
const NEWEST_KEPT = 10_000;

const Sent = z.object({ messages: z.array(z.object({ id: z.string().min(1) })).min(1) });

export const isWhatsApp = (a: ChannelAdapter): a is WhatsAppChannel => a.id === "whatsapp" && "phoneNumberId" in a;

/** Buttons to a number of three, a list of up to ten rows beyond. Source: …/whatsapp/messages/interactive-reply-buttons-messages, …/interactive-list-messages */
const MOST_BUTTONS = 3;
function askedWith({ text, choices }: Extract<WhatsAppPart, { kind: "question" }>): object {
  const rows = choices.map(({ id, label }) => ({ id, title: label }));
  return rows.length <= MOST_BUTTONS
    ? { type: "button", body: { text }, action: { buttons: rows.map((reply) => ({ type: "reply", reply })) } }
    : { type: "list", body: { text }, action: { button: "Choose", sections: [{ rows }] } };
}
const quoting = ({ answers }: Pick<WhatsAppPart, "answers">): object => (answers === undefined ? {} : { context: { message_id: answers } });

function contentFor(part: Exclude<WhatsAppPart, { fileId: string }>): object {
  if (part.kind === "text") return { type: "text", text: { body: part.text, preview_url: false } };
  if (part.kind === "question") return { type: "interactive", interactive: askedWith(part) };
  return { type: "template", template: { name: part.name, language: { code: part.language }, ...(part.components.length === 0 ? {} : { components: part.components }) } };
}

export function createWhatsApp(options: WhatsAppOptions): WhatsAppChannel {
  const { inboxId, phoneNumberId, wabaId, appSecret, verifyToken, files, clock, log, trouble, buckets, siblings } = options;
  const api = createGraphApi(options);
  const newest = new Map<string, string>();
  let templates: { at: number; list: MessageTemplate[] } | undefined;
  let stopped = false;

  /** Whatever concerns more than one message is remembered: the wait of a customer or the number, a number at a stop. */
  async function watched<T>(address: string, run: () => Promise<T>): Promise<T> {
    try {
      const answer = await run();
      if (stopped) { stopped = false; trouble(null); }
      return answer;
    } catch (error) {
      const { scope, stops, o, code, tellAgent } = error as Refusal;
      if (scope !== undefined && o.retryAfterMs !== undefined) buckets.pause(scope, scope === "pair" ? address : phoneNumberId, o.retryAfterMs);
      if (stops === true) { stopped = true; trouble({ code, text: tellAgent }); }
      throw error;
    }
  }

  /** Every message to a customer goes through here. */
  async function send(address: string, content: object, key: string | undefined, signal: AbortSignal): Promise<string> {
    buckets.take({ pair: address, number: phoneNumberId });
    const answer = await watched(address, () => api.call("messages", "POST", `${phoneNumberId}/messages`, {
      messaging_product: "whatsapp", recipient_type: "individual", ...recipientOf(address), ...content, ...(key === undefined ? {} : { biz_opaque_callback_data: key }),
    }, signal));
    const sent = Sent.safeParse(answer);
    if (sent.success) return sent.data.messages[0]!.id;
    throw new DeliveryError("UNREACHABLE", "WhatsApp's answer can't be read; whether it was done is not known yet.", { certain: false });
  }

  async function fileContent(address: string, part: Extract<WhatsAppPart, { fileId: string }>, signal: AbortSignal): Promise<object> {
    const file = await files.open(part.fileId).catch((cause: unknown) => {
      throw cause instanceof UserError
        ? new DeliveryError("REFUSED", `The file ${part.name} is not in the store any more. Attach it again.`, { certain: true, permanent: true, cause })
        : new DeliveryError("UNREACHABLE", "The file could not be read from the store; it is tried again.", { certain: true, cause });
    });
    const most = MAX_BYTES[part.kind];
    if (file.bytes > most) {
      file.stream.destroy();
      throw new DeliveryError("TOO_LARGE", `WhatsApp takes files up to ${most / 1_000_000} MB; ${part.name} has ${Math.ceil(file.bytes / 1_000_000)} MB. Send a link instead.`, { certain: true, permanent: true });
    }
    const type = part.type === "" ? "application/octet-stream" : part.type;
    const id = await watched(address, () => api.upload(`${phoneNumberId}/media`, { name: part.name, type, bytes: file.bytes, stream: file.stream }, signal)).catch((error: unknown) => {
      if (!(error instanceof DeliveryError) || error.code !== "REFUSED" || (error as Refusal).stops === true) throw error;
      throw new DeliveryError("NOT_SUPPORTED", `WhatsApp does not take ${part.name} (${type}). Send it as PDF, picture, audio or video, or as a link.`, { certain: true, permanent: true, cause: error.o.cause });
    });
    return { type: part.kind, [part.kind]: { id, ...(part.caption === undefined ? {} : { caption: part.caption }), ...(part.kind === "document" ? { filename: part.name } : {}) } };
  }

  /** Newest last, so that the oldest is forgotten first. */
  function remember({ address, channelMessageId }: { address: string; channelMessageId: string }): void {
    newest.delete(address);
    newest.set(address, channelMessageId);
    if (newest.size > NEWEST_KEPT) newest.delete(newest.keys().next().value!);
  }

  /** Which inboxes may be told by a call that is signed with our app's secret. */
  const inboxesByNumber = () => new Map([[phoneNumberId, inboxId] as const, ...[...siblings()].filter(isWhatsApp).filter((one) => one.hasSecret(appSecret)).map((one) => [one.phoneNumberId, one.inboxId] as const)]);

  return {
    id: "whatsapp", inboxId, phoneNumberId, hookName: phoneNumberId, capabilities, bulkPerMinute: 2_400, maxCallBytes: CALL_BYTES, addressesMove: true,
    addressFor: ({ phone }) => (phone === undefined ? null : addressOf({ phone: phone.replace(/^(\+|00)/, "") })?.address ?? null),
    plan,
    hasSecret: (secret) => sameSecret(secret, appSecret),

    async sendPart({ address }: ChannelAddress, raw: Part, key: string, signal: AbortSignal): Promise<PartReceipt> {
      const part = readPart(raw);
      const content = "fileId" in part ? await fileContent(address, part, signal) : contentFor(part);
      return { vendorId: await send(address, { ...content, ...quoting(part) }, key, signal), state: "sent" };
    },

    /** One reaction a message: the newest; without one it is taken back. Source: …/whatsapp/messages/reaction-messages */
    async react({ address }, vendorId, emojis, signal) {
      await send(address, { type: "reaction", reaction: { message_id: vendorId, emoji: emojis.at(-1) ?? "" } }, undefined, signal);
    },

    /** Shown for 25 s or until a message comes, under the customer's newest message, which it marks as read. Source: …/whatsapp/typing-indicators */
    async showTyping({ address }, typing) {
      const messageId = newest.get(address);
      if (!typing || messageId === undefined) return;
      await api.call("typing", "POST", `${phoneNumberId}/messages`, { messaging_product: "whatsapp", status: "read", message_id: messageId, typing_indicator: { type: "text" } }, AbortSignal.timeout(10_000));
    },

    async fetchFile(remote, signal) {
      const { stream, type, bytes } = await api.download(remote, signal);
      return { stream, name: "file", type, ...(bytes === undefined ? {} : { bytes }) };
    },

    async templates(signal) {
      const now = clock.now().getTime();
      if (templates === undefined || now - templates.at > TEMPLATES_MS || now < templates.at) templates = { at: now, list: await watched("", () => fetchTemplates(api, wabaId, signal)) };
      return templates.list;
    },

    async condition(signal) {
      return conditionOf(await watched("", () => api.call("number", "GET", `${phoneNumberId}?fields=${NUMBER_FIELDS}`, undefined, signal)));
    },

    handshake: (query) => answerChallenge(query, verifyToken),

    async receive(request): Promise<InboundEvent[]> {
      verifySignature(request, appSecret);
      let json: unknown;
      try { json = JSON.parse(request.body.toString("utf8")); } catch { throw new UserError("BAD_JSON", "The body is not JSON. Nothing was stored."); }
      const inboxes = inboxesByNumber();
      return parseCall(json).flatMap(({ number, field, events }) => {
        // News of a template's review: it is looked at again at the next use.
        if (field.startsWith("message_template")) templates = undefined;
        const of = number === null ? inboxId : inboxes.get(number);
        if (of === undefined) log.warn({ inboxId, phoneNumberId: number }, "Left out a call for a WhatsApp number that no inbox of this app has; add an inbox with this phoneNumberId, or take the number out of the app.");
        return events.map((event): InboundEvent => {
          if (of === undefined) return { type: "ignored", inboxId, address: event.address, why: "unsupported", kind: "other number" };
          if (of === inboxId && event.type === "message") remember(event);
          return { ...event, inboxId: of } as InboundEvent;
        });
      });
    },
  };
}
