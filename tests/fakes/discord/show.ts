/** State as Discord's JSON. Sources: discord.com/developers/docs/resources/{user,guild,channel,message,webhook}, .../topics/permissions#role-object */
import { createHmac } from "node:crypto";
import { has, FLAG, GUILD_FORUM, type FakeAttachment, type FakeChannel, type FakeMember, type FakeMessage, type FakeRole, type FakeUser, type FakeWebhook, type Json } from "./types.ts";
import { timeOf } from "./ids.ts";
import type { World } from "./world.ts";

export const iso = (ms: number): string => new Date(ms).toISOString().replace("Z", "000+00:00");
export const showUser = (user: FakeUser): Json => ({ id: user.id, username: user.username, discriminator: "0", global_name: user.globalName, avatar: null, bot: user.bot, public_flags: 0 });
export const showRole = (role: FakeRole): Json => ({
  id: role.id, name: role.name, permissions: role.permissions.toString(), position: role.position, color: 0, colors: { primary_color: 0, secondary_color: null, tertiary_color: null },
  hoist: false, managed: role.managed, mentionable: role.mentionable, icon: null, unicode_emoji: null, flags: 0,
});
/** Without `user`, as messages carry it. */
export const showPartialMember = (member: FakeMember): Json => ({
  nick: member.nick, roles: [...member.roles], joined_at: iso(member.joinedAt), premium_since: null, deaf: false, mute: false, flags: 0, avatar: null, pending: false,
  communication_disabled_until: member.timedOutUntil === null ? null : iso(member.timedOutUntil),
});
export const showMember = (member: FakeMember): Json => ({ ...showPartialMember(member), user: showUser(member.user) });
export const showTag = (tag: FakeChannel["tags"][number]): Json => ({ id: tag.id, name: tag.name, moderated: tag.moderated, emoji_id: null, emoji_name: tag.emojiName });
export const showThreadMember = (thread: string, user: string, joinedAt: number): Json => ({ id: thread, user_id: user, join_timestamp: iso(joinedAt), flags: 1 });

export function showChannel(world: World, channel: FakeChannel): Json {
  if (channel.recipient !== undefined) return { id: channel.id, type: channel.type, last_message_id: channel.lastMessage, flags: channel.flags, recipients: [world.members.get(channel.recipient)].flatMap((m) => (m === undefined ? [] : [showUser(m.user)])) };
  const base = { id: channel.id, type: channel.type, guild_id: world.guildId, name: channel.name, parent_id: channel.parent, last_message_id: channel.lastMessage, rate_limit_per_user: channel.slowmodeSeconds, flags: channel.flags };
  const { thread } = channel;
  if (thread !== null) {
    const joined = thread.members.get(world.bot.id);
    return {
      ...base, owner_id: thread.owner, message_count: thread.messageCount, total_message_sent: thread.totalSent, member_count: Math.min(50, thread.members.size), applied_tags: [...channel.appliedTags],
      thread_metadata: { archived: thread.archived, locked: thread.locked, auto_archive_duration: thread.autoArchiveMinutes, archive_timestamp: iso(thread.archiveChangedAt), create_timestamp: iso(thread.createdAt), ...(channel.type === 12 ? { invitable: thread.invitable } : {}) },
      ...(joined === undefined ? {} : { member: showThreadMember(channel.id, world.bot.id, joined) }),
    };
  }
  return {
    ...base, topic: channel.topic, position: channel.position, nsfw: false, last_pin_timestamp: null,
    permission_overwrites: channel.overwrites.map((o) => ({ id: o.id, type: o.type, allow: o.allow.toString(), deny: o.deny.toString() })),
    ...(channel.type === GUILD_FORUM ? { available_tags: channel.tags.map(showTag), default_reaction_emoji: null, default_sort_order: null, default_forum_layout: 0, default_thread_rate_limit_per_user: 0 } : {}),
  };
}

const DAY_MS = 86_400_000;
export const signatureOf = (id: string, ex: string, is: string): string => createHmac("sha256", "fake-cdn").update(`${id}:${ex}:${is}`).digest("hex");
/** A signed link; each answer carries a fresh one. Source: discord.com/developers/docs/reference#signed-attachment-cdn-urls */
export function attachmentUrl(world: World, file: FakeAttachment): string {
  const seconds = (ms: number) => Math.floor(ms / 1000).toString(16);
  const ex = seconds(world.now() + DAY_MS), is = seconds(world.now());
  return `${world.baseUrl}/cdn/${file.ephemeral ? "ephemeral-attachments" : "attachments"}/${file.channel}/${file.id}/${encodeURIComponent(file.filename)}?ex=${ex}&is=${is}&hm=${signatureOf(file.id, ex, is)}&`;
}
export function showAttachment(world: World, file: FakeAttachment): Json {
  const url = attachmentUrl(world, file);
  return { id: file.id, filename: file.filename, size: file.content.length, content_type: file.contentType, url, proxy_url: url, ...(file.description === null ? {} : { description: file.description }), ...(file.ephemeral ? { ephemeral: true } : {}) };
}

