/**
 * An event of Discord's → what it means for a thread, the same live and read back.
 * Source: discord.com/developers/docs/events/gateway-events#messages, .../resources/message#message-object
 */
import { z } from "zod";
import type { DeskFile, DeskPostId, DeskThreadId } from "../../../core/model/types.ts";
import type { IncomingDeskEvent } from "../../../core/ports.ts";
import { isSnowflake, timeOf } from "../ids.ts";
import { readContent, type Names } from "./text.ts";

const Id = z.string().refine(isSnowflake);
const User = z.object({ id: Id, username: z.string().default(""), global_name: z.string().nullish(), bot: z.boolean().optional() });
const Attachment = z.object({ id: Id, filename: z.string().default("file"), size: z.number().default(0), content_type: z.string().nullish(), url: z.string() });
const Snapshot = z.object({ message: z.object({ content: z.string().default("") }) });
// a part that is not as documented must not take the line with it
const Message = z.object({
  id: Id, channel_id: Id, type: z.number(), author: User, content: z.string().default(""), edited_timestamp: z.string().nullish(), webhook_id: z.string().nullish(), application_id: z.string().nullish(),
  member: z.object({ nick: z.string().nullish(), roles: z.array(z.string()).default([]) }).optional().catch(undefined),
  mentions: z.array(User.extend({ member: z.object({ nick: z.string().nullish() }).optional() })).default([]).catch([]), mention_roles: z.array(z.string()).default([]).catch([]), mention_everyone: z.boolean().default(false).catch(false),
  attachments: z.array(Attachment).default([]).catch([]), sticker_items: z.array(z.object({ name: z.string() })).default([]).catch([]), message_snapshots: z.array(Snapshot).default([]).catch([]),
});
type Message = z.infer<typeof Message>;
const Deleted = z.object({ id: Id, channel_id: Id });
const DeletedBulk = z.object({ ids: z.array(Id), channel_id: Id });
const Emoji = z.object({ id: z.string().nullish(), name: z.string().nullish() });
const Reacted = z.object({ user_id: Id, channel_id: Id, message_id: Id, emoji: Emoji });

/** What people write: a line, or a line that answers another. All else is Discord's own telling or an app's. Source: .../resources/message#message-object-message-types */
const SAID = new Set([0, 19]);

/** Who wrote, as the message itself says. */
export interface Writer { userId: string; username: string; displayName: string; /** Null where Discord did not say. */ roles: string[] | null }

export interface ParserOptions {
  /** Whom the bot is. @throws {DeskError} while Discord does not say */
  me(): Promise<{ userId: string; applicationId: string }>;
  /** Our thread of that channel; null when it is none. @throws {DeskError} */
  threadOf(channelId: string): Promise<DeskThreadId | null>;
  /** Names of people, roles and channels; `fallback` knows those that the message names itself. */
  names(fallback: ReadonlyMap<string, string>): Names;
  /** Called for everyone who writes, before their line is stored. Answers their name. */
  meet(writer: Writer): Promise<string>;
  /** Only agents' reactions mean anything. */
  isAgent(userId: string): Promise<boolean>;
  /** False: without the intent for it, the text of messages does not come; then what is written is only what commands and forms say. */
  content: boolean;
  /** A person wrote, or edited, a line that can't be read without that intent. */
  unread?(line: UnreadLine): void;
  now(): Date;
}
export interface UnreadLine { thread: DeskThreadId; postId: DeskPostId; userId: string; edited: boolean }
/** `t`: the event's name; `thread`: where it happened, when that is known. Empty: nothing that concerns a thread. */
export type Parse = (t: string, d: unknown, thread?: DeskThreadId) => Promise<IncomingDeskEvent[]>;

/** "❌", or ":party:" for the server's own. */
export const shownEmoji = ({ id, name }: z.infer<typeof Emoji>): string => (id == null ? name ?? "" : `:${name ?? id}:`);
export const displayName = (user: { username: string; global_name?: string | null | undefined }, nick?: string | null): string => [nick, user.global_name, user.username].find((name) => name != null && name !== "") ?? "somebody";

