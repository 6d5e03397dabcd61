/** What Discord's side remembers, in our words; `show.ts` tells it in Discord's. */
export type Json = Record<string, unknown>;

export interface FakeUser { id: string; username: string; globalName: string | null; bot: boolean }
export interface FakeRole { id: string; name: string; permissions: bigint; position: number; mentionable: boolean; managed: boolean }
/** Whoever is invisible is offline to others. Source: discord.com/developers/docs/events/gateway-events#presence-update */
export type Status = "online" | "idle" | "dnd" | "offline";
export interface FakeMember { user: FakeUser; nick: string | null; roles: string[]; joinedAt: number; timedOutUntil: number | null; status: Status }
/** `type` 0: a role's, 1: a member's. */
export interface Overwrite { id: string; type: 0 | 1; allow: bigint; deny: bigint }
export interface FakeTag { id: string; name: string; moderated: boolean; emojiName: string | null }
export interface ThreadState {
  archived: boolean; locked: boolean; autoArchiveMinutes: number; archiveChangedAt: number; createdAt: number; activeAt: number;
  owner: string; members: Map<string, number>; messageCount: number; totalSent: number; invitable: boolean;
}
/** Source of `type`: discord.com/developers/docs/resources/channel#channel-object-channel-types */
export interface FakeChannel {
  id: string; type: number; name: string; topic: string | null; parent: string | null; position: number; overwrites: Overwrite[];
  tags: FakeTag[]; appliedTags: string[]; flags: number; lastMessage: string | null; slowmodeSeconds: number; thread: ThreadState | null;
  /** When it was renamed or its topic changed, for the limit of two in ten minutes. */
  renames: number[];
  /** Of direct messages: who writes with the bot there. */
  recipient?: string;
}
export interface FakeAttachment { id: string; channel: string; filename: string; description: string | null; contentType: string; content: Buffer; ephemeral: boolean }
export interface Pings { users: string[]; roles: string[]; everyone: boolean }
export interface FakeMessage {
  id: string; channel: string; type: number; author: FakeUser; webhook: string | null; application: string | null; content: string; embeds: Json[]; components: Json[];
  attachments: FakeAttachment[]; reactions: Map<string, Set<string>>; nonce: string | number | null; flags: number; pings: Pings;
  reference: { channel: string; message: string | null } | null; editedAt: number | null; interaction: Json | null; avatarUrl: string | null;
  /** The only person who sees it; null: everybody. */
  ephemeralTo: string | null; deleted: boolean;
}
export interface FakeWebhook { id: string; token: string; channel: string; name: string; application: string | null; user: string }
export interface FakeCommand { id: string; type: number; name: string; guild: string | null; definition: Json; version: string }
export interface UploadedFile { name: string; filename: string; contentType: string; content: Buffer }
/** A file that a person attaches. */
export interface SentFile { name: string; content?: Buffer | string; type?: string; description?: string }

export const GUILD_TEXT = 0, DIRECT = 1, PUBLIC_THREAD = 11, PRIVATE_THREAD = 12, GUILD_FORUM = 15;
/** Source: discord.com/developers/docs/resources/message#message-object-message-flags */
export const FLAG = { suppressEmbeds: 4, hasThread: 32, ephemeral: 64, loading: 128, suppressNotifications: 4096, componentsV2: 32_768 } as const;
/** Source: discord.com/developers/docs/resources/channel#channel-object-channel-flags */
export const CHANNEL_FLAG = { pinned: 2, requireTag: 16 } as const;

export const text = (value: unknown): string | null => (typeof value === "string" ? value : null);
export const list = (value: unknown): unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);
export const objects = (value: unknown): Json[] => list(value).filter((item): item is Json => typeof item === "object" && item !== null);
export const object = (value: unknown): Json => (typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {});
export const has = (flags: number, bit: number): boolean => (flags & bit) !== 0;
