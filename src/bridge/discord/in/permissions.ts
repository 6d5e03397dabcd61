/**
 * What the bot may do where, what each permission is for, and the link that invites it with exactly these. Pure.
 * Source: discord.com/developers/docs/topics/permissions (hierarchy, overwrites), .../topics/oauth2#bot-authorization-flow
 */
import { PermissionFlagsBits } from "discord.js";

/** `without`: what is lost; null: nothing works. `when` "webhook": only needed for the customers' names and pictures. */
export interface WantedPermission { name: string; bit: bigint; what: string; without: string | null; when?: "webhook" }
const P = PermissionFlagsBits;
export const WANTED: readonly WantedPermission[] = [
  { name: "View Channels", bit: P.ViewChannel, what: "sees the channel and its threads", without: null },
  { name: "Send Messages", bit: P.SendMessages, what: "opens forum posts, posts the card", without: null },
  { name: "Send Messages in Threads", bit: P.SendMessagesInThreads, what: "posts the customers' lines", without: null },
  { name: "Create Public Threads", bit: P.CreatePublicThreads, what: "opens a thread for each conversation", without: null },
  { name: "Manage Threads", bit: P.ManageThreads, what: "archives, locks, renames and tags threads, and opens them again when the customer writes", without: null },
  { name: "Read Message History", bit: P.ReadMessageHistory, what: "reads what was missed, reacts to messages", without: null },
  { name: "Add Reactions", bit: P.AddReactions, what: "shows on an agent's message what became of it", without: "receipts are not shown on messages" },
  { name: "Attach Files", bit: P.AttachFiles, what: "brings customers' files into the thread", without: "customers' files are named, not shown" },
  { name: "Embed Links", bit: P.EmbedLinks, what: "shows what a link in a customer's line leads to", without: "links have no preview" },
  { name: "Manage Webhooks", bit: P.ManageWebhooks, what: "gives the customers' lines their name and picture", without: "the customers' lines come from the bot, with the name in the text", when: "webhook" },
  { name: "Manage Channels", bit: P.ManageChannels, what: "makes the forum's tags for status, priority and channel", without: "tags that an administrator did not make are left out" },
];
export const bitsOf = (wanted: readonly WantedPermission[]): bigint => wanted.reduce((all, { bit }) => all | bit, 0n);
/** Those that a desk needs, by whether the customers' lines come through a webhook. */
export const wantedFor = (webhook: boolean): WantedPermission[] => WANTED.filter(({ when }) => webhook || when !== "webhook");

/** Opens Discord's page that adds the bot to a server. `guild` chooses the server there. */
export function inviteLink(application: string, { webhook, guild }: { webhook: boolean; guild?: string }): string {
  const query = new URLSearchParams({ client_id: application, scope: "bot applications.commands", permissions: bitsOf(wantedFor(webhook)).toString(), ...(guild === undefined ? {} : { guild_id: guild, disable_guild_select: "true" }) });
  return `https://discord.com/oauth2/authorize?${query.toString()}`;
}

export interface Overwrite { id: string; type: number; allow: string; deny: string }
export interface Who { userId: string; roles: readonly string[]; ownerId: string; guildId: string; /** Permissions of each role, "@everyone" under the guild's id. */ rolePermissions: ReadonlyMap<string, bigint> }

/** All bits of a person, in a channel when its overwrites are given. An administrator and the owner have all. */
export function permissionsOf(who: Who, overwrites: readonly Overwrite[] | null = null): bigint {
  const all = Object.values(P).reduce((bits, bit) => bits | bit, 0n);
  if (who.userId === who.ownerId) return all;
  let bits = [who.guildId, ...who.roles].reduce((sum, id) => sum | (who.rolePermissions.get(id) ?? 0n), 0n);
  if ((bits & P.Administrator) !== 0n) return all;
  const apply = (some: readonly Overwrite[]) => {
    bits &= ~some.reduce((sum, { deny }) => sum | BigInt(deny), 0n);
    bits |= some.reduce((sum, { allow }) => sum | BigInt(allow), 0n);
  };
  if (overwrites !== null) {
    apply(overwrites.filter(({ id }) => id === who.guildId));
    apply(overwrites.filter(({ id, type }) => type === 0 && id !== who.guildId && who.roles.includes(id)));
    apply(overwrites.filter(({ id, type }) => type === 1 && id === who.userId));
    if ((bits & P.ViewChannel) === 0n) return 0n;
  }
  return bits;
}
export const missingOf = (bits: bigint, wanted: readonly WantedPermission[]): WantedPermission[] => wanted.filter(({ bit }) => (bits & bit) === 0n);