export const showEmoji = (key: string): Json => { const [name, id] = key.split(":"); return { id: id ?? null, name: name ?? key }; };

/** `plain`: without what it answers or starts, as a message within a message. */
export function showMessage(world: World, message: FakeMessage, plain = false): Json {
  const { pings, reference } = message;
  const answered = reference?.message == null ? undefined : world.messages.get(reference.message);
  const started = has(message.flags, FLAG.hasThread) ? world.channels.get(message.id) : undefined;
  const author = message.webhook === null ? showUser(message.author) : { id: message.author.id, username: message.author.username, discriminator: "0000", global_name: null, avatar: message.avatarUrl === null ? null : "0".repeat(32), bot: true, public_flags: 0, flags: 0 };
  return {
    id: message.id, channel_id: message.channel, type: message.type, author, content: message.content, timestamp: iso(timeOf(message.id)), edited_timestamp: message.editedAt === null ? null : iso(message.editedAt),
    tts: false, mention_everyone: pings.everyone, mentions: pings.users.flatMap((id) => { const member = world.members.get(id); return member === undefined ? [] : [showUser(member.user)]; }), mention_roles: [...pings.roles],
    attachments: message.attachments.map((file) => showAttachment(world, file)), embeds: message.embeds, components: message.components, pinned: false, flags: message.flags,
    ...(message.reactions.size === 0 ? {} : { reactions: [...message.reactions].map(([key, users]) => ({ emoji: showEmoji(key), count: users.size, count_details: { burst: 0, normal: users.size }, me: users.has(world.bot.id), me_burst: false, burst_colors: [] })) }),
    ...(message.webhook === null ? {} : { webhook_id: message.webhook }), ...(message.application === null ? {} : { application_id: message.application }), ...(message.nonce === null ? {} : { nonce: message.nonce }),
    ...(message.interaction === null ? {} : { interaction_metadata: message.interaction }),
    ...(reference === null ? {} : { message_reference: { type: 0, channel_id: reference.channel, guild_id: world.guildId, ...(reference.message === null ? {} : { message_id: reference.message }) } }),
    ...(reference === null || plain || message.type === 18 ? {} : { referenced_message: answered === undefined || answered.deleted ? null : showMessage(world, answered, true) }),
    ...(started === undefined || plain ? {} : { thread: showChannel(world, started) }),
  };
}

/** `full`: as its owner sees it. Source: discord.com/developers/docs/resources/webhook#webhook-object */
export function showWebhook(world: World, webhook: FakeWebhook, full = true): Json {
  const creator = world.members.get(webhook.user);
  return {
    id: webhook.id, type: 1, guild_id: world.guildId, channel_id: webhook.channel, name: webhook.name, avatar: null, application_id: webhook.application, token: webhook.token,
    url: `${world.baseUrl}/api/webhooks/${webhook.id}/${webhook.token}`, ...(full && creator !== undefined ? { user: showUser(creator.user) } : {}),
  };
}

const guildBase = (world: World): Json => ({
  id: world.guildId, name: world.guildName, icon: null, splash: null, discovery_splash: null, owner_id: world.ownerId, afk_channel_id: null, afk_timeout: 300, verification_level: 0,
  default_message_notifications: 1, explicit_content_filter: 0, roles: [...world.roles.values()].map(showRole), emojis: [], stickers: [], features: [], mfa_level: 0, application_id: null,
  system_channel_id: null, system_channel_flags: 0, rules_channel_id: null, vanity_url_code: null, description: null, banner: null, premium_tier: world.boostLevel, preferred_locale: "en-US",
  public_updates_channel_id: null, nsfw_level: 0, premium_progress_bar_enabled: false, safety_alerts_channel_id: null, incidents_data: null,
});
export const showGuild = (world: World): Json => ({ ...guildBase(world), approximate_member_count: world.members.size });
/** Source: discord.com/developers/docs/events/gateway-events#presence-update */
export const showPresence = (world: World, { user, status }: FakeMember): Json => ({ user: { id: user.id }, guild_id: world.guildId, status, activities: [], client_status: status === "offline" ? {} : { desktop: status } });
/** What GUILD_CREATE carries: active threads only; without the intent for presences only the bot among the members, with it who is not offline. */
export function showGuildCreate(world: World, withPresences: boolean): Json {
  const own = world.botMember;
  const visible = world.activeThreads().filter((thread) => world.may(own, "VIEW_CHANNEL", thread));
  return {
    ...guildBase(world), joined_at: iso(own?.joinedAt ?? 0), large: false, member_count: world.members.size, voice_states: [], presences: withPresences ? [...world.members.values()].filter(({ status }) => status !== "offline").map((member) => showPresence(world, member)) : [], stage_instances: [], guild_scheduled_events: [], soundboard_sounds: [],
    members: withPresences ? [...world.members.values()].map(showMember) : own === undefined ? [] : [showMember(own)], channels: [...world.channels.values()].filter((c) => c.thread === null && c.recipient === undefined).map((c) => showChannel(world, c)), threads: visible.map((thread) => showChannel(world, thread)),
  };
}
