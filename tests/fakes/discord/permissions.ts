/** Who may do what, where. Source: discord.com/developers/docs/topics/permissions (permission hierarchy, implicit permissions, timed out members) */
import type { FakeChannel, FakeMember, FakeRole } from "./types.ts";

const BITS = {
  KICK_MEMBERS: 1, ADMINISTRATOR: 3, MANAGE_CHANNELS: 4, MANAGE_GUILD: 5, ADD_REACTIONS: 6, VIEW_CHANNEL: 10, SEND_MESSAGES: 11, MANAGE_MESSAGES: 13, EMBED_LINKS: 14,
  ATTACH_FILES: 15, READ_MESSAGE_HISTORY: 16, MENTION_EVERYONE: 17, USE_EXTERNAL_EMOJIS: 18, MANAGE_ROLES: 28, MANAGE_WEBHOOKS: 29, USE_APPLICATION_COMMANDS: 31,
  MANAGE_THREADS: 34, CREATE_PUBLIC_THREADS: 35, CREATE_PRIVATE_THREADS: 36, SEND_MESSAGES_IN_THREADS: 38, MODERATE_MEMBERS: 40, PIN_MESSAGES: 51, BYPASS_SLOWMODE: 52,
} as const;
export type PermissionName = keyof typeof BITS;
export const bitOf = (name: PermissionName): bigint => 1n << BigInt(BITS[name]);
export const bitsOf = (...names: PermissionName[]): bigint => names.reduce((all, name) => all | bitOf(name), 0n);
const ALL = (1n << 53n) - 1n;

/** What everybody may do in a fresh guild, as far as it concerns a text desk. */
export const EVERYONE = bitsOf("VIEW_CHANNEL", "SEND_MESSAGES", "EMBED_LINKS", "ATTACH_FILES", "READ_MESSAGE_HISTORY", "ADD_REACTIONS", "USE_EXTERNAL_EMOJIS", "USE_APPLICATION_COMMANDS",
  "CREATE_PUBLIC_THREADS", "CREATE_PRIVATE_THREADS", "SEND_MESSAGES_IN_THREADS");
export const DEFAULT_BOT = bitsOf("VIEW_CHANNEL", "SEND_MESSAGES", "SEND_MESSAGES_IN_THREADS", "CREATE_PUBLIC_THREADS", "EMBED_LINKS", "ATTACH_FILES", "READ_MESSAGE_HISTORY", "ADD_REACTIONS",
  "MANAGE_THREADS", "MANAGE_CHANNELS", "MANAGE_WEBHOOKS");

export interface PermissionSource { guildId: string; ownerId: string; roles: ReadonlyMap<string, FakeRole>; now(): number }

/** Guild-wide when `channel` is null; a thread is asked by its parent (`channel` = the parent). */
export function permissionsOf(source: PermissionSource, member: FakeMember, channel: FakeChannel | null): bigint {
  if (member.user.id === source.ownerId) return ALL;
  const roleIds = [source.guildId, ...member.roles];
  let bits = roleIds.reduce((all, id) => all | (source.roles.get(id)?.permissions ?? 0n), 0n);
  if ((bits & bitOf("ADMINISTRATOR")) !== 0n) return ALL;
  if (channel !== null) {
    const everyone = channel.overwrites.find((o) => o.id === source.guildId);
    if (everyone !== undefined) bits = (bits & ~everyone.deny) | everyone.allow;
    const ofRoles = channel.overwrites.filter((o) => o.type === 0 && member.roles.includes(o.id));
    bits = (bits & ~ofRoles.reduce((all, o) => all | o.deny, 0n)) | ofRoles.reduce((all, o) => all | o.allow, 0n);
    const own = channel.overwrites.find((o) => o.type === 1 && o.id === member.user.id);
    if (own !== undefined) bits = (bits & ~own.deny) | own.allow;
    if ((bits & bitOf("VIEW_CHANNEL")) === 0n) return 0n;
  }
  if (member.timedOutUntil !== null && member.timedOutUntil > source.now()) bits &= bitsOf("VIEW_CHANNEL", "READ_MESSAGE_HISTORY");
  return bits;
}
