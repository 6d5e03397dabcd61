/** People at their keyboards, within their permissions. Each act makes the events that Discord would send. */
import { refusal } from "./errors.ts";
import { showPresence } from "./show.ts";
import { edit, post, react, remove, systemLine, unreact } from "./messages.ts";
import { makePost } from "./routes/channels.ts";
import { makeThread } from "./threads.ts";
import { GUILD_FORUM, PUBLIC_THREAD, type FakeChannel, type FakeMember, type FakeMessage, type SentFile, type Status, type UploadedFile } from "./types.ts";
import { World } from "./world.ts";

export interface PostOptions { files?: SentFile[]; reply?: FakeMessage | string; nonce?: string; silent?: boolean }
export type ChannelLike = FakeChannel | string;
export type MemberLike = FakeMember | string;
export type MessageLike = FakeMessage | string;

const GUESSED: Record<string, string> = { png: "image/png", jpg: "image/jpeg", pdf: "application/pdf", txt: "text/plain; charset=utf-8", csv: "text/csv; charset=utf-8", mp4: "video/mp4", ogg: "audio/ogg" };
export const asUpload = (file: SentFile, i: number): UploadedFile => ({
  name: `files[${i}]`, filename: file.name, contentType: file.type ?? GUESSED[file.name.split(".").at(-1) ?? ""] ?? "application/octet-stream", content: Buffer.from(file.content ?? `content of ${file.name}`),
});

export abstract class People extends World {
  /** @throws {ApiError} 10003 */
  channelOf(channel: ChannelLike): FakeChannel { return typeof channel === "string" ? this.channel(channel) : this.channel(channel.id); }
  /** By id or by name. @throws Error */
  memberOf(member: MemberLike): FakeMember {
    const found = typeof member === "string" ? (this.members.get(member) ?? [...this.members.values()].find((m) => m.user.username === member || m.nick === member || m.user.globalName === member)) : this.members.get(member.user.id);
    if (found === undefined) throw new Error(`Nobody is called ${typeof member === "string" ? member : member.user.username} in the guild.`);
    return found;
  }
  /** Ephemeral ones too. @throws {ApiError} 10008 */
  messageOf(message: MessageLike): FakeMessage {
    const found = this.messages.get(typeof message === "string" ? message : message.id);
    if (found === undefined || found.deleted) throw refusal(10008);
    return found;
  }

  /** @throws {ApiError} as Discord would refuse this person */
  memberPosts(channel: ChannelLike, member: MemberLike, content: string, { files = [], reply, nonce, silent = false }: PostOptions = {}): FakeMessage {
    const body = {
      content, flags: silent ? 4096 : 0, attachments: files.map((file, i) => ({ id: i, filename: file.name, description: file.description })), ...(nonce === undefined ? {} : { nonce }),
      ...(reply === undefined ? {} : { message_reference: { message_id: typeof reply === "string" ? reply : reply.id } }),
    };
    return post(this, { channel: this.channelOf(channel), writer: { member: this.memberOf(member) }, body, files: files.map(asUpload) });
  }
  /** A new post in a forum, or a thread in a text channel; `content` is its first line. */
  memberStartsThread(parent: ChannelLike, member: MemberLike, name: string, content: string): { thread: FakeChannel; message: FakeMessage } {
    const home = this.channelOf(parent), inForum = home.type === GUILD_FORUM, by = this.need(this.memberOf(member), home, inForum ? "SEND_MESSAGES" : "CREATE_PUBLIC_THREADS");
    const writer = { member: by }, owner = by.user.id, first = { content };
    if (inForum) return makePost(this, { forum: home, owner, body: { name }, appliedTags: [], first, files: [], writer });
    const thread = makeThread(this, { parent: home, owner, body: { name }, type: PUBLIC_THREAD });
    systemLine(this, home, by.user, 18, name, { channel: thread.id, message: null });
    return { thread, message: post(this, { channel: thread, writer, body: first, files: [] }) };
  }
  memberEdits(message: MessageLike, content: string): FakeMessage {
    const found = this.messageOf(message), by = this.memberOf(found.author.id), { thread } = this.channel(found.channel);
    if (thread?.locked === true && !this.may(by, "MANAGE_THREADS", this.channel(found.channel))) throw refusal(160005);
    return edit(this, found, { content }, [], by);
  }
  /** Takes files off; the text stays. */
  memberRemovesFiles(message: MessageLike): FakeMessage { const found = this.messageOf(message); return edit(this, found, { attachments: [] }, [], this.memberOf(found.author.id)); }
  /** By its author, unless `by` moderates. */
  memberDeletes(message: MessageLike, by?: MemberLike): void { const found = this.messageOf(message); remove(this, found, this.memberOf(by ?? found.author.id)); }
  memberReacts(message: MessageLike, member: MemberLike, emoji: string): void { react(this, this.messageOf(message), emoji, this.memberOf(member)); }
  memberUnreacts(message: MessageLike, member: MemberLike, emoji: string): void { unreact(this, this.messageOf(message), emoji, this.memberOf(member).user.id); }
  /** Comes online, idles, is busy or goes. */
  memberBecomes(member: MemberLike, status: Status): void {
    const who = this.memberOf(member);
    who.status = status;
    this.emit("PRESENCE_UPDATE", showPresence(this, who));
  }
  memberTypes(channel: ChannelLike, member: MemberLike): void {
    const where = this.channelOf(channel), who = this.memberOf(member);
    this.emit("TYPING_START", { channel_id: where.id, guild_id: this.guildId, user_id: who.user.id, timestamp: Math.floor(this.now() / 1000), member: { user: { id: who.user.id, username: who.user.username, discriminator: "0", global_name: who.user.globalName, avatar: null }, roles: who.roles, joined_at: new Date(who.joinedAt).toISOString(), deaf: false, mute: false, flags: 0 } }, { channel: where.id, user: who.user.id });
  }
}
