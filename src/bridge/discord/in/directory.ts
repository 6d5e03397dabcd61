/**
 * What the gateway tells of the server: its roles, channels, threads and who the bot is there. Only what is needed, in memory, filled
 * anew with each session. Source: discord.com/developers/docs/events/gateway-events#guilds, #channels, #threads
 */
import { z } from "zod";
import { permissionsOf, type Overwrite } from "./permissions.ts";

const Role = z.object({ id: z.string(), name: z.string(), permissions: z.string() });
const Channel = z.object({
  id: z.string(), type: z.number(), name: z.string().default(""), parent_id: z.string().nullish(), owner_id: z.string().nullish(), guild_id: z.string().optional(),
  permission_overwrites: z.array(z.object({ id: z.string(), type: z.coerce.number(), allow: z.string(), deny: z.string() })).optional().catch(undefined),
});
export const Member = z.object({
  user: z.object({ id: z.string(), username: z.string().default(""), global_name: z.string().nullish(), bot: z.boolean().optional() }),
  nick: z.string().nullish(), roles: z.array(z.string()),
});
const Guild = z.object({ id: z.string(), name: z.string().default(""), owner_id: z.string(), unavailable: z.boolean().optional(), roles: z.array(Role), channels: z.array(Channel), threads: z.array(Channel).default([]), members: z.array(Member).default([]) });
const Threads = z.object({ guild_id: z.string(), threads: z.array(Channel) });
const Ready = z.object({ user: z.object({ id: z.string() }), application: z.object({ id: z.string() }), guilds: z.array(z.object({ id: z.string() })) });
const OfGuild = z.object({ guild_id: z.string() });

export interface KnownChannel { id: string; type: number; name: string; overwrites: Overwrite[] }
export interface KnownThread { parent: string | null; /** Who opened it. */ owner: string | null }

/** Channel types of threads: announcement, public, private. Source: .../resources/channel#channel-object-channel-types */
export const isThreadType = (type: number): boolean => type === 10 || type === 11 || type === 12;

const DELETED_KEPT = 500;

export class Directory {
  readonly roles = new Map<string, { name: string; permissions: bigint }>();
  readonly channels = new Map<string, KnownChannel>();
  readonly threads = new Map<string, KnownThread>();
  /** What Discord told last of channels that were deleted, by their names in lower case. */
  readonly deleted = new Map<string, unknown>();
  ownerId = "";
  name = "";
  /** Whether the server's state has come; false in an outage of Discord's, and for a bot that is not in the server. */
  here = false;
  /** The bot is not in the server (any more). */
  absent = false;
  me: { userId: string; applicationId: string } | null = null;
  #roles: string[] = [];

  constructor(readonly guildId: string) {}

  /** Takes in what an event says of the server; others leave everything as it is. Never throws for what an event is like. */
  take(t: string, d: unknown): void {
    if (t === "READY") return this.#ready(d);
    if (t === "GUILD_CREATE") return this.#guild(d);
    if (t === "GUILD_UPDATE") return this.#renamed(d);
    if (t === "GUILD_DELETE") return this.#left(d);
    const about = OfGuild.safeParse(d);
    if (!about.success || about.data.guild_id !== this.guildId) return;
    if (t === "GUILD_ROLE_CREATE" || t === "GUILD_ROLE_UPDATE") this.#role(z.object({ role: Role }).safeParse(d).data?.role);
    else if (t === "GUILD_ROLE_DELETE") this.roles.delete(z.object({ role_id: z.string() }).safeParse(d).data?.role_id ?? "");
    else if (t === "CHANNEL_CREATE" || t === "CHANNEL_UPDATE" || t === "THREAD_CREATE" || t === "THREAD_UPDATE") this.#channel(Channel.safeParse(d).data);
    else if (t === "CHANNEL_DELETE" || t === "THREAD_DELETE") this.#gone(z.object({ id: z.string() }).safeParse(d).data?.id, d);
    else if (t === "THREAD_LIST_SYNC") for (const thread of Threads.safeParse(d).data?.threads ?? []) this.#channel(thread);
    else if (t === "GUILD_MEMBER_UPDATE") this.#self(Member.safeParse(d).data);
  }

  /** What the bot may do, in a channel or in the server at large; null while it is not known. */
  may(channelId: string | null): bigint | null {
    const channel = channelId === null ? null : this.channels.get(channelId);
    if (!this.here || this.me === null || channel === undefined) return null;
    return this.memberMay(this.me.userId, this.#roles, channel?.overwrites ?? null);
  }
  memberMay(userId: string, roles: readonly string[], overwrites: readonly Overwrite[] | null = null): bigint {
    const rolePermissions = new Map([...this.roles].map(([id, { permissions }]) => [id, permissions]));
    return permissionsOf({ userId, roles, ownerId: this.ownerId, guildId: this.guildId, rolePermissions }, overwrites);
  }

  #ready(d: unknown): void {
    const ready = Ready.safeParse(d).data;
    if (ready === undefined) return;
    this.me = { userId: ready.user.id, applicationId: ready.application.id };
    this.absent = !ready.guilds.some(({ id }) => id === this.guildId);
    // it comes, or comes anew, with what follows
    this.here = false;
  }
  #left(d: unknown): void {
    const gone = z.object({ id: z.literal(this.guildId), unavailable: z.boolean().optional() }).safeParse(d).data;
    if (gone === undefined) return;
    this.here = false;
    this.absent = gone.unavailable !== true;
  }
  #guild(d: unknown): void {
    const guild = Guild.safeParse(d).data;
    if (guild === undefined || guild.id !== this.guildId) return;
    for (const map of [this.roles, this.channels, this.threads]) map.clear();
    this.ownerId = guild.owner_id;
    this.name = guild.name;
    for (const role of guild.roles) this.#role(role);
    for (const channel of [...guild.channels, ...guild.threads]) this.#channel(channel);
    for (const member of guild.members) this.#self(member);
    this.here = true;
    this.absent = false;
  }
  #renamed(d: unknown): void {
    const guild = z.object({ id: z.literal(this.guildId), owner_id: z.string() }).safeParse(d).data;
    if (guild !== undefined) this.ownerId = guild.owner_id;
  }
  #role(role: z.infer<typeof Role> | undefined): void {
    if (role !== undefined) this.roles.set(role.id, { name: role.name, permissions: BigInt(role.permissions) });
  }
  #channel(channel: z.infer<typeof Channel> | undefined): void {
    if (channel === undefined) return;
    if (isThreadType(channel.type)) this.threads.set(channel.id, { parent: channel.parent_id ?? null, owner: channel.owner_id ?? null });
    else {
      this.deleted.delete(channel.name.toLowerCase());
      this.channels.set(channel.id, { id: channel.id, type: channel.type, name: channel.name, overwrites: channel.permission_overwrites ?? [] });
    }
  }
  #gone(id: string | undefined, d: unknown): void {
    if (id === undefined) return;
    const name = this.channels.get(id)?.name.toLowerCase();
    if (name !== undefined) {
      this.deleted.set(name, d);
      if (this.deleted.size > DELETED_KEPT) this.deleted.delete(this.deleted.keys().next().value!);
    }
    this.channels.delete(id);
    this.threads.delete(id);
  }
  #self(member: z.infer<typeof Member> | undefined): void {
    if (member !== undefined && member.user.id === this.me?.userId) this.#roles = member.roles;
  }
}
