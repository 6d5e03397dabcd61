/** What a customer's Telegram message says: its text, its files, and words for what has neither. Source: core.telegram.org/bots/api#message */
import { z } from "zod";
import { safeName } from "../../core/model/file-name.ts";
import type { Span, Spanned } from "../../core/model/rich-text.ts";
import type { FileRef } from "../../core/model/types.ts";
import { saneSpans } from "../../core/text/spans.ts";
import { withAddresses } from "../shared/marked.ts";
import { typeOf } from "./render.ts";

const media = { file_id: z.string().min(1), file_size: z.number().optional() };
const Entity = z.object({ type: z.string(), offset: z.int(), length: z.int(), url: z.string().optional() });
const named = { file_name: z.string().optional(), mime_type: z.string().optional() };
const duration = z.number().optional();

export const Content = z.object({
  text: z.string().optional(),
  caption: z.string().optional(),
  entities: z.array(Entity).optional(),
  caption_entities: z.array(Entity).optional(),
  photo: z.array(z.object({ ...media, width: z.number(), height: z.number() })).min(1).optional(),
  document: z.object({ ...media, ...named }).optional(),
  animation: z.object({ ...media, ...named }).optional(),
  video: z.object({ ...media, ...named }).optional(),
  audio: z.object({ ...media, ...named, title: z.string().optional(), performer: z.string().optional() }).optional(),
  voice: z.object({ ...media, ...named, duration }).optional(),
  video_note: z.object({ ...media, duration }).optional(),
  sticker: z.object({ ...media, file_id: z.string().min(1).optional(), emoji: z.string().optional(), is_animated: z.boolean().optional(), is_video: z.boolean().optional() }).optional(),
  location: z.object({ latitude: z.number(), longitude: z.number() }).optional(),
  venue: z.object({ title: z.string(), address: z.string() }).optional(),
  contact: z.object({ phone_number: z.string(), first_name: z.string(), last_name: z.string().optional() }).optional(),
  poll: z.object({ question: z.string() }).optional(),
  dice: z.object({ emoji: z.string(), value: z.number() }).optional(),
});
export type Content = z.infer<typeof Content>;

/** Bots can fetch files up to 20 MB. Source: core.telegram.org/bots/api#getfile */
export const FETCH_LIMIT = 20_000_000;
export const tooLargeToFetch = (bytes?: number): string =>
  `Telegram lets bots fetch files up to 20 MB${bytes === undefined ? "" : `; this one has ${Math.ceil(bytes / 1_000_000)} MB`}. Ask for a smaller one, or for a link.`;

/** Source: core.telegram.org/bots/api#formatting-options */
const MAX_ENTITIES = 100;

function fileOf(file: { file_id: string; file_size?: number | undefined }, name: string, type: string): FileRef {
  const bytes = file.file_size ?? 0;
  const facts = { fileId: "", name: safeName(name), type, bytes };
  return bytes > FETCH_LIMIT ? { ...facts, state: "missing", why: tooLargeToFetch(bytes) } : { ...facts, state: "pending", remote: file.file_id };
}

const clock = (seconds: number | undefined) => `${Math.floor((seconds ?? 0) / 60)}:${String(Math.floor((seconds ?? 0) % 60)).padStart(2, "0")}`;

