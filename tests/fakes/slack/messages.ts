/**
 * What can happen to messages, whoever does it, each with the event that Slack sends.
 * Source: docs.slack.dev/reference/events/message, /message.message_changed, /message.message_deleted, /reaction_added, /file_shared
 */
import type { Events } from "./events.ts";
import type { Shapes } from "./shapes.ts";
import { SlackRefusal, type FakeChannel, type Json, type StoredMessage } from "./types.ts";
import type { Workspace } from "./workspace.ts";

const PLAIN: StoredMessage["parsing"] = { linkNames: false, parse: null, mrkdwn: true };
const MAX_TEXT = 40_000;
const MARKUP = /<(?:[@#!]|https?:|mailto:|tel:|slack:)[^<>\n]*>|&(?:amp|lt|gt);|[&<>]/g;
/** As Slack stores it: `&`, `<`, `>` that belong to no markup become entities, a quote's `>` too. */
export const escaped = (text: string): string => text.replaceAll(MARKUP, (part) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[part] ?? part);

export class Messages {
  constructor(private readonly space: Workspace, private readonly shapes: Shapes, private readonly events: Events) {}

  post(channel: FakeChannel, content: Partial<StoredMessage> & { text: string }): StoredMessage {
    const stored: StoredMessage = {
      user: null, botId: null, subtype: null, threadTs: null, blocks: null, attachments: null, fileIds: [], username: null, icons: null, metadata: null, edited: null,
      clientMsgId: null, parsing: PLAIN, unfurl: { links: null, media: null }, ...content, reactions: [], channel: channel.id, ts: this.space.nextTs(channel), text: escaped(content.text.slice(0, MAX_TEXT)),
    };
    this.space.add(channel, stored);
    for (const id of stored.fileIds) this.space.files.get(id)!.shares.push({ channel: channel.id, ts: stored.ts, threadTs: stored.threadTs });
    const root = stored.subtype === "thread_broadcast" ? { root: this.shapes.message(this.space.message(channel.id, stored.threadTs!)) } : {};
    this.tell(channel, { ...this.shapes.message(stored), ...root, event_ts: stored.ts });
    for (const id of stored.fileIds) this.events.inChannel(channel, { type: "file_shared", file_id: id, user_id: stored.user, file: { id }, channel_id: channel.id, event_ts: this.space.eventTs() });
    const spoken = [null, "file_share", "thread_broadcast"].includes(stored.subtype) && stored.user !== null && stored.botId === null;
    const named = spoken && stored.text.includes(`<@${this.space.botUserId}>`);
    if (named) this.events.inChannel(channel, { ...this.shapes.message(stored), type: "app_mention", channel: channel.id, event_ts: stored.ts });
    return stored;
  }

  /** Changes a message and tells it; without `edited` as when Slack itself changes something. */
  change(channel: FakeChannel, stored: StoredMessage, next: Partial<StoredMessage>): void {
    const previous = this.shapes.message(stored);
    Object.assign(stored, next, next.text === undefined ? {} : { text: escaped(next.text.slice(0, MAX_TEXT)) });
    this.changed(channel, stored, previous);
  }
  private changed(channel: FakeChannel, stored: StoredMessage, previous: Json): void {
    const at = this.space.eventTs();
    this.tell(channel, { type: "message", subtype: "message_changed", hidden: true, ts: at, event_ts: at, message: { ...this.shapes.message(stored), source_team: this.space.team.id, user_team: this.space.team.id }, previous_message: previous });
  }

  /** A message with replies becomes a tombstone, which Slack tells as a change. */
  remove(channel: FakeChannel, stored: StoredMessage): void {
    const previous = this.shapes.message(stored);
    for (const id of stored.fileIds) {
      const file = this.space.files.get(id)!;
      file.shares = file.shares.filter((share) => share.ts !== stored.ts || share.channel !== channel.id);
      if (file.shares.length === 0) file.deleted = true;
    }
    if (this.space.replies(channel, stored.ts).length > 0) {
      Object.assign(stored, { subtype: "tombstone", text: "This message was deleted.", user: "USLACKBOT", botId: null, blocks: null, attachments: null, fileIds: [], username: null, icons: null, metadata: null, edited: null, reactions: [], clientMsgId: null });
      this.changed(channel, stored, previous);
      return;
    }
    this.space.remove(channel, stored);
    const at = this.space.eventTs();
    this.tell(channel, { type: "message", subtype: "message_deleted", hidden: true, deleted_ts: stored.ts, ts: at, event_ts: at, previous_message: previous });
    this.dropEmptyTombstone(channel, stored.threadTs);
  }
  private dropEmptyTombstone(channel: FakeChannel, threadTs: string | null): void {
    const parent = threadTs === null ? undefined : channel.byTs.get(threadTs);
    if (parent?.subtype === "tombstone" && this.space.replies(channel, parent.ts).length === 0) this.space.remove(channel, parent);
  }

  /** @throws SlackRefusal invalid_name, already_reacted, too_many_emoji (50 names), too_many_reactions (23 of one person) */
  react(channel: FakeChannel, stored: StoredMessage, userId: string, name: string): void {
    if (!/^[a-z0-9_+'-]+(?:::skin-tone-[2-6])?$/.test(name)) throw new SlackRefusal("invalid_name");
    const mine = stored.reactions.find((reaction) => reaction.name === name);
    if (mine?.users.includes(userId) === true) throw new SlackRefusal("already_reacted");
    if (mine === undefined && stored.reactions.length >= 50) throw new SlackRefusal("too_many_emoji");
    if (stored.reactions.filter(({ users }) => users.includes(userId)).length >= 23) throw new SlackRefusal("too_many_reactions");
    if (mine === undefined) stored.reactions.push({ name, users: [userId] }); else mine.users.push(userId);
    this.reaction("reaction_added", channel, stored, userId, name);
  }
  /** @throws SlackRefusal no_reaction */
  unreact(channel: FakeChannel, stored: StoredMessage, userId: string, name: string): void {
    const mine = stored.reactions.find((reaction) => reaction.name === name);
    if (mine === undefined || !mine.users.includes(userId)) throw new SlackRefusal("no_reaction");
    mine.users = mine.users.filter((user) => user !== userId);
    stored.reactions = stored.reactions.filter(({ users }) => users.length > 0);
    this.reaction("reaction_removed", channel, stored, userId, name);
  }
  private reaction(type: string, channel: FakeChannel, stored: StoredMessage, user: string, reaction: string): void {
    const author = stored.user === null ? {} : { item_user: stored.user };
    this.events.inChannel(channel, { type, user, reaction, ...author, item: { type: "message", channel: channel.id, ts: stored.ts }, event_ts: this.space.eventTs() });
  }

  private tell(channel: FakeChannel, event: Json): void {
    this.events.inChannel(channel, { ...event, channel: channel.id, channel_type: this.shapes.channelType(channel) });
  }
}
