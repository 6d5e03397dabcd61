/** One guild, one application, and all that Discord remembers of them. Events go to `emit`; who gets them is the gateway's to decide. */
import { refusal } from "./errors.ts";
import type { Interaction } from "./interactions.ts";
import { Snowflakes } from "./ids.ts";
import { bitOf, DEFAULT_BOT, EVERYONE, permissionsOf, type PermissionName } from "./permissions.ts";
import { DIRECT, GUILD_FORUM, GUILD_TEXT, PRIVATE_THREAD, type FakeAttachment, type FakeChannel, type FakeCommand, type FakeMember, type FakeMessage, type FakeRole, type FakeTag, type FakeUser, type FakeWebhook, type Json } from "./types.ts";

export interface WorldOptions {
  token?: string; guildName?: string; botName?: string; botPermissions?: bigint;
  /** What the application's page in the portal allows. Default: message content and members, no presences. */
  portal?: { messageContent?: boolean; members?: boolean; presences?: boolean };
  /** Milliseconds since 1970; default the machine's. `advance` adds to it. */
  clock?: () => number;
  /** Default 1000, the help centre's figure. */
  activeThreadCap?: number;
  /** Largest file, in bytes; default 10 MiB. */
  attachmentBytes?: number;
  /** 0 to 3. */
  boostLevel?: number;
  /** How long a nonce is remembered, in ms; "the past few minutes" in the documentation, here 3. */
  nonceMemoryMs?: number;
}
/** Where an event happened, so that the gateway knows who may hear of it. */
export interface EventPlace { channel?: string; user?: string }
export const FAKE_DISCORD_TOKEN = "OTAwMDAwMDAwMDAwMDAwMDAx.fake.discord-bot-token";

export class World {
  readonly token: string;
  readonly portal: { messageContent: boolean; members: boolean; presences: boolean };
  readonly ids: Snowflakes;
  readonly guildId: string; readonly ownerId: string;
  guildName: string;
  readonly bot: FakeUser;
  readonly botRoleId: string;
  botInGuild = true;
  activeThreadCap: number; boostLevel: number; attachmentBytes: number; nonceMemoryMs: number;
  baseUrl = "";
  readonly roles = new Map<string, FakeRole>();
  readonly members = new Map<string, FakeMember>();
  readonly channels = new Map<string, FakeChannel>();
  readonly messages = new Map<string, FakeMessage>();
  readonly byChannel = new Map<string, FakeMessage[]>();
  readonly files = new Map<string, FakeAttachment>();
  readonly webhooks = new Map<string, FakeWebhook>();
  readonly appCommands = new Map<string, FakeCommand>();
  readonly nonces = new Map<string, { message: string; at: number }>();
  readonly interactions = new Map<string, Interaction>();
  /** How long an interaction waits for its first answer, in ms. */
  ackWindowMs = 3_000;
  /** When commands were created, for the limit of 200 a day. */
  readonly commandCreates: number[] = [];
  emit: (event: string, data: Json, place?: EventPlace) => void = () => undefined;
  private readonly clock: () => number;
  private offset = 0;
  private readonly watchers = new Set<() => void>();

  constructor(options: WorldOptions = {}) {
    this.token = options.token ?? FAKE_DISCORD_TOKEN;
    this.portal = { messageContent: true, members: true, presences: false, ...options.portal };
    this.clock = options.clock ?? Date.now;
    this.activeThreadCap = options.activeThreadCap ?? 1000;
    this.boostLevel = options.boostLevel ?? 0;
    this.attachmentBytes = options.attachmentBytes ?? [10, 10, 50, 100][this.boostLevel]! * 1024 * 1024;
    this.nonceMemoryMs = options.nonceMemoryMs ?? 180_000;
    this.ids = new Snowflakes(() => this.now());
    this.guildName = options.guildName ?? "Fake Guild";
    this.guildId = this.ids.next();
    this.roles.set(this.guildId, { id: this.guildId, name: "@everyone", permissions: EVERYONE, position: 0, mentionable: false, managed: false });
    this.ownerId = this.addMember("owner").user.id;
    this.botRoleId = this.addRole(options.botName ?? "Desk Bot", options.botPermissions ?? DEFAULT_BOT, { managed: true }).id;
    this.bot = this.addMember(options.botName ?? "Desk Bot", { bot: true, roles: [this.botRoleId] }).user;
  }

  now(): number { return this.clock() + this.offset; }
  /** Moves Discord's clock, in ms: nonces are forgotten, links expire, idle threads archive. */
  advance(ms: number): void { this.offset += ms; this.changed(); }

