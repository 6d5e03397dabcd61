/** Messages come, change and go; events follow. Source: discord.com/developers/docs/resources/message, .../events/gateway-events#messages */
import { numbered } from "./components.ts";
import { badForm, refusal } from "./errors.ts";
import { noPings, pingsOf } from "./mentions.ts";
import { checkDraft, namesOf, storeFiles } from "./message-rules.ts";
import { showChannel, showMember, showMessage, showPartialMember, showUser } from "./show.ts";
import { joinThread, reopen } from "./threads.ts";
import { FLAG, GUILD_FORUM, has, object, objects, text, type FakeChannel, type FakeMember, type FakeMessage, type FakeUser, type FakeWebhook, type Json, type UploadedFile } from "./types.ts";
import type { World } from "./world.ts";

/** Who writes: a member with their permissions, or a webhook, which needs none. */
export type Writer = { member: FakeMember } | { webhook: FakeWebhook; name: string; avatarUrl: string | null };
export interface Post {
  channel: FakeChannel; writer: Writer; body: Json; files: UploadedFile[];
  /** Given for a forum post, whose first message has the thread's id. */
  id?: string; type?: number; ephemeralTo?: string | null; interaction?: Json | null; extraFlags?: number;
  /** An interaction's answer needs no permission to send. */
  trusted?: boolean;
  /** Nothing to read yet, as in a deferred answer. */
  blank?: boolean;
}
const NONCE_SETTABLE = FLAG.suppressEmbeds | FLAG.suppressNotifications | FLAG.componentsV2;

/** @throws {ApiError} 50001, 50013, 40058, 160005, 50083, 160006 */
export function mayWrite(world: World, member: FakeMember, channel: FakeChannel, { files, embeds }: { files: boolean; embeds: boolean }): void {
  world.need(member, channel);
  if (channel.type === GUILD_FORUM) throw refusal(40058);
  if (channel.recipient !== undefined && world.shutDirects.has(channel.recipient)) throw refusal(50007);
  const { thread } = channel;
  world.need(member, channel, thread === null ? "SEND_MESSAGES" : "SEND_MESSAGES_IN_THREADS");
  if (thread?.locked === true && !world.may(member, "MANAGE_THREADS", channel)) throw refusal(160005);
  if (files) world.need(member, channel, "ATTACH_FILES");
  if (embeds) world.need(member, channel, "EMBED_LINKS");
}

