/** Every body, query, answer and callback of the API channel. The calls are checked with these, and `openapi.ts` describes them from these. */
import { z } from "zod";
import { ATTRIBUTE_CHARS, ATTRIBUTE_KEY, MOST_ATTRIBUTES } from "../../core/model/attributes.ts";

/** Longest text of one message, in UTF-16 units. */
export const MAX_TEXT = 20_000;
export const MAX_FILE_BYTES = 25 * 1024 * 1024;

const line = (max: number) => z.string().trim().min(1).max(max).regex(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u, "must be one line without control characters");
const id = z.string().min(1).max(200);
const time = z.iso.datetime({ offset: true });
const asDate = time.transform((text) => new Date(text));
const wholeNumber = z.string().regex(/^\d{1,15}$/, "must be a whole number").transform(Number);
const limit = (most: number) => wholeNumber.pipe(z.int().min(1).max(most)).optional();

/** What the customer is called where the bridge leads: a phone number, a user id. */
export const contactId = line(120);
/** Each desk fetches it by itself; we never do. */
const avatar = z.url({ protocol: /^https$/, hostname: z.regexes.domain, normalize: true, error: "must be an https address on a host with a name" }).max(1_000)
  .refine((url) => !/^https:\/\/[^/]*@/.test(url), "must not hold a name or password").describe("Their picture, an https address that anybody may open.");
const hash = z.string().regex(/^[0-9a-f]{64}$/i, "must be an HMAC-SHA256 in hex").optional();
export const contactRef = z.strictObject({ id: contactId, hash });
export const contactBody = z.strictObject({
  ...contactRef.shape,
  name: line(80).optional(), email: z.email().max(200).optional(), phone: z.string().regex(/^\+?\d{5,15}$/, "must be digits with an optional +").optional(), avatar: avatar.optional(),
  attributes: z.record(z.string().regex(ATTRIBUTE_KEY, "must be an attribute's key"), z.union([z.string().max(ATTRIBUTE_CHARS), z.number(), z.boolean(), z.null()]))
    .refine((given) => Object.keys(given).length <= MOST_ATTRIBUTES, `must have at most ${MOST_ATTRIBUTES} attributes`).optional()
    .describe("By their keys in the settings file; null takes one away."),
});
export type ContactBody = z.infer<typeof contactBody>;
export const contactAnswer = z.strictObject({
  id: z.string(), contactId: z.string(), name: z.string(), email: z.string().optional(), phone: z.string().optional(), avatar: z.string().optional(), attributes: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(), createdAt: time,
});
export const hashQuery = z.strictObject({ hash });

const status = z.enum(["open", "pending", "snoozed", "resolved"]);
export const conversationAnswer = z.strictObject({ id: z.string(), number: z.int(), contact: z.string(), status, createdAt: time, lastMessageAt: time });
export const conversationsQuery = z.strictObject({ hash, limit: limit(100) });
export const conversationsAnswer = z.strictObject({ conversations: z.array(conversationAnswer) });

/** The sender's own id of a line: printable ASCII without blanks and colons. */
export const lineId = z.string().regex(/^[\x21-\x39\x3b-\x7e]{1,150}$/, "must be 1 to 150 printable ASCII characters without blanks and colons");
export const messageBody = z.strictObject({
  contact: contactBody,
  id: lineId.describe("The sender's own id of this line, its idempotency key: the same again makes no second one."),
  text: z.string().default("").describe(`At most ${MAX_TEXT} characters. With a choice it is left out.`),
  fileIds: z.array(id).max(10).default([]),
  sentAt: asDate.optional(),
  conversation: id.optional().describe("A conversation of this contact, or \"new\"; left out: where the last one stands."),
  replyTo: id.optional().describe("What they answer: a reply by its message.id, or a line of theirs by its id. One that isn't known is left out."),
  choice: z.strictObject({ messageId: id, id: z.string().min(1).max(30) }).optional().describe("They pressed it: the message.id of the reply that offered it, and the choice's id."),
});
export const messageAnswer = z.strictObject({ id: z.string(), messageId: z.string(), conversationId: z.string(), seq: z.int(), position: z.int() });
export const editBody = z.strictObject({ contact: contactRef, text: z.string().min(1), at: asDate.optional() });
export const deleteQuery = z.strictObject({ contact: contactId, hash });
export const reactionsBody = z.strictObject({
  contact: contactRef, emojis: z.array(line(32)).max(20).describe("All reactions of this contact as they are now; none: taken back."),
});
export const outcomeAnswer = z.strictObject({ applied: z.boolean().describe("False: it was so already, or something newer is known.") });

