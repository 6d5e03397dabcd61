import { expect, test } from "vitest";
import { UserError } from "../../src/core/errors.ts";
import type { InboundEvent } from "../../src/core/ports.ts";
import { parseUpdate } from "../../src/channels/telegram/parse.ts";
import { captured } from "../support/captured.ts";

const read = (name: string): InboundEvent => parseUpdate("inbox", captured(`telegram/${name}`))[0]!;
const from = { inboxId: "inbox", address: "5550001" };
const base = { update_id: 1, message: { message_id: 5, date: 1_790_000_000, chat: { id: 5550001, type: "private" }, from: { id: 5550001, is_bot: false, first_name: "Ana" } } };
const withFields = (fields: object) => ({ ...base, message: { ...base.message, ...fields } });
const say = (fields: object) => parseUpdate("inbox", withFields(fields))[0]!;
const codeOf = (json: unknown) => { try { parseUpdate("inbox", json); return "accepted"; } catch (error) { return error instanceof UserError ? error.code : String(error); } };

test("a text, with the link behind its words spelled out", () => {
  expect(read("text")).toEqual({
    ...from, type: "message", channelMessageId: "5550001:101", text: "Hello, my parcel hasn't arrived. See here (https://example.com/track/7)", files: [],
    sentAt: new Date(1_790_000_101_000), profile: { name: "Ana Ruiz" },
  });
});

test("a photo is its largest size, with its caption", () => {
  expect(read("photo")).toMatchObject({ text: "The box is broken", files: [{ name: "photo.jpg", type: "image/jpeg", bytes: 98_211, state: "pending", remote: "AgAC-l1" }] });
});

test("each part of an album is a message of its own, in one group", () => {
  const parts = (captured("telegram/album") as unknown[]).flatMap((update) => parseUpdate("inbox", update));
  expect(parts.map((part) => (part.type === "message" ? [part.channelMessageId, part.groupId, part.text] : part.type))).toEqual([
    ["5550001:103", "13579024680", "All three sides"], ["5550001:104", "13579024680", ""], ["5550001:105", "13579024680", ""],
  ]);
});

test("a document's name is only a name, and one that is too large is told so", () => {
  expect(read("document")).toMatchObject({ text: "", files: [{ name: "invoice 7.pdf", type: "application/pdf", state: "pending", remote: "BQAC-doc" }] });
  const file = (read("document-too-large") as Extract<InboundEvent, { type: "message" }>).files[0]!;
  expect(file).toMatchObject({ name: "film.zip", state: "missing", why: expect.stringContaining("20 MB; this one has 735 MB") });
  expect(file).not.toHaveProperty("remote");
});

test.each([
  ["voice", "Voice message, 0:07", 1], ["sticker", "Sticker 😅", 1], ["location", "Location: 52.3702, 4.8952", 0], ["contact", "Contact: Luis Ruiz, +34600000000", 0],
  ["story", "Sent a story, which can't be shown here. Ask for it as text or as a file.", 0],
])("%s becomes words", (name, text, files) => {
  const event = read(name) as Extract<InboundEvent, { type: "message" }>;
  expect([event.text, event.files.length]).toEqual([text, files]);
});

test("edits, reactions, blocking and unblocking", () => {
  expect(read("edited")).toEqual({ ...from, type: "edit", eventId: "900000009", channelMessageId: "5550001:101", text: "Hello, my parcel has not arrived.", at: new Date(1_790_000_200_000) });
  expect(read("reaction")).toEqual({ ...from, type: "reaction", eventId: "900000010", vendorId: "5550001:120", emojis: ["👍", "✨"], at: new Date(1_790_000_300_000) });
  expect(read("blocked")).toEqual({ ...from, type: "reachable", reachable: false, code: "BLOCKED_BY_CONTACT" });
  expect(read("unblocked")).toEqual({ ...from, type: "reachable", reachable: true });
});

test("what is not for us is ignored, with the reason", () => {
  expect(read("group")).toMatchObject({ type: "ignored", why: "not-private", kind: "supergroup" });
  expect(read("own")).toMatchObject({ type: "ignored", why: "own" });
  expect(read("unknown-kind")).toMatchObject({ type: "ignored", why: "unsupported", kind: "chat_boost" });
  expect(read("pinned")).toMatchObject({ type: "ignored", why: "unsupported" });
  const moving = { ...base.message, location: { latitude: 1, longitude: 2 }, edit_date: 1_790_000_001 };
  expect(parseUpdate("inbox", { update_id: 2, edited_message: moving })[0]).toMatchObject({ type: "ignored", kind: "edited_message" });
});

test("an animation is one file, audio has its title, a place its name", () => {
  const file = { file_id: "f", file_unique_id: "u", file_size: 9 };
  expect(say({ animation: { ...file, mime_type: "video/mp4" }, document: file })).toMatchObject({ files: [{ name: "animation.mp4" }] });
  expect(say({ audio: { ...file, performer: "A/B", title: "Song" } })).toMatchObject({ files: [{ name: "B - Song.mp3" }] });
  expect(say({ video_note: { ...file, duration: 72 } })).toMatchObject({ text: "Video message, 1:12" });
  expect(say({ venue: { title: "Shop", address: "Main St 1" }, location: { latitude: 1.5, longitude: 2 } })).toMatchObject({ text: "Place: Shop, Main St 1 (1.5, 2)" });
  expect(say({ voice: { ...file, duration: 3 }, caption: "listen" })).toMatchObject({ text: "listen", files: [{ name: "voice.ogg" }] });
  expect(say({ poll: { question: "Red?" } })).toMatchObject({ text: "Poll: Red?" });
  expect(say({ dice: { emoji: "🎲", value: 4 } })).toMatchObject({ text: "🎲 4" });
});

test("names can't hide or turn", () => {
  const named = { ...base.message, from: { ...base.message.from, first_name: "\u202Eana\u0000", last_name: "x".repeat(300) }, text: "Hi" };
  const [event] = parseUpdate("inbox", { update_id: 3, message: named });
  expect((event as { profile: { name: string } }).profile.name).toBe(`ana ${"x".repeat(116)}`);
});

test("what can't be Telegram's is refused with a code", () => {
  for (const strange of [null, [], "x", {}, { update_id: "1" }, { update_id: 1, message: { text: "no chat" } }, { update_id: 1, message: 7 }, withFields({ photo: [] }), withFields({ text: 5 })]) {
    expect(codeOf(strange)).toBe("WEBHOOK_UNRECOGNISED");
  }
  expect(codeOf(withFields({ text: "a\0b" }))).toBe("BAD_TEXT");
  expect(codeOf(withFields({ text: "a\ud800" }))).toBe("BAD_TEXT");
  expect(codeOf(withFields({ text: "x".repeat(32_769) }))).toBe("TEXT_TOO_LONG");
});