/** A name in one line, without characters that hide or turn it, at most 120 long. */
export const plainName = (name: string): string =>
  [...name.replace(/[\p{Cc}\p{Cs}\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, " ").replace(/\s+/g, " ").trim()].slice(0, 120).join("");

/** A link behind other words is spelled out: nobody shall be led elsewhere than it says. Entities behind it move along. */
function formatted(text: string, entities: z.infer<typeof Entity>[] = []): Spanned {
  const spans = saneSpans(text, entities.slice(0, MAX_ENTITIES).map((entity) => ({ ...entity, type: typeOf(entity.type) ?? "" })));
  const links = entities.slice(0, MAX_ENTITIES).filter(({ type, offset, length, url }) => type === "text_link" && url !== undefined && offset >= 0 && !["", url].includes(text.slice(offset, offset + length)));
  return withAddresses({ text, spans: [...spans, ...links.map(({ offset, length, url = "" }): Span => ({ type: "link", offset, length: Math.min(length, text.length - offset), url }))] });
}

function filesOf(m: Content): FileRef[] {
  if (m.photo) {
    const largest = m.photo.reduce((a, b) => (b.width * b.height > a.width * a.height ? b : a));
    return [fileOf(largest, "photo.jpg", "image/jpeg")];
  }
  // An animation comes with a document that is the same file.
  if (m.animation) return [fileOf(m.animation, m.animation.file_name ?? "animation.mp4", m.animation.mime_type ?? "video/mp4")];
  if (m.video) return [fileOf(m.video, m.video.file_name ?? "video.mp4", m.video.mime_type ?? "video/mp4")];
  if (m.video_note) return [fileOf(m.video_note, "video-message.mp4", "video/mp4")];
  if (m.voice) return [fileOf(m.voice, "voice.ogg", m.voice.mime_type ?? "audio/ogg")];
  if (m.audio) return [fileOf(m.audio, m.audio.file_name ?? `${[m.audio.performer, m.audio.title].filter(Boolean).join(" - ") || "audio"}.mp3`, m.audio.mime_type ?? "audio/mpeg")];
  // an animated one is drawn from a description that no desk can read
  if (m.sticker?.file_id !== undefined && m.sticker.is_animated !== true) return [m.sticker.is_video === true ? fileOf({ ...m.sticker, file_id: m.sticker.file_id }, "sticker.webm", "video/webm") : fileOf({ ...m.sticker, file_id: m.sticker.file_id }, "sticker.webp", "image/webp")];
  if (m.document) return [fileOf(m.document, m.document.file_name ?? "document", m.document.mime_type ?? "application/octet-stream")];
  return [];
}

/** Words for what is neither text nor a file that explains itself. */
function wordsFor(m: Content): string | null {
  if (m.voice) return `Voice message, ${clock(m.voice.duration)}`;
  if (m.video_note) return `Video message, ${clock(m.video_note.duration)}`;
  if (m.sticker) return m.sticker.emoji === undefined ? "Sticker" : `Sticker ${m.sticker.emoji}`;
  if (m.venue) return `Place: ${m.venue.title}, ${m.venue.address}${m.location ? ` (${m.location.latitude}, ${m.location.longitude})` : ""}`;
  if (m.location) return `Location: ${m.location.latitude}, ${m.location.longitude}`;
  if (m.contact) return `Contact: ${plainName([m.contact.first_name, m.contact.last_name].filter(Boolean).join(" "))}, ${m.contact.phone_number}`;
  if (m.poll) return `Poll: ${m.poll.question}`;
  if (m.dice) return `${m.dice.emoji} ${m.dice.value}`;
  return null;
}

/** Facts around a message, and things that Telegram itself says in a private chat: nothing that a customer wrote. */
const ABOUT = /^(message_id|message_thread_id|direct_messages_topic|date|edit_date|chat|from|sender_.*|business_connection_id|forward_.*|is_.*|reply_.*|external_reply|quote|via_bot|has_.*|media_group_id|author_signature|paid_star_count|link_preview_options|effect_id|suggested_post_.*|show_caption_above_media|entities|caption_entities|guest_.*)$/;
const SERVICE = /^(pinned_message|message_auto_delete_timer_changed|successful_payment|refunded_payment|users_shared|chat_shared|gift|unique_gift|gift_.*|connected_website|write_access_allowed|boost_added|chat_background_set|forum_topic_.*|general_forum_topic_.*|giveaway.*|video_chat_.*|web_app_data|passport_data|proximity_alert_triggered|checklist_tasks_.*|new_chat_.*|left_chat_.*|delete_chat_photo|group_chat_created|migrate_.*|paid_message_price_changed|chat_owner_.*|managed_bot_.*)$/;

/** @returns null for Telegram's own service messages. A kind that is new to us is told in words, never dropped. */
export function contentOf(message: Content & Record<string, unknown>): { text: string; spans?: Span[]; files: FileRef[] } | null {
  const files = filesOf(message);
  const { text, spans } = message.text !== undefined ? formatted(message.text, message.entities) : formatted(message.caption ?? "", message.caption_entities);
  if (text !== "") return { text, ...(spans.length === 0 ? {} : { spans }), files };
  const words = wordsFor(message);
  if (words !== null || files.length > 0) return { text: words ?? "", files };
  const kind = Object.keys(message).find((key) => message[key] !== undefined && !ABOUT.test(key));
  if (kind === undefined || SERVICE.test(kind)) return null;
  return { text: `Sent a ${kind.replaceAll("_", " ").slice(0, 40)}, which can't be shown here. Ask for it as text or as a file.`, files: [] };
}
