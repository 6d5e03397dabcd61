/** What administrators and accidents do to the guild. Source: discord.com/developers/docs/events/gateway-events */
import { Clicks } from "./clicks.ts";
import { bitsOf, type PermissionName } from "./permissions.ts";
import type { ChannelLike, MemberLike } from "./people.ts";
import { dropChannel } from "./routes/channels.ts";
import { announceWebhooks } from "./routes/webhooks.ts";
import { showChannel, showMember, showRole, showUser } from "./show.ts";
import { archiveIdle, changeThread, type ThreadChange } from "./threads.ts";
import type { FakeChannel, FakeMember, FakeRole, FakeTag } from "./types.ts";

/** Without either: the bot's own role and everybody's. `channel` alone: an overwrite for the bot there. */
export interface PermissionPlace { channel?: ChannelLike; role?: FakeRole | string }

export abstract class Moderation extends Clicks {
  override advance(ms: number): void { super.advance(ms); archiveIdle(this); }

  createTextChannel(name: string): FakeChannel { return this.announceChannel(this.addTextChannel(name)); }
  createForum(name: string, tags: string[] = []): FakeChannel { return this.announceChannel(this.addForum(name, tags)); }
  private announceChannel(channel: FakeChannel, event = "CHANNEL_CREATE"): FakeChannel { this.emit(event, showChannel(this, channel), { channel: channel.id }); this.changed(); return channel; }
  createRole(name: string, permissions = 0n, mentionable = false): FakeRole {
    const role = this.addRole(name, permissions, { mentionable });
    this.emit("GUILD_ROLE_CREATE", { guild_id: this.guildId, role: showRole(role) });
    return role;
  }
  deleteRole(role: string): void {
    this.roles.delete(role);
    for (const member of this.members.values()) if (member.roles.includes(role)) this.setRoles(member, member.roles.filter((id) => id !== role));
    this.emit("GUILD_ROLE_DELETE", { guild_id: this.guildId, role_id: role });
  }

  deleteThread(thread: ChannelLike): void { dropChannel(this, this.channelOf(thread)); }
  deleteChannel(channel: ChannelLike): void { dropChannel(this, this.channelOf(channel)); }
  /** As the owner: archive, lock, rename, tag. */
  changeThread(thread: ChannelLike, change: ThreadChange): void { changeThread(this, this.channelOf(thread), change, this.memberOf(this.ownerId)); }
  deleteWebhook(id: string): void {
    const channel = this.webhooks.get(id)?.channel;
    this.webhooks.delete(id);
    if (channel !== undefined) announceWebhooks(this, channel);
  }
  /** A forum's tag, by name or id; posts lose it, without an event of their own. */
  deleteTag(forum: ChannelLike, tag: string): FakeTag {
    const channel = this.channelOf(forum), found = channel.tags.find((t) => t.id === tag || t.name === tag);
    if (found === undefined) throw new Error(`${channel.name} has no tag ${tag}.`);
    channel.tags = channel.tags.filter((t) => t !== found);
    for (const thread of this.threads()) if (thread.parent === channel.id) thread.appliedTags = thread.appliedTags.filter((id) => id !== found.id);
    this.announceChannel(channel, "CHANNEL_UPDATE");
    return found;
  }

  private setPermission(permission: PermissionName, { channel, role }: PermissionPlace, allowed: boolean): void {
    const bit = bitsOf(permission), roleId = role === undefined ? undefined : typeof role === "string" ? role : role.id;
    if (channel !== undefined) {
      const where = this.channelOf(channel), id = roleId ?? this.bot.id, type = roleId === undefined ? 1 : 0;
      const before = where.overwrites.find((o) => o.id === id) ?? { id, type, allow: 0n, deny: 0n };
      where.overwrites = [...where.overwrites.filter((o) => o.id !== id), { ...before, deny: allowed ? before.deny & ~bit : before.deny | bit, allow: allowed ? before.allow : before.allow & ~bit }];
      this.announceChannel(where, "CHANNEL_UPDATE");
      if (allowed && permission === "VIEW_CHANNEL") this.syncThreads(where);
      return;
    }
    for (const id of roleId === undefined ? [this.botRoleId, this.guildId] : [roleId]) {
      const found = this.roles.get(id);
      if (found === undefined) continue;
      found.permissions = allowed ? found.permissions | bit : found.permissions & ~bit;
      this.emit("GUILD_ROLE_UPDATE", { guild_id: this.guildId, role: showRole(found) });
    }
    if (allowed && permission === "VIEW_CHANNEL") for (const where of this.channels.values()) if (where.thread === null) this.syncThreads(where);
    this.changed();
  }
  private syncThreads(channel: FakeChannel): void {
    const threads = this.activeThreads().filter((t) => t.parent === channel.id);
    this.emit("THREAD_LIST_SYNC", { guild_id: this.guildId, channel_ids: [channel.id], threads: threads.map((t) => showChannel(this, t)), members: [] }, { channel: channel.id });
  }
  removePermission(permission: PermissionName, place: PermissionPlace = {}): void { this.setPermission(permission, place, false); }
  restorePermission(permission: PermissionName, place: PermissionPlace = {}): void { this.setPermission(permission, place, true); }

  private announceMember(member: FakeMember): void { this.emit("GUILD_MEMBER_UPDATE", { ...showMember(member), guild_id: this.guildId }); this.changed(); }
  setRoles(member: MemberLike, roles: (FakeRole | string)[]): void { const found = this.memberOf(member); found.roles = roles.map((role) => (typeof role === "string" ? role : role.id)); this.announceMember(found); }
  setNick(member: MemberLike, nick: string | null): void { const found = this.memberOf(member); found.nick = nick; this.announceMember(found); }
  /** Null ends it. */
  memberTimeout(member: MemberLike, ms: number | null): void { const found = this.memberOf(member); found.timedOutUntil = ms === null ? null : this.now() + ms; this.announceMember(found); }
  memberJoins(name: string, roles: (FakeRole | string)[] = []): FakeMember {
    const member = this.addMember(name, { roles: roles.map((role) => (typeof role === "string" ? role : role.id)) });
    this.emit("GUILD_MEMBER_ADD", { ...showMember(member), guild_id: this.guildId });
    return member;
  }
  memberLeaves(member: MemberLike): void {
    const { user } = this.memberOf(member);
    this.members.delete(user.id);
    for (const thread of this.threads()) thread.thread?.members.delete(user.id);
    this.emit("GUILD_MEMBER_REMOVE", { guild_id: this.guildId, user: showUser(user) });
    this.changed();
  }
  /** The bot loses the guild; its webhooks stay, as they do. */
  kickBot(): void { this.botInGuild = false; this.emit("GUILD_DELETE", { id: this.guildId }); this.changed(); }
}