const file = z.strictObject({ fileId: z.string(), name: z.string(), type: z.string(), bytes: z.int() });
export const fileAnswer = file;
export const fileQuery = z.strictObject({ size: z.literal("small").optional().describe("A picture in small; the file itself where there is none.") });
export const feedQuery = z
  .strictObject({ hash, after: wholeNumber.optional(), before: wholeNumber.optional(), limit: limit(200) })
  .refine((q) => q.after === undefined || q.before === undefined, "takes after or before, not both");
const feedMessage = z.strictObject({
  id: z.string(), seq: z.int(), position: z.int(), conversationId: z.string(), kind: z.enum(["incoming", "outgoing"]), body: z.string(), files: z.array(file),
  author: z.strictObject({ name: z.string(), avatar: z.string().optional() }), createdAt: time, edited: z.boolean(), deleted: z.boolean(), receipt: z.enum(["sent", "delivered", "read"]).optional(),
});
export const feedAnswer = z.strictObject({ messages: z.array(feedMessage), last: z.int(), more: z.boolean() });

export const statusBody = z.strictObject({
  status: z.enum(["sent", "delivered", "read", "failed"]),
  error: z.strictObject({ code: z.string().regex(/^[A-Z][A-Z0-9_]{0,39}$/, "must be UPPER_CASE").optional(), message: line(300) }).optional().describe("Why it failed, in words for the agent."),
});
export const statusAnswer = z.strictObject({ status: z.enum(["none", "queued", "sending", "sent", "delivered", "read", "failed", "cancelled", "unknown"]) });

export const typingBody = z.strictObject({ contact: contactRef, typing: z.boolean() });
export const readBody = z.strictObject({ contact: contactRef, messageId: id.optional().describe("The `message.id` of a callback; left out: all that was sent.") });

const tried = z.strictObject({ at: time, ms: z.int(), status: z.int().nullable(), fault: z.string().nullable() });
const delivery = z.strictObject({ id: z.string(), event: z.string(), at: time, tries: z.int(), taken: z.boolean(), last: tried });
export const deliveriesQuery = z.strictObject({ before: id.optional(), taken: z.enum(["true", "false"]).optional(), limit: limit(100) });
export const deliveriesAnswer = z.strictObject({ deliveries: z.array(delivery), more: z.boolean() });
export const deliveryAnswer = z.strictObject({ ...delivery.shape, body: z.string(), attempts: z.array(tried) });
export const replayAnswer = z.strictObject({ taken: z.boolean(), status: z.int().nullable(), fault: z.string().nullable() });

const envelope = { id: z.string().describe("Repeats carry the same id."), at: time, inbox: z.string(), contact: z.strictObject({ id: z.string() }) };
const sentFile = z.strictObject({ ...file.shape, path: z.string().describe("Fetch it at the server's address with the inbox key.") });
const author = z.strictObject({ name: z.string(), avatar: z.string().optional() });
const reply = z.strictObject({
  id: z.string(), text: z.string(), files: z.array(sentFile), author,
  choices: z.array(z.strictObject({ id: z.string(), label: z.string() })).optional().describe("To press, under the text. Only where the inbox's settings say that the bridge shows them."),
  replyTo: z.string().optional().describe("Your own id of the line that it answers. Only where the inbox's settings say that the bridge shows quotes."),
});
const kind = <T extends string>(event: T, summary: string) => z.literal(event).describe(summary);
export const callbackBody = z.discriminatedUnion("event", [
  z.strictObject({ event: kind("message", "An agent's reply."), ...envelope, message: reply }),
  z.strictObject({ event: kind("message.edited", "It reads differently now; all of it."), ...envelope, message: reply }),
  z.strictObject({ event: kind("message.deleted", "It was taken back."), ...envelope, message: z.strictObject({ id: z.string() }) }),
  z.strictObject({ event: kind("message.reactions", "The team's reactions to the contact's line, all of them."), ...envelope, message: z.strictObject({ id: z.string().describe("Your own id of the line.") }), emojis: z.array(z.string()) }),
  z.strictObject({ event: kind("read", "The team answered or took up all lines up to this one."), ...envelope, message: z.strictObject({ id: z.string().describe("Your own id of the line.") }) }),
  z.strictObject({ event: kind("typing", "An agent types, or has stopped."), ...envelope, typing: z.boolean(), author }),
]);
export type CallbackBody = z.infer<typeof callbackBody>;
/** What differs between callbacks; the envelope is put around it. */
export type CallbackEvent = CallbackBody extends infer Event ? (Event extends unknown ? Omit<Event, "at" | "inbox" | "contact" | "id"> : never) : never;
