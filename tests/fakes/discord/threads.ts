/** Threads: made, joined, archived, renamed. Source: discord.com/developers/docs/topics/threads, .../resources/channel#start-thread-in-forum-or-media-channel */
import { FormCheck, badForm, refusal } from "./errors.ts";
import { showChannel, showMember, showThreadMember } from "./show.ts";
import { CHANNEL_FLAG, GUILD_FORUM, has, list, PRIVATE_THREAD, type FakeChannel, type FakeMember, type Json } from "./types.ts";
import type { World } from "./world.ts";

export const ARCHIVE_MINUTES = [60, 1440, 4320, 10_080];
const MOST_MEMBERS = 1000;

export function announceThread(world: World, event: "THREAD_CREATE" | "THREAD_UPDATE", thread: FakeChannel, more: Json = {}): void {
  world.emit(event, { ...showChannel(world, thread), ...more }, { channel: thread.id });
  world.changed();
}
/** @throws {ApiError} 160006 */
function roomForOne(world: World): void { if (world.activeThreads().length >= world.activeThreadCap) throw refusal(160006); }

/** Tags that exist, five at most, with one when the forum asks for it. `by` null: a webhook. @throws {ApiError} 10087, 40067, 50013, 50035 */
export function checkTags(world: World, forum: FakeChannel, asked: unknown, by: FakeMember | null, had: string[] = []): string[] {
  const ids = list(asked).map(String);
  if (ids.length > 5) throw badForm(["applied_tags"], "BASE_TYPE_MAX_LENGTH", "Must be 5 or fewer in length.");
  if (ids.length === 0 && has(forum.flags, CHANNEL_FLAG.requireTag)) throw refusal(40067);
  for (const id of ids) {
    const tag = forum.tags.find((t) => t.id === id);
    if (tag === undefined) throw refusal(10087);
    if (tag.moderated && by !== null && !had.includes(id)) world.need(by, forum, "MANAGE_THREADS");
  }
  return [...new Set(ids)];
}

export interface NewThread { parent: FakeChannel; owner: string; body: Json; type: number; id?: string; appliedTags?: string[] }
/** Makes the thread and tells; its messages are the caller's. @throws {ApiError} 50035, 160006 */
export function makeThread(world: World, { parent, owner, body, type, id, appliedTags = [] }: NewThread): FakeChannel {
  const form = new FormCheck(), minutes = body.auto_archive_duration ?? 4320;
  form.length(["name"], body.name, 1, 100);
  if (!ARCHIVE_MINUTES.includes(Number(minutes))) form.add(["auto_archive_duration"], "BASE_TYPE_CHOICES", `Value must be one of {${ARCHIVE_MINUTES.join(", ")}}.`);
  form.check();
  roomForOne(world);
  const now = world.now(), isMember = world.members.has(owner);
  const thread: FakeChannel = {
    id: id ?? world.ids.next(), type, name: String(body.name), topic: null, parent: parent.id, position: 0, overwrites: [], tags: [], appliedTags, flags: 0, lastMessage: null, slowmodeSeconds: Number(body.rate_limit_per_user ?? 0), renames: [],
    thread: { archived: false, locked: false, autoArchiveMinutes: Number(minutes), archiveChangedAt: now, createdAt: now, activeAt: now, owner, members: new Map(isMember ? [[owner, now]] : []), messageCount: 0, totalSent: 0, invitable: body.invitable !== false },
  };
  world.channels.set(thread.id, thread);
  if (parent.type === GUILD_FORUM) parent.lastMessage = thread.id;
  announceThread(world, "THREAD_CREATE", thread, { newly_created: true });
  if (isMember) announceMembers(world, thread, [owner], []);
  return thread;
}

