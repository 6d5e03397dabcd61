/**
 * What a customer's WhatsApp message says: its text, its files, and words for what has neither.
 * Source: developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages and the page of each type below it
 */
import { z } from "zod";
import { parsePress } from "../shared/press.ts";
import { safeName } from "../../core/model/file-name.ts";
import type { Span } from "../../core/model/rich-text.ts";
import type { FileRef } from "../../core/model/types.ts";
import { readMarkup } from "./markup.ts";

/** WhatsApp's own limit for a typed message; what is longer can't be shown on any desk either. */
const MAX_TEXT = 65_536;
const MAX_WORD = 300;

/** What neither BSON nor UTF-8 can keep is taken out: one broken line must not hold up the others of its call. */
export const plain = (text: string, max = MAX_TEXT): string => text.replaceAll("\0", "").replace(/\p{Surrogate}/gu, "\ufffd").slice(0, max);
const word = (text: string): string => plain(text, MAX_WORD).replace(/[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, " ").trim();

const Media = z.object({ id: z.string().min(1).max(64), mime_type: z.string().max(200).optional(), caption: z.string().optional(), filename: z.string().optional(), voice: z.boolean().optional() });
const Choice = z.object({ id: z.string().optional(), title: z.string(), description: z.string().optional() });
const Schemas = {
  text: z.object({ body: z.string() }),
  image: Media, video: Media, audio: Media, document: Media, sticker: Media,
  location: z.object({ latitude: z.number(), longitude: z.number(), name: z.string().optional(), address: z.string().optional(), url: z.string().optional() }),
  contacts: z.array(z.object({
    name: z.object({ formatted_name: z.string() }).optional(),
    phones: z.array(z.object({ phone: z.string().optional() })).optional(),
    emails: z.array(z.object({ email: z.string().optional() })).optional(),
  })).min(1).max(50),
  interactive: z.object({ type: z.string(), button_reply: Choice.optional(), list_reply: Choice.optional(), nfm_reply: z.object({ name: z.string().optional(), body: z.string().optional() }).optional() }),
  button: z.object({ text: z.string(), payload: z.string().optional() }),
  order: z.object({ text: z.string().optional(), product_items: z.array(z.object({ product_retailer_id: z.string(), quantity: z.union([z.string(), z.number()]), item_price: z.union([z.string(), z.number()]).optional(), currency: z.string().optional() })).max(100) }),
} as const;
type Kind = keyof typeof Schemas;
type Of<K extends Kind> = z.infer<(typeof Schemas)[K]>;

export interface Content { text: string; spans?: Span[]; files: FileRef[] }
const said = (text: string): Content => ({ text: plain(text), files: [] });
/** What a person wrote: its marks are formatting. */
function written(body: string, files: FileRef[] = []): Content {
  const { text, spans } = readMarkup(plain(body));
  return { text, ...(spans.length === 0 ? {} : { spans }), files };
}

/** Names where WhatsApp tells none, by kind. */
const EXTENSIONS = new Map(Object.entries({ "image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "video/mp4": "mp4", "video/3gpp": "3gp", "audio/ogg": "ogg", "audio/mpeg": "mp3", "audio/mp4": "m4a", "audio/aac": "aac", "audio/amr": "amr", "application/pdf": "pdf" }));

/** The file stays with Meta until it is brought over; its size is not told before. */
function withFile(kind: string, media: z.infer<typeof Media>, words = ""): Content {
  const type = plain(media.mime_type ?? "application/octet-stream").split(";")[0]!.trim().toLowerCase();
  const name = media.filename === undefined ? `${kind}.${EXTENSIONS.get(type) ?? "bin"}` : plain(media.filename, MAX_WORD);
  const files: FileRef[] = [{ fileId: "", name: safeName(name), type, bytes: 0, state: "pending", remote: media.id }];
  return media.caption === undefined ? { text: words, files } : written(media.caption, files);
}

const READERS: { [K in Kind]: (content: Of<K>) => Content } = {
  text: ({ body }) => written(body),
  image: (media) => withFile("photo", media),
  video: (media) => withFile("video", media),
  audio: (media) => (media.voice === true ? withFile("voice", media, "Voice message") : withFile("audio", media)),
  document: (media) => withFile("document", media),
  sticker: (media) => withFile("sticker", media, "Sticker"),
  location: ({ latitude, longitude, name, address }) => said(`${name === undefined && address === undefined ? "Location" : `Place: ${[name, address].flatMap((part) => (part === undefined ? [] : [word(part)])).join(", ")}`}: ${latitude}, ${longitude}`),
  contacts: (cards) => said(cards.map(({ name, phones = [], emails = [] }) =>
    `Contact: ${[name?.formatted_name, ...phones.map(({ phone }) => phone), ...emails.map(({ email }) => email)].flatMap((part) => (part === undefined ? [] : [word(part)])).join(", ")}`).join("\n")),
  interactive({ type, button_reply: button, list_reply: row, nfm_reply: form }) {
    if (button !== undefined) return said(button.title);
    if (row !== undefined) return said(row.description === undefined ? row.title : `${row.title}\n${row.description}`);
    if (form !== undefined) return said(`Filled in a form${form.name === undefined ? "" : ` (${word(form.name)})`}${form.body === undefined ? "" : `: ${form.body}`}`);
    return notShown(type);
  },
  button: ({ text }) => said(text),
  order: ({ text, product_items: items }) => said([
    ...(text === undefined || text === "" ? [] : [text]), "Order:",
    ...items.map((item) => `${item.quantity} × ${word(item.product_retailer_id)}${item.item_price === undefined ? "" : ` at ${item.item_price} ${word(item.currency ?? "")}`}`.trim()),
  ].join("\n")),
};

/** Things that WhatsApp does not hand on to businesses, in words. Source: …/webhooks/reference/messages/unsupported */
const WITHHELD = new Map(Object.entries({ poll: "a poll", poll_creation: "a poll", event: "an event", edit: "an edit of an earlier message", video_note: "a video note", group_invite: "an invitation to a group", list: "a list", pin: "a pinned message", keep_in_chat: "a kept message" }));

export function notShown(kind: string): Content {
  const name = word(kind).replaceAll("_", " ").trim().slice(0, 40);
  return said(`Sent ${WITHHELD.get(kind) ?? (name === "" || name === "unknown" || name === "unsupported" ? "something" : `"${name}"`)}, which WhatsApp does not hand on here. Ask for it as text or as a file.`);
}

const Unsupported = z.object({ unsupported: z.object({ type: z.string() }).optional() });

function read<K extends Kind>(kind: K, raw: unknown): Content | null {
  const parsed = Schemas[kind].safeParse(raw);
  return parsed.success ? READERS[kind](parsed.data as Of<K>) : null;
}

/** `message.type` names the field that holds the content. A kind or shape that is new to us is told in words, never dropped. */
export function contentOf(message: Record<string, unknown> & { type: string }): Content {
  const { type } = message;
  if (type === "unsupported" || type === "unknown") return notShown(Unsupported.safeParse(message).data?.unsupported?.type ?? "unsupported");
  const content = Object.hasOwn(Schemas, type) ? read(type as Kind, message[type]) : null;
  return content === null || (content.text.trim() === "" && content.files.length === 0) ? notShown(type) : content;
}

/** The press in a message that is one on a choice of ours; null for others. */
export function pressOf(message: Record<string, unknown>): { messageId: string; id: string } | null {
  const pressed = Schemas.interactive.safeParse(message.interactive).data;
  return parsePress((pressed?.button_reply ?? pressed?.list_reply)?.id ?? "");
}

const EMOJI = z.object({ message_id: z.string().min(1), emoji: z.string().optional() });
export const reactionOf = (raw: unknown): { on: string; emojis: string[] } | null => {
  const parsed = EMOJI.safeParse(raw);
  if (!parsed.success) return null;
  const emoji = word(parsed.data.emoji ?? "").slice(0, 32);
  return { on: parsed.data.message_id, emojis: emoji === "" ? [] : [emoji] };
};

/** A display name as one line of text. */
export const nameOf = (text: string | undefined): string => word(text ?? "").slice(0, 120).replace(/[\ud800-\udbff]$/, "");
