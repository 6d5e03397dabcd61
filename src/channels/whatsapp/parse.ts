/**
 * A webhook call of Meta becomes what core understands. One call holds many entries, changes, messages and statuses, of several numbers.
 * Source: developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages, …/status
 */
import { z } from "zod";
import { UserError } from "../../core/errors.ts";
import type { InboundEvent } from "../../core/ports.ts";
import { contentOf, nameOf, plain, pressOf, reactionOf, type Content } from "./content.ts";
import { sentenceOf } from "./errors.ts";
import { addressOf } from "./ids.ts";

const list = z.array(z.unknown()).optional();
const Value = z.looseObject({ metadata: z.looseObject({ phone_number_id: z.string() }).optional(), contacts: list, messages: list, statuses: list });
const Call = z.looseObject({
  object: z.literal("whatsapp_business_account"),
  entry: z.array(z.looseObject({ id: z.union([z.string(), z.number()]).optional(), changes: z.array(z.looseObject({ field: z.string(), value: z.looseObject({}) })) })),
});

const id = z.string().min(1).max(512).refine((text) => plain(text) === text);
/** Seconds since 1970, as text. */
const seconds = z.union([z.string().regex(/^\d{1,11}$/), z.int().nonnegative().max(99_999_999_999)]).transform((value) => new Date(Number(value) * 1000));
const optionalId = id.optional().catch(undefined);

const Contact = z.looseObject({ wa_id: optionalId, user_id: optionalId, profile: z.looseObject({ name: z.string().optional().catch(undefined), username: z.string().optional().catch(undefined) }).optional().catch(undefined) });
type Contact = z.infer<typeof Contact>;
const Message = z.looseObject({
  id, timestamp: seconds, type: z.string().max(64), from: optionalId, from_user_id: optionalId, group_id: optionalId,
  context: z.looseObject({ id: optionalId }).optional().catch(undefined),
});
type Message = z.infer<typeof Message>;
const Original = z.object({ original_message_id: id });
const Edit = z.object({ original_message_id: id, message: z.looseObject({ type: z.string().max(64) }) });
const System = z.object({ type: z.string(), wa_id: optionalId, new_wa_id: optionalId, user_id: optionalId, previous_user_id: optionalId });
const Status = z.looseObject({
  id, status: z.string(), recipient_id: optionalId, recipient_user_id: optionalId, biz_opaque_callback_data: optionalId,
  errors: z.array(z.looseObject({ code: z.number(), title: z.string().optional(), message: z.string().optional(), error_data: z.looseObject({ details: z.string().optional() }).optional() })).optional().catch(undefined),
});

type Rest<E> = E extends unknown ? Omit<E, "inboxId"> : never;
export type Body = Rest<InboundEvent>;
/** What one change tells of one number; `number` is null for what is told of the whole account. */
export interface Change { number: string | null; field: string; events: Body[] }

const ignored = (kind: string, address = "", why: "unsupported" | "not-private" | "own" = "unsupported"): Body => ({ type: "ignored", address, why, kind: plain(kind).slice(0, 40) });

/** A new number or user id of somebody we know: under which they go on from now. */
function moved(message: Message): Body[] {
  const system = System.safeParse(message.system);
  if (!system.success) return [ignored("system")];
  const { user_id: userId, wa_id: phone = system.data.new_wa_id, previous_user_id: previous } = system.data;
  const now = addressOf({ userId, phone });
  const before = [previous, message.from_user_id, message.from].flatMap((one) => (one === undefined ? [] : [one])).filter((one) => addressOf({ phone: one })?.address === one && one !== now?.address);
  if (now === null || before.length === 0) return [ignored(system.data.type)];
  const [address, knownAs] = [...new Set(before)];
  return [{ type: "moved", address: address!, to: now.address, ...(knownAs === undefined ? {} : { knownAs }) }];
}