function announceMembers(world: World, thread: FakeChannel, added: string[], removed: string[]): void {
  const shown = added.flatMap((id) => { const member = world.members.get(id), at = thread.thread?.members.get(id); return member === undefined || at === undefined ? [] : [{ ...showThreadMember(thread.id, id, at), member: showMember(member), presence: null }]; });
  world.emit("THREAD_MEMBERS_UPDATE", { id: thread.id, guild_id: world.guildId, member_count: Math.min(50, thread.thread?.members.size ?? 0), added_members: shown, removed_member_ids: removed }, { channel: thread.id });
  world.changed();
}
/** @throws {ApiError} 30033 */
export function joinThread(world: World, channel: FakeChannel, users: string[]): void {
  const members = channel.thread?.members, added = users.filter((id) => world.members.has(id) && members?.has(id) === false);
  if (members === undefined || added.length === 0) return;
  if (members.size + added.length > MOST_MEMBERS) throw refusal(30033);
  for (const id of added) members.set(id, world.now());
  announceMembers(world, channel, added, []);
}
export function leaveThread(world: World, channel: FakeChannel, user: string): void {
  if (channel.thread?.members.delete(user) === true) announceMembers(world, channel, [], [user]);
}

/** Writing reopens an archived thread, unless it is locked. @throws {ApiError} 50083, 160006 */
export function reopen(world: World, channel: FakeChannel, { byWriting }: { byWriting: boolean }): void {
  const { thread } = channel;
  if (thread === null || !thread.archived) return;
  if (byWriting && thread.locked) throw refusal(50083);
  roomForOne(world);
  Object.assign(thread, { archived: false, archiveChangedAt: world.now(), activeAt: world.now() });
  announceThread(world, "THREAD_UPDATE", channel);
  const joined = thread.members.get(world.bot.id);
  if (joined !== undefined) world.emit("THREAD_MEMBER_UPDATE", { ...showThreadMember(channel.id, world.bot.id, joined), guild_id: world.guildId }, { channel: channel.id });
}

export interface ThreadChange { name?: string; archived?: boolean; locked?: boolean; autoArchiveMinutes?: number; appliedTags?: string[]; flags?: number; invitable?: boolean; slowmodeSeconds?: number }
/** Who may change what of a thread, then the change. @throws {ApiError} 50083, 50013, 160006 */
export function changeThread(world: World, channel: FakeChannel, change: ThreadChange, by: FakeMember): void {
  const { thread } = channel;
  if (thread === null) return;
  const moderates = world.may(by, "MANAGE_THREADS", channel), owns = thread.owner === by.user.id, keys = Object.keys(change);
  if (thread.archived && change.archived !== false && keys.some((key) => key !== "archived")) throw refusal(50083);
  const needsModerator = change.locked !== undefined || change.slowmodeSeconds !== undefined || change.flags !== undefined || (thread.locked && keys.length > 0);
  const onlyReopens = keys.every((key) => key === "archived") && change.archived === false;
  if (!moderates && (needsModerator || (!owns && !onlyReopens))) throw refusal(50013);
  if (onlyReopens && !moderates) world.need(by, channel, "SEND_MESSAGES_IN_THREADS");
  if (thread.archived && change.archived === false) reopen(world, channel, { byWriting: false });
  if (change.archived === true && !thread.archived) { Object.assign(thread, { archived: true, archiveChangedAt: world.now() }); channel.flags &= ~CHANNEL_FLAG.pinned; }
  if (change.locked !== undefined) thread.locked = change.locked;
  if (change.invitable !== undefined && channel.type === PRIVATE_THREAD) thread.invitable = change.invitable;
  if (change.autoArchiveMinutes !== undefined) Object.assign(thread, { autoArchiveMinutes: change.autoArchiveMinutes, archiveChangedAt: world.now(), activeAt: world.now() });
  if (change.appliedTags !== undefined) channel.appliedTags = change.appliedTags;
  if (change.flags !== undefined) channel.flags = change.flags & CHANNEL_FLAG.pinned;
  if (change.slowmodeSeconds !== undefined) channel.slowmodeSeconds = change.slowmodeSeconds;
  if (change.name !== undefined) channel.name = change.name;
  announceThread(world, "THREAD_UPDATE", channel);
}
/** Archives what was idle for longer than its own time; pinned posts stay. */
export function archiveIdle(world: World): void {
  for (const channel of world.activeThreads()) {
    const { thread } = channel;
    if (thread === null || has(channel.flags, CHANNEL_FLAG.pinned) || world.now() - thread.activeAt < thread.autoArchiveMinutes * 60_000) continue;
    Object.assign(thread, { archived: true, archiveChangedAt: world.now() });
    announceThread(world, "THREAD_UPDATE", channel);
  }
}
