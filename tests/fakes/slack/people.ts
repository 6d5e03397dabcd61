/** People of the workspace at their screens. Each act changes the workspace and sends the event that Slack would send. */
import { Deliverer, type Transport } from "./delivery.ts";
import { Events } from "./events.ts";
import { Messages } from "./messages.ts";
import { typeOf } from "./methods/surfaces.ts";
import { Shapes } from "./shapes.ts";
import type { FakeChannel, FakeUser, Json, StoredMessage } from "./types.ts";
import { Views } from "./views.ts";
import { Workspace, type UserOptions } from "./workspace.ts";

export interface UserFile { name: string; content: Buffer; type?: string }
export interface PostOptions { threadTs?: string; files?: UserFile[]; subtype?: "thread_broadcast" | "me_message"; blocks?: Json[] }
const written = (text: string, id: string): Json[] => [{ type: "rich_text", block_id: id, elements: [{ type: "rich_text_section", elements: [{ type: "text", text }] }] }];

export abstract class People {
  readonly space = new Workspace();
  readonly shapes = new Shapes(this.space);
  readonly views = new Views(this.space);
  readonly deliverer: Deliverer = new Deliverer(() => this.transport(), () => { this.changed(); });
  readonly events = new Events(this.space, this.shapes, this.deliverer);
  readonly messages = new Messages(this.space, this.shapes, this.events);

  protected abstract transport(): Transport;
  abstract changed(): void;

  /** A person in front of a channel: in it, and it not archived. */
  private at(channelId: string, userId: string): FakeChannel {
    const channel = this.space.channel(channelId);
    if (channel.archived) throw new Error(`#${channel.name} is archived: nobody can write there.`);
    if (this.space.user(userId).deleted) throw new Error(`${userId} is deactivated and cannot do anything.`);
    channel.members.add(userId);
    return channel;
  }
  private store(files: UserFile[], user: string): string[] {
    return files.map(({ name, content, type }) => {
      const id = this.space.nextId("F");
      this.space.files.set(id, { id, name, title: name, mimetype: type ?? typeOf(name), content, user, created: this.space.clock.seconds(), deleted: false, complete: true, shares: [] });
      return id;
    });
  }

  /** @returns the message's ts */
  userPosts(channelId: string, user: string, text: string, { threadTs, files = [], subtype, blocks }: PostOptions = {}): string {
    const channel = this.at(channelId, user);
    if (subtype === "thread_broadcast" && threadTs === undefined) throw new Error("Only a reply can be broadcast: give threadTs.");
    return this.messages.post(channel, {
      text, user, threadTs: threadTs ?? null, fileIds: this.store(files, user), subtype: files.length > 0 ? "file_share" : (subtype ?? null),
      blocks: blocks ?? (text === "" || subtype === "me_message" ? null : written(text, this.space.nextId("b"))), clientMsgId: files.length > 0 ? null : `00000000-0000-4000-8000-${this.space.nextId("").slice(-9).padStart(12, "0").toLowerCase()}`,
    }).ts;
  }
  userUploads(channelId: string, user: string, files: UserFile[], { threadTs, text = "" }: { threadTs?: string; text?: string } = {}): string {
    return this.userPosts(channelId, user, text, { files, ...(threadTs === undefined ? {} : { threadTs }) });
  }
  /** By its author. */
  userEdits(channelId: string, ts: string, text: string): void {
    const stored = this.space.message(channelId, ts);
    if (stored.user === null || stored.botId !== null) throw new Error(`${ts} is the bot's: people cannot edit it.`);
    this.messages.change(this.at(channelId, stored.user), stored, { text, blocks: written(text, this.space.nextId("b")), edited: { user: stored.user, ts: this.space.eventTs() } });
  }
  /** By its author, or an administrator: the bot's posts too. */
  userDeletes(channelId: string, ts: string): void { this.messages.remove(this.space.channel(channelId), this.space.message(channelId, ts)); }
  userReacts(channelId: string, ts: string, name: string, user: string): void { this.messages.react(this.at(channelId, user), this.space.message(channelId, ts), user, name); }
  userUnreacts(channelId: string, ts: string, name: string, user: string): void { this.messages.unreact(this.at(channelId, user), this.space.message(channelId, ts), user, name); }
  /** Slack itself adds a preview: a change without an edit. */
  unfurls(channelId: string, ts: string, url: string): void {
    this.messages.change(this.space.channel(channelId), this.space.message(channelId, ts), { attachments: [{ id: 1, from_url: url, original_url: url, title: "Preview", fallback: "Preview", service_name: "example.com" }] });
  }