  addRole(name: string, permissions = 0n, more: Partial<Pick<FakeRole, "mentionable" | "managed">> = {}): FakeRole {
    const role: FakeRole = { id: this.ids.next(), name, permissions, position: this.roles.size, mentionable: false, managed: false, ...more };
    this.roles.set(role.id, role);
    return role;
  }
  addMember(name: string, more: { bot?: boolean; nick?: string; roles?: string[]; globalName?: string } = {}): FakeMember {
    const user: FakeUser = { id: this.ids.next(), username: name.toLowerCase().replace(/[^a-z0-9_.]/g, "_"), globalName: more.globalName ?? (more.bot === true ? null : name), bot: more.bot ?? false };
    if (more.bot === true) user.username = name;
    const member: FakeMember = { user, nick: more.nick ?? null, roles: more.roles ?? [], joinedAt: this.now(), timedOutUntil: null, status: "online" };
    this.members.set(user.id, member);
    return member;
  }
  private addChannel(type: number, name: string, more: Partial<FakeChannel>): FakeChannel {
    const channel: FakeChannel = { id: this.ids.next(), type, name, topic: null, parent: null, position: this.channels.size, overwrites: [], tags: [], appliedTags: [], flags: 0, lastMessage: null, slowmodeSeconds: 0, thread: null, renames: [], ...more };
    this.channels.set(channel.id, channel);
    return channel;
  }
  addTextChannel(name: string, more: Partial<FakeChannel> = {}): FakeChannel { return this.addChannel(GUILD_TEXT, name, more); }
  addForum(name: string, tags: (string | { name: string; moderated?: boolean; emoji?: string })[] = [], { requireTag = false }: { requireTag?: boolean } = {}): FakeChannel {
    return this.addChannel(GUILD_FORUM, name, { tags: tags.map((tag) => this.newTag(typeof tag === "string" ? { name: tag } : tag)), flags: requireTag ? 16 : 0 });
  }
  /** Members who take no direct messages from the bot. */
  readonly shutDirects = new Set<string>();
  /** Direct messages between the bot and one member: the same channel each time. */
  directWith(recipient: string): FakeChannel { return [...this.channels.values()].find((c) => c.recipient === recipient) ?? this.addChannel(DIRECT, "", { recipient }); }
  newTag(tag: { name: string; moderated?: boolean; emoji?: string | null }): FakeTag { return { id: this.ids.next(), name: tag.name, moderated: tag.moderated ?? false, emojiName: tag.emoji ?? null }; }

  get botMember(): FakeMember | undefined { return this.botInGuild ? this.members.get(this.bot.id) : undefined; }
  /** @throws {ApiError} 10003 */
  channel(id: string | undefined): FakeChannel {
    const channel = id === undefined ? undefined : this.channels.get(id);
    if (channel === undefined) throw refusal(10003);
    return channel;
  }
  /** @throws {ApiError} 10008 when it does not exist here, was deleted or is ephemeral */
  message(channel: string, id: string | undefined): FakeMessage {
    const message = id === undefined ? undefined : this.messages.get(id);
    if (message === undefined || message.channel !== channel || message.deleted || message.ephemeralTo !== null) throw refusal(10008);
    return message;
  }
  /** What can be read there, oldest first. */
  messagesOf(channel: string): FakeMessage[] { return (this.byChannel.get(channel) ?? []).filter((m) => !m.deleted && m.ephemeralTo === null); }
  threads(): FakeChannel[] { return [...this.channels.values()].filter((c) => c.thread !== null); }
  activeThreads(): FakeChannel[] { return this.threads().filter((c) => c.thread?.archived === false); }
  webhooksOf(channel: string): FakeWebhook[] { return [...this.webhooks.values()].filter((w) => w.channel === channel); }

  permissions(member: FakeMember, channel: FakeChannel | null): bigint {
    const asked = channel?.thread == null ? channel : (this.channels.get(channel.parent ?? "") ?? channel);
    const bits = permissionsOf({ guildId: this.guildId, ownerId: this.ownerId, roles: this.roles, now: () => this.now() }, member, asked);
    const shutOut = channel?.type === PRIVATE_THREAD && channel.thread?.members.has(member.user.id) !== true && (bits & bitOf("MANAGE_THREADS")) === 0n;
    return shutOut ? 0n : bits;
  }
  may(member: FakeMember | undefined, permission: PermissionName, channel: FakeChannel | null): boolean { return member !== undefined && (this.permissions(member, channel) & bitOf(permission)) !== 0n; }
  /** @throws {ApiError} 50001 when the place can't be seen, 50013 when a permission is missing */
  need(member: FakeMember | undefined, channel: FakeChannel | null, ...permissions: PermissionName[]): FakeMember {
    if (member === undefined || (channel !== null && !this.may(member, "VIEW_CHANNEL", channel))) throw refusal(50001);
    for (const permission of permissions) if (!this.may(member, permission, channel)) throw refusal(50013);
    return member;
  }

  /** Resolves with the first truthy answer of `check`, asked after every call and act, and now and then for what only the client knows. @throws Error after `ms` */
  async until<T>(check: () => T, what: string, ms = 30_000): Promise<NonNullable<T>> {
    const first = check();
    if (first) return first;
    return new Promise((done, fail) => {
      const end = () => { clearTimeout(timer); clearInterval(poll); this.watchers.delete(watch); };
      const watch = () => { const found = check(); if (found) { end(); done(found); } };
      const timer = setTimeout(() => { end(); fail(new Error(`Discord's fake waited ${ms} ms for: ${what}`)); }, ms);
      const poll = setInterval(watch, 20);
      this.watchers.add(watch);
    });
  }
  changed(): void { for (const watch of this.watchers) watch(); }
}