function referenceOf(world: World, post: Post): FakeMessage["reference"] {
  const asked = object(post.body.message_reference), id = text(asked.message_id);
  if (id === null) return null;
  if ("member" in post.writer && !world.may(post.writer.member, "READ_MESSAGE_HISTORY", post.channel)) throw refusal(160002);
  const found = world.messages.get(id);
  if (found !== undefined && !found.deleted && found.channel === post.channel.id) return { channel: post.channel.id, message: id };
  if (asked.fail_if_not_exists === false) return null;
  throw badForm(["message_reference"], "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "Unknown message");
}

const nonceKey = (author: string, nonce: unknown): string => `${author}:${String(nonce)}`;
/** The message that already took this nonce lately. */
function remembered(world: World, author: string, body: Json): FakeMessage | undefined {
  if (body.enforce_nonce !== true || (typeof body.nonce !== "string" && typeof body.nonce !== "number")) return undefined;
  const known = world.nonces.get(nonceKey(author, body.nonce));
  return known === undefined || world.now() - known.at > world.nonceMemoryMs ? undefined : world.messages.get(known.message);
}

/** Writes a message with all checks and events, or returns the one that has this nonce. @throws {ApiError} */
export function post(world: World, input: Post): FakeMessage {
  const { channel, writer, body, files } = input;
  const author: FakeUser = "member" in writer ? writer.member.user : { id: writer.webhook.id, username: writer.name, globalName: null, bot: true };
  const embeds = objects(body.embeds).map((embed) => ({ ...embed, type: "rich" })), components = objects(body.components);
  if (!input.trusted) {
    if ("member" in writer) mayWrite(world, writer.member, channel, { files: files.length > 0, embeds: embeds.length > 0 });
    else if (channel.type === GUILD_FORUM) throw refusal(220001);
  }
  const flags = (Number(body.flags ?? 0) & NONCE_SETTABLE) | (input.extraFlags ?? 0);
  if (input.blank !== true) checkDraft({ content: text(body.content) ?? "", embeds, components, flags, files: namesOf(files, body) }, body);
  const before = remembered(world, author.id, body);
  if (before !== undefined) return before;
  const reference = referenceOf(world, input), repliesTo = reference?.message == null ? null : (world.messages.get(reference.message)?.author.id ?? null);
  if (channel.thread?.archived === true && input.ephemeralTo == null) reopen(world, channel, { byWriting: true });
  const content = (text(body.content) ?? "").trim();
  const message = store(world, {
    id: input.id ?? world.ids.next(), channel: channel.id, type: input.type ?? (reference === null ? 0 : 19), author, webhook: "webhook" in writer ? writer.webhook.id : null,
    application: "webhook" in writer ? writer.webhook.application : null, content, embeds, components: numbered(components), attachments: storeFiles(world, channel.id, body, files, input.ephemeralTo != null),
    reactions: new Map(), nonce: typeof body.nonce === "string" || typeof body.nonce === "number" ? body.nonce : null, flags,
    pings: pingsOf(world, { content, components, allowed: body.allowed_mentions, author: "member" in writer ? writer.member : null, channel, repliesTo }),
    reference, editedAt: null, interaction: input.interaction ?? null, avatarUrl: "webhook" in writer ? writer.avatarUrl : null, ephemeralTo: input.ephemeralTo ?? null, deleted: false,
  });
  if (message.nonce !== null) world.nonces.set(nonceKey(author.id, message.nonce), { message: message.id, at: world.now() });
  return message;
}

/** A line that Discord itself writes: thread started, renamed. Types: .../resources/message#message-object-message-types */
export function systemLine(world: World, channel: FakeChannel, by: FakeUser, type: number, content: string, reference: FakeMessage["reference"] = null): FakeMessage {
  return store(world, { id: world.ids.next(), channel: channel.id, type, author: by, webhook: null, application: null, content, embeds: [], components: [], attachments: [], reactions: new Map(), nonce: null, flags: 0, pings: noPings(), reference, editedAt: null, interaction: null, avatarUrl: null, ephemeralTo: null, deleted: false });
}

function store(world: World, message: FakeMessage): FakeMessage {
  const channel = world.channel(message.channel);
  world.messages.set(message.id, message);
  const there = world.byChannel.get(channel.id);
  if (there === undefined) world.byChannel.set(channel.id, [message]); else there.push(message);
  if (message.ephemeralTo === null) {
    channel.lastMessage = message.id;
    if (channel.thread !== null) { channel.thread.activeAt = world.now(); if (message.id !== channel.id) { channel.thread.messageCount++; channel.thread.totalSent++; } }
    if (channel.thread !== null && message.webhook === null) joinThread(world, channel, [message.author.id]);
    world.emit("MESSAGE_CREATE", withMember(world, message), { channel: channel.id, user: message.author.id });
  }
  world.changed();
  return message;
}

export function withMember(world: World, message: FakeMessage): Json {
  const member = message.webhook === null ? world.members.get(message.author.id) : undefined;
  const shown = showMessage(world, message);
  const mentions = message.pings.users.flatMap((id) => { const m = world.members.get(id); return m === undefined ? [] : [{ ...showUser(m.user), member: showPartialMember(m) }]; });
  if (world.channel(message.channel).recipient !== undefined) return { ...shown, mentions };
  return { ...shown, guild_id: world.guildId, mentions, ...(member === undefined ? {} : { member: showPartialMember(member) }) };
}

/** Changes the author's own message. `attachments` in the body names what stays. @throws {ApiError} 50005, 50083, 50035 */
export function edit(world: World, message: FakeMessage, body: Json, files: UploadedFile[], author: FakeMember | null): FakeMessage {
  const channel = world.channel(message.channel);
  if (channel.thread?.archived === true && message.ephemeralTo === null) throw refusal(50083);
  const pick = <K extends "embeds" | "components">(key: K): Json[] => (body[key] === undefined ? message[key] : objects(body[key]));
  const asked = typeof body.flags === "number" ? body.flags : null;
  const flags = ((asked === null ? message.flags : (message.flags & ~FLAG.suppressEmbeds) | (asked & (FLAG.suppressEmbeds | FLAG.componentsV2)))) & ~FLAG.loading;
  const keep = body.attachments === undefined ? message.attachments : message.attachments.filter((file) => objects(body.attachments).some((a) => String(a.id) === file.id));
  const draft = { content: body.content === undefined ? message.content : (text(body.content) ?? "").trim(), embeds: pick("embeds").map((e) => ({ ...e, type: "rich" })), components: pick("components"), flags, files: [...keep.map((f) => f.filename), ...namesOf(files, body)] };
  checkDraft(draft, body);
  const added = storeFiles(world, channel.id, body, files, message.ephemeralTo !== null);
  Object.assign(message, { content: draft.content, embeds: draft.embeds, components: body.components === undefined ? message.components : numbered(draft.components), flags, attachments: [...keep, ...added] });
  if (body.content !== undefined || body.components !== undefined) {
    const repliesTo = message.reference?.message == null ? null : (world.messages.get(message.reference.message)?.author.id ?? null);
    message.pings = pingsOf(world, { content: message.content, components: message.components, allowed: body.allowed_mentions, author, channel, repliesTo });
  }
  message.editedAt = world.now();
  announceUpdate(world, message);
  return message;
}
export function announceUpdate(world: World, message: FakeMessage): void {
  if (message.ephemeralTo === null) world.emit("MESSAGE_UPDATE", withMember(world, message), { channel: message.channel, user: message.author.id });
  world.changed();
}

const forget = (world: World, message: FakeMessage): void => {
  message.deleted = true;
  const { thread } = world.channel(message.channel);
  if (thread !== null && message.id !== message.channel) thread.messageCount--;
};
/** `by` null: its webhook. @throws {ApiError} 50013, 50083 */
export function remove(world: World, message: FakeMessage, by: FakeMember | null): void {
  const channel = world.channel(message.channel);
  if (by !== null && message.author.id !== by.user.id) world.need(by, channel, "MANAGE_MESSAGES");
  if (by !== null && channel.thread?.locked === true && channel.thread.archived && !world.may(by, "MANAGE_THREADS", channel)) throw refusal(50083);
  forget(world, message);
  if (message.ephemeralTo === null) world.emit("MESSAGE_DELETE", { id: message.id, channel_id: channel.id, guild_id: world.guildId }, { channel: channel.id });
  world.changed();
}
export function removeMany(world: World, channel: FakeChannel, messages: FakeMessage[]): void {
  for (const message of messages) forget(world, message);
  world.emit("MESSAGE_DELETE_BULK", { ids: messages.map((m) => m.id), channel_id: channel.id, guild_id: world.guildId }, { channel: channel.id });
  world.changed();
}

const MOST_KINDS = 20;
/** Unicode emoji only, and custom ones as `name:id`. @throws {ApiError} 10014, 30010, 50083, 50013 */
export function react(world: World, message: FakeMessage, emoji: string, by: FakeMember): void {
  const channel = world.channel(message.channel);
  if (channel.thread?.archived === true) throw refusal(50083);
  world.need(by, channel, "READ_MESSAGE_HISTORY");
  if (!/^\w{2,32}:\d+$/.test(emoji) && !/^(?:\p{Extended_Pictographic}|\p{Regional_Indicator}|[0-9#*]\uFE0F?\u20E3)/u.test(emoji)) throw refusal(10014);
  const users = message.reactions.get(emoji);
  if (users?.has(by.user.id) === true) return;
  if (users === undefined) {
    world.need(by, channel, "ADD_REACTIONS");
    if (message.reactions.size >= MOST_KINDS) throw refusal(30010);
    message.reactions.set(emoji, new Set([by.user.id]));
  } else users.add(by.user.id);
  world.emit("MESSAGE_REACTION_ADD", { ...reactionEvent(world, message, emoji), user_id: by.user.id, member: showMember(by), message_author_id: message.author.id, burst: false, type: 0 }, { channel: channel.id });
  world.changed();
}
export const reactionEvent = (world: World, message: FakeMessage, emoji: string): Json => { const [name, id] = emoji.split(":"); return { channel_id: message.channel, message_id: message.id, guild_id: world.guildId, emoji: { id: id ?? null, name: name ?? emoji } }; };
/** @throws {ApiError} 50083 */
export function unreact(world: World, message: FakeMessage, emoji: string, user: string): void {
  const users = message.reactions.get(emoji);
  if (world.channel(message.channel).thread?.archived === true) throw refusal(50083);
  if (users?.delete(user) !== true) return;
  if (users.size === 0) message.reactions.delete(emoji);
  world.emit("MESSAGE_REACTION_REMOVE", { ...reactionEvent(world, message, emoji), user_id: user, burst: false, type: 0 }, { channel: message.channel });
  world.changed();
}
/** A thread made from a message marks it. */
export function markThreadStart(world: World, message: FakeMessage, thread: FakeChannel): void {
  message.flags |= FLAG.hasThread;
  if (has(message.flags, FLAG.hasThread)) world.emit("MESSAGE_UPDATE", { ...withMember(world, message), thread: showChannel(world, thread) }, { channel: message.channel, user: message.author.id });
}