  /** Becomes a member; told in the channel and as an event. */
  userJoins(channelId: string, user: string, inviter?: string): void {
    const channel = this.space.channel(channelId);
    channel.members.add(user);
    this.notice(channel, "channel_join", user, `<@${user}> has joined the channel`);
    this.events.inChannel(channel, { type: "member_joined_channel", user, channel: channelId, channel_type: channel.kind === "public" ? "C" : "G", team: this.space.team.id, ...(inviter === undefined ? {} : { inviter }), event_ts: this.space.eventTs() });
  }
  userLeaves(channelId: string, user: string): void {
    const channel = this.space.channel(channelId);
    this.events.inChannel(channel, { type: "member_left_channel", user, channel: channelId, channel_type: channel.kind === "public" ? "C" : "G", team: this.space.team.id, event_ts: this.space.eventTs() });
    channel.members.delete(user);
  }
  inviteBot(channelId: string, inviter = "USLACKBOT"): void { this.userJoins(channelId, this.space.botUserId, inviter); }
  kickBot(channelId: string, actor = "USLACKBOT"): void {
    const channel = this.space.channel(channelId);
    this.userLeaves(channelId, this.space.botUserId);
    this.events.publish({ type: this.named(channel, "left"), channel: channelId, actor_id: actor, event_ts: this.space.eventTs() }, channel);
  }
  archiveChannel(channelId: string, user = "USLACKBOT"): void {
    const channel = this.space.channel(channelId);
    this.notice(channel, "channel_archive", user, "archived the channel");
    channel.archived = true;
    this.events.inChannel(channel, { type: this.named(channel, "archive"), channel: channelId, user, is_moved: 0, event_ts: this.space.eventTs() });
  }
  /** As in Slack, the bot is not let back in by this. */
  unarchiveChannel(channelId: string, user = "USLACKBOT"): void {
    const channel = this.space.channel(channelId);
    channel.archived = false;
    this.events.inChannel(channel, { type: this.named(channel, "unarchive"), channel: channelId, user, event_ts: this.space.eventTs() });
  }
  deleteChannel(channelId: string): void {
    const channel = this.space.channel(channelId);
    this.events.inChannel(channel, { type: this.named(channel, "deleted"), channel: channelId, event_ts: this.space.eventTs() });
    channel.deleted = true;
  }
  renameChannel(channelId: string, name: string): void {
    const channel = this.space.channel(channelId);
    channel.name = name;
    this.events.inChannel(channel, { type: this.named(channel, "rename"), channel: { id: channelId, name, is_channel: channel.kind === "public", created: channel.created }, event_ts: this.space.eventTs() });
  }
  private named(channel: FakeChannel, what: string): string { return `${channel.kind === "private" ? "group" : "channel"}_${what}`; }
  private notice(channel: FakeChannel, subtype: string, user: string, text: string): void { this.messages.post(channel, { subtype, user, text }); }

  /** Profile, address or rights change. */
  changeUser(userId: string, next: UserOptions): void {
    const user = Object.assign(this.space.user(userId), next, { updated: this.space.clock.seconds() });
    this.events.publish({ type: "user_change", user: this.shapes.user(user, this.scopes.has("users:read.email")), cache_ts: user.updated, event_ts: this.space.eventTs() });
  }
  deactivate(userId: string): void { this.changeUser(userId, { deleted: true }); }
  /** Someone new in the workspace. */
  userArrives(name: string, options: UserOptions = {}): FakeUser {
    const user = this.space.addUser(name, options);
    this.events.publish({ type: "team_join", user: this.shapes.user(user, this.scopes.has("users:read.email")), cache_ts: user.updated, event_ts: this.space.eventTs() });
    return user;
  }
  abstract readonly scopes: Set<string>;

  /** What a channel shows, oldest first: without `threadTs` the channel itself, with it the parent and its replies. */
  messagesIn(channelId: string, threadTs?: string): StoredMessage[] {
    const channel = this.space.channel(channelId);
    if (threadTs !== undefined) return this.space.thread(channel, threadTs);
    return channel.messages.filter((message) => message.threadTs === null || message.threadTs === message.ts || message.subtype === "thread_broadcast");
  }
}