export function createParser({ me, threadOf, names, meet, isAgent, content, unread, now }: ParserOptions): Parse {
  /** Posts that are no person's: their removal tells nothing. */
  const notPeoples = new Set<string>();
  const keepOut = (id: string): void => {
    notPeoples.add(id);
    if (notPeoples.size > 5_000) notPeoples.delete(notPeoples.values().next().value!);
  };
  const where = async (channelId: string, thread: DeskThreadId | undefined): Promise<DeskThreadId | null> => thread ?? threadOf(channelId);

  /** A person's line. Own posts, other apps' and webhooks' never are. */
  const isPersons = (message: Message, us: { userId: string; applicationId: string }): boolean =>
    SAID.has(message.type) && message.webhook_id == null && message.author.bot !== true && message.author.id !== us.userId && message.application_id == null;

  function textOf(message: Message, us: { userId: string }): { text: string; mentions: number } {
    const named = new Map(message.mentions.map((user) => [user.id, displayName(user, user.member?.nick)]));
    const { text, notified } = readContent(message.content, names(named));
    // who is answered is told so: one's own lines and our posts are nobody's to be told
    for (const { id } of message.mentions) if (id !== us.userId && id !== message.author.id) notified.add(id);
    for (const id of message.mention_roles) notified.add(id);
    if (message.mention_everyone) notified.add("everyone");
    if (text.trim() !== "" || message.attachments.length > 0) return { text, mentions: notified.size };
    // what has no words of its author's own is never meant for the customer
    const other = [...message.message_snapshots.map(({ message: { content: said } }) => `forwarded: ${readContent(said, names(named)).text}`), ...message.sticker_items.map(({ name }) => `[sticker: ${name}]`)];
    return { text: other.length === 0 ? text : `note: ${other.join("\n")}`, mentions: notified.size };
  }
  const filesOf = (message: Message): DeskFile[] => message.attachments.map(({ id, filename, size, content_type: type, url }) => ({
    name: filename, type: (type ?? "application/octet-stream").split(";")[0]!.trim(), bytes: size, ref: `${message.channel_id}/${message.id}/${id} ${url}`,
  }));

  async function said(message: Message, known: DeskThreadId | undefined): Promise<IncomingDeskEvent[]> {
    const us = await me();
    if (!isPersons(message, us)) { keepOut(message.id); return []; }
    const thread = await where(message.channel_id, known);
    if (thread === null) return [];
    const { author, member } = message;
    const userName = await meet({ userId: author.id, username: author.username, displayName: displayName(author, member?.nick), roles: member?.roles ?? null });
    if (!content) { unread?.({ thread, postId: message.id, userId: author.id, edited: false }); return []; }
    return [{ id: `${message.id}:new`, thread, at: timeOf(message.id), data: { type: "message", postId: message.id, userId: author.id, userName, userKind: "person", ...textOf(message, us), files: filesOf(message) } }];
  }

  /** A preview that Discord adds, a pin, a thread that is counted: no edit of its author's. */
  async function changed(message: Message, known: DeskThreadId | undefined): Promise<IncomingDeskEvent[]> {
    const us = await me();
    const editedAt = new Date(message.edited_timestamp ?? "");
    if (Number.isNaN(editedAt.getTime()) || !isPersons(message, us)) return [];
    const thread = await where(message.channel_id, known);
    if (thread === null) return [];
    if (!content) { unread?.({ thread, postId: message.id, userId: message.author.id, edited: true }); return []; }
    return [{ id: `${message.id}:edit:${editedAt.toISOString()}`, thread, at: editedAt, data: { type: "edit", postId: message.id, userId: message.author.id, ...textOf(message, us), editedAt } }];
  }

  async function deleted(ids: DeskPostId[], channelId: string, known: DeskThreadId | undefined): Promise<IncomingDeskEvent[]> {
    const theirs = ids.filter((id) => !notPeoples.has(id));
    const thread = theirs.length === 0 ? null : await where(channelId, known);
    if (thread === null) return [];
    return theirs.map((id) => ({ id: `${id}:delete`, thread, at: now(), data: { type: "delete", postId: id } }));
  }

  async function reacted({ user_id: userId, channel_id, message_id, emoji: of }: z.infer<typeof Reacted>, removed: boolean, known: DeskThreadId | undefined): Promise<IncomingDeskEvent[]> {
    const { userId: own } = await me();
    if (userId === own || !(await isAgent(userId))) return [];
    const thread = await where(channel_id, known);
    if (thread === null) return [];
    // Discord tells no time of reactions
    const at = now(), emoji = shownEmoji(of);
    return [{ id: `${message_id}:${removed ? "unreact" : "react"}:${userId}:${emoji}:${at.toISOString()}`, thread, at, data: { type: "reaction", postId: message_id, userId, emoji, removed } }];
  }

  return async function parse(t, d, thread) {
    switch (t) {
      case "MESSAGE_CREATE": case "MESSAGE_UPDATE": {
        const message = Message.safeParse(d);
        if (!message.success) return [];
        return t === "MESSAGE_CREATE" ? said(message.data, thread) : changed(message.data, thread);
      }
      case "MESSAGE_DELETE": { const one = Deleted.safeParse(d); return one.success ? deleted([one.data.id], one.data.channel_id, thread) : []; }
      case "MESSAGE_DELETE_BULK": { const many = DeletedBulk.safeParse(d); return many.success ? deleted(many.data.ids, many.data.channel_id, thread) : []; }
      case "MESSAGE_REACTION_ADD": case "MESSAGE_REACTION_REMOVE": {
        const reaction = Reacted.safeParse(d);
        return reaction.success ? reacted(reaction.data, t === "MESSAGE_REACTION_REMOVE", thread) : [];
      }
      default: return [];
    }
  };
}