function fromMessage(raw: unknown, contacts: Contact[]): Body[] {
  const parsed = Message.safeParse(raw);
  if (!parsed.success) return [ignored("unreadable message")];
  const message = parsed.data;
  if (message.type === "system") return moved(message);
  const differ = (a: string | undefined, b: string | undefined) => a !== undefined && b !== undefined && a !== b;
  // A call with one contact is about that one: the number may be told there alone.
  const contact = contacts.find(({ wa_id: phone, user_id: userId }) => (userId !== undefined && userId === message.from_user_id) || (phone !== undefined && phone === message.from))
    ?? (contacts.length === 1 ? contacts.find(({ wa_id: phone, user_id: userId }) => !differ(phone, message.from) && !differ(userId, message.from_user_id)) : undefined);
  const who = addressOf({ userId: message.from_user_id ?? contact?.user_id, phone: message.from ?? contact?.wa_id });
  if (who === null) return [ignored("message without a sender")];
  const { address } = who;
  if (message.group_id !== undefined) return [ignored("group", address, "not-private")];
  const at = message.timestamp;
  switch (message.type) {
    case "request_welcome": return [ignored("request_welcome", address)];
    case "reaction": {
      const reaction = reactionOf(message.reaction);
      return [reaction === null ? ignored("reaction", address) : { type: "reaction", address, eventId: message.id, vendorId: reaction.on, emojis: reaction.emojis, at }];
    }
    case "revoke": {
      const revoked = Original.safeParse(message.revoke);
      return [revoked.success ? { type: "delete", address, eventId: message.id, channelMessageId: revoked.data.original_message_id, at } : ignored("revoke", address)];
    }
    case "edit": {
      const edit = Edit.safeParse(message.edit);
      return [edit.success ? { type: "edit", address, eventId: message.id, channelMessageId: edit.data.original_message_id, ...textOf(contentOf(edit.data.message)), at } : ignored("edit", address)];
    }
    default: {
      const content = contentOf(message);
      const choice = message.type === "interactive" ? pressOf(message) : null;
      const name = nameOf(contact?.profile?.name) || nameOf(contact?.profile?.username);
      return [{
        type: "message", address, channelMessageId: message.id, ...textOf(content), files: content.files, sentAt: at,
        ...(who.knownAs === undefined ? {} : { knownAs: who.knownAs }), ...(message.context?.id === undefined ? {} : { replyTo: message.context.id }), ...(choice === null ? {} : { choice }),
        profile: { ...(name === "" ? {} : { name }), ...(who.phone === undefined ? {} : { phone: `+${who.phone}` }) },
      }];
    }
  }
}

const textOf = ({ text, spans }: Content) => ({ text, ...(spans === undefined ? {} : { spans }) });

/** "played" is heard, which is more than read. */
const STATES: Record<string, "sent" | "delivered" | "read" | "failed"> = { sent: "sent", delivered: "delivered", read: "read", played: "read", failed: "failed" };

function fromStatus(raw: unknown): Body {
  const parsed = Status.safeParse(raw);
  if (!parsed.success) return ignored("unreadable status");
  const status = parsed.data;
  const address = addressOf({ userId: status.recipient_user_id, phone: status.recipient_id })?.address ?? "";
  const state = Object.hasOwn(STATES, status.status) ? STATES[status.status] : undefined;
  if (state === undefined) return ignored(`status ${status.status}`, address);
  const fault = status.errors?.[0];
  const words = fault === undefined ? undefined : sentenceOf({ code: fault.code, details: fault.error_data?.details ?? fault.message ?? fault.title });
  return {
    type: "status", address, vendorId: status.id, state,
    ...(status.biz_opaque_callback_data === undefined ? {} : { key: status.biz_opaque_callback_data }),
    ...(state !== "failed" ? {} : { error: words ?? { code: "REFUSED", text: "WhatsApp could not deliver it and gave no reason. Try again, or reach the customer another way." } }),
  };
}

const readable = <T>(schema: z.ZodType<T>, from: unknown[] = []): T[] => from.flatMap((one) => { const read = schema.safeParse(one); return read.success ? [read.data] : []; });

/**
 * Pure; a repeat gives the same. What can't be read inside a call that is Meta's is "ignored", so that the rest of it is stored.
 * @throws {UserError} WEBHOOK_UNRECOGNISED for what can't be Meta's
 */
export function parseCall(json: unknown): Change[] {
  const parsed = Call.safeParse(json);
  if (!parsed.success) {
    const where = parsed.error.issues[0]?.path.join(".") ?? "";
    throw new UserError("WEBHOOK_UNRECOGNISED", `This is not a call of the WhatsApp Cloud API${where === "" ? "" : ` (see \`${where}\`)`}. Nothing was stored.`);
  }
  return parsed.data.entry.flatMap(({ changes }) => changes.map(({ field, value: raw }): Change => {
    const value = Value.safeParse(raw);
    if (field !== "messages" || !value.success) return { number: null, field, events: [ignored(field)] };
    const { metadata, contacts, messages = [], statuses = [] } = value.data;
    const people = readable(Contact, contacts);
    const events = [...messages.flatMap((message) => fromMessage(message, people)), ...statuses.map(fromStatus)];
    return { number: metadata?.phone_number_id ?? null, field, events: events.length > 0 ? events : [ignored("empty")] };
  }));
}
