/** Channels and threads. Source: discord.com/developers/docs/resources/channel, .../topics/threads */
import { FormCheck, refusal } from "../errors.ts";
import { markThreadStart, post, systemLine } from "../messages.ts";
import { countRename } from "../rate-limits.ts";
import { numberIn, route, type Call } from "../router.ts";
import { showChannel, showMember, showMessage, showThreadMember } from "../show.ts";
import { ARCHIVE_MINUTES, changeThread, checkTags, joinThread, leaveThread, makeThread, type ThreadChange } from "../threads.ts";
import { GUILD_FORUM, GUILD_TEXT, object, objects, PRIVATE_THREAD, PUBLIC_THREAD, text, type FakeChannel, type FakeMember, type Json } from "../types.ts";
import type { World } from "../world.ts";

const channelOf = (call: Call): { channel: FakeChannel; bot: FakeMember } => { const channel = call.world.channel(call.param("channel")); return { channel, bot: call.world.need(call.bot, channel) }; };

/** Checks a new name and topic, counting them for the limit of two in ten minutes. */
function rename(world: World, channel: FakeChannel, body: Json): { name?: string; topic?: string | null } {
  const form = new FormCheck();
  if (body.name !== undefined) form.length(["name"], body.name, 1, 100);
  form.longest(["topic"], body.topic, channel.type === GUILD_FORUM ? 4096 : 1024);
  form.check();
  const name = text(body.name), change = { ...(name !== null && name !== channel.name ? { name } : {}), ...(body.topic !== undefined && body.topic !== channel.topic ? { topic: text(body.topic) } : {}) };
  if (Object.keys(change).length > 0) countRename(channel.renames, world.now());
  return change;
}

function patchThread(call: Call, channel: FakeChannel, bot: FakeMember): Json {
  const { world, body } = call, form = new FormCheck();
  if (body.auto_archive_duration !== undefined && !ARCHIVE_MINUTES.includes(Number(body.auto_archive_duration))) form.add(["auto_archive_duration"], "BASE_TYPE_CHOICES", `Value must be one of {${ARCHIVE_MINUTES.join(", ")}}.`);
  form.check();
  const parent = world.channel(channel.parent ?? undefined);
  const change: ThreadChange = {
    ...(typeof body.archived === "boolean" ? { archived: body.archived } : {}), ...(typeof body.locked === "boolean" ? { locked: body.locked } : {}), ...(typeof body.invitable === "boolean" ? { invitable: body.invitable } : {}),
    ...(body.auto_archive_duration === undefined ? {} : { autoArchiveMinutes: Number(body.auto_archive_duration) }), ...(typeof body.flags === "number" ? { flags: body.flags } : {}),
    ...(typeof body.rate_limit_per_user === "number" ? { slowmodeSeconds: body.rate_limit_per_user } : {}), ...(body.applied_tags === undefined ? {} : { appliedTags: checkTags(world, parent, body.applied_tags, bot, channel.appliedTags) }),
  };
  const named = channel.thread?.archived === true && body.archived !== false && body.name !== undefined ? { name: text(body.name) ?? "" } : rename(world, channel, body.name === undefined ? {} : { name: body.name });
  try { changeThread(world, channel, { ...change, ...(named.name === undefined ? {} : { name: named.name }) }, bot); } catch (refused) {
    if (named.name !== undefined) channel.renames.pop();
    throw refused;
  }
  if (named.name !== undefined && channel.parent !== null && parent.type !== GUILD_FORUM) systemLine(world, channel, bot.user, 4, named.name);
  return showChannel(world, channel);
}

/** Tags keep their id when it is given. @throws {ApiError} 30048, 40061, 50035 */
function newTags(world: World, channel: FakeChannel, asked: Json[]): FakeChannel["tags"] {
  if (asked.length > 20) throw refusal(30048);
  const form = new FormCheck();
  asked.forEach((tag, i) => form.length(["available_tags", i, "name"], tag.name, 1, 20));
  form.check();
  if (new Set(asked.map((tag) => tag.name)).size < asked.length) throw refusal(40061);
  return asked.map((tag) => {
    const made = world.newTag({ name: String(tag.name), moderated: tag.moderated === true, emoji: text(tag.emoji_name) });
    return channel.tags.some((known) => known.id === tag.id) ? { ...made, id: String(tag.id) } : made;
  });
}
function patchChannel(call: Call): Json {
  const { world, body } = call, { channel, bot } = channelOf(call);
  if (channel.thread !== null) return patchThread(call, channel, bot);
  world.need(bot, channel, "MANAGE_CHANNELS");
  if (body.available_tags !== undefined) channel.tags = newTags(world, channel, objects(body.available_tags));
  Object.assign(channel, rename(world, channel, body), typeof body.flags === "number" ? { flags: body.flags } : {}, typeof body.rate_limit_per_user === "number" ? { slowmodeSeconds: body.rate_limit_per_user } : {});
  if (Array.isArray(body.permission_overwrites)) {
    world.need(bot, channel, "MANAGE_ROLES");
    channel.overwrites = objects(body.permission_overwrites).map((o) => ({ id: String(o.id), type: Number(o.type) === 1 ? 1 : 0, allow: BigInt(String(o.allow ?? 0)), deny: BigInt(String(o.deny ?? 0)) }));
  }
  world.emit("CHANNEL_UPDATE", showChannel(world, channel), { channel: channel.id });
  return showChannel(world, channel);
}

function deleteChannel(call: Call): Json {
  const { world } = call, { channel, bot } = channelOf(call);
  world.need(bot, channel, channel.thread === null ? "MANAGE_CHANNELS" : "MANAGE_THREADS");
  const shown = showChannel(world, channel);
  dropChannel(world, channel);
  return shown;
}
/** Takes the channel with its threads, webhooks and messages; a thread says less about itself. */
export function dropChannel(world: World, channel: FakeChannel): void {
  const gone = [channel, ...world.threads().filter((thread) => thread.parent === channel.id)];
  if (channel.thread !== null) world.emit("THREAD_DELETE", { id: channel.id, guild_id: world.guildId, parent_id: channel.parent, type: channel.type }, { channel: channel.id });
  else world.emit("CHANNEL_DELETE", showChannel(world, channel), { channel: channel.id });
  for (const { id } of gone) {
    world.channels.delete(id);
    world.byChannel.delete(id);
    for (const hook of world.webhooksOf(id)) world.webhooks.delete(hook.id);
    for (const [key, message] of world.messages) if (message.channel === id) world.messages.delete(key);
  }
  world.changed();
}

function startThread(call: Call): Json {
  const { world, body } = call, { channel, bot } = channelOf(call), owner = bot.user.id;
  if (channel.type === GUILD_FORUM) {
    world.need(bot, channel, "SEND_MESSAGES");
    const first = object(body.message), form = new FormCheck();
    if (body.message === undefined) form.add(["message"], "BASE_TYPE_REQUIRED", "This field is required");
    form.check();
    world.need(bot, channel, ...(call.files.length > 0 ? (["ATTACH_FILES"] as const) : []), ...(objects(first.embeds).length > 0 ? (["EMBED_LINKS"] as const) : []));
    const appliedTags = checkTags(world, channel, body.applied_tags, bot);
    const { thread, message } = makePost(world, { forum: channel, owner, body, appliedTags, first, files: call.files, writer: { member: bot } });
    return { ...showChannel(world, thread), message: showMessage(world, message) };
  }
  if (channel.type !== GUILD_TEXT) throw refusal(50024);
  const type = body.type === undefined ? PRIVATE_THREAD : Number(body.type);
  world.need(bot, channel, type === PUBLIC_THREAD ? "CREATE_PUBLIC_THREADS" : "CREATE_PRIVATE_THREADS");
  const thread = makeThread(world, { parent: channel, owner, body, type });
  if (type === PUBLIC_THREAD) systemLine(world, channel, bot.user, 18, thread.name, { channel: thread.id, message: null });
  return showChannel(world, thread);
}

type PostInput = Parameters<typeof post>[1];
/** A forum post: a thread and its first message, of one id; neither without the other. */
export function makePost(world: World, { forum, owner, body, appliedTags, first, files, writer }: { forum: FakeChannel; owner: string; body: Json; appliedTags: string[]; first: Json; files: PostInput["files"]; writer: PostInput["writer"] }): { thread: FakeChannel; message: ReturnType<typeof post> } {
  const id = world.ids.next(), quiet = world.emit, waiting: Parameters<typeof quiet>[] = [];
  world.emit = (...event) => { waiting.push(event); };
  try {
    const thread = makeThread(world, { parent: forum, owner, body, type: PUBLIC_THREAD, id, appliedTags });
    const message = post(world, { channel: thread, writer, body: first, files, id, trusted: true });
    world.emit = quiet;
    for (const event of waiting) world.emit(...event);
    return { thread, message };
  } catch (error) {
    world.channels.delete(id);
    throw error;
  } finally { world.emit = quiet; }
}

function startThreadFromMessage(call: Call): Json {
  const { world } = call, { channel, bot } = channelOf(call);
  if (channel.type !== GUILD_TEXT) throw refusal(50024);
  const message = world.message(channel.id, call.param("message"));
  world.need(bot, channel, "CREATE_PUBLIC_THREADS", "READ_MESSAGE_HISTORY");
  if (world.channels.has(message.id)) throw refusal(160004);
  const thread = makeThread(world, { parent: channel, owner: bot.user.id, body: call.body, type: PUBLIC_THREAD, id: message.id });
  markThreadStart(world, message, thread);
  systemLine(world, thread, bot.user, 21, "", { channel: channel.id, message: message.id });
  return showChannel(world, thread);
}

function archived(call: Call, type: number): Json {
  const { world } = call, { channel, bot } = channelOf(call);
  world.need(bot, channel, "READ_MESSAGE_HISTORY", ...(type === PRIVATE_THREAD ? (["MANAGE_THREADS"] as const) : []));
  const before = Date.parse(call.query.get("before") ?? "") || Infinity, limit = numberIn(call.query, "limit", 50, 100);
  const all = world.threads().filter((t) => t.parent === channel.id && t.type === type && t.thread?.archived === true && t.thread.archiveChangedAt < before).toSorted((a, b) => (b.thread?.archiveChangedAt ?? 0) - (a.thread?.archiveChangedAt ?? 0));
  const shown = all.slice(0, limit);
  return { threads: shown.map((t) => showChannel(world, t)), members: ownMemberships(world, shown), has_more: all.length > limit };
}
export const ownMemberships = (world: World, threads: FakeChannel[]): Json[] => threads.flatMap((t) => { const at = t.thread?.members.get(world.bot.id); return at === undefined ? [] : [showThreadMember(t.id, world.bot.id, at)]; });

const threadOf = (call: Call): { channel: FakeChannel; bot: FakeMember } => { const found = channelOf(call); if (found.channel.thread === null) throw refusal(50024); return found; };
const THREADS = "/channels/:channel/threads", MEMBERS = "/channels/:channel/thread-members";
export const channelRoutes = [
  route("GET", "/channels/:channel", (call) => showChannel(call.world, channelOf(call).channel)),
  route("PATCH", "/channels/:channel", patchChannel),
  route("DELETE", "/channels/:channel", deleteChannel),
  route("POST", THREADS, startThread),
  route("POST", "/channels/:channel/messages/:message/threads", startThreadFromMessage),
  route("GET", `${THREADS}/archived/public`, (call) => archived(call, PUBLIC_THREAD)),
  route("GET", `${THREADS}/archived/private`, (call) => archived(call, PRIVATE_THREAD)),
  route("GET", MEMBERS, (call) => { const { channel } = threadOf(call); return [...(channel.thread?.members ?? [])].map(([user, at]) => { const member = call.world.members.get(user); return { ...showThreadMember(channel.id, user, at), ...(call.query.get("with_member") === "true" && member !== undefined ? { member: showMember(member) } : {}) }; }); }),
  route("PUT", `${MEMBERS}/:user`, (call) => {
    const { channel, bot } = threadOf(call), user = call.param("user") === "@me" ? bot.user.id : call.param("user");
    if (channel.thread?.archived === true) throw refusal(50083);
    if (!call.world.members.has(user)) throw refusal(10013);
    if (user !== bot.user.id) call.world.need(bot, channel, "SEND_MESSAGES_IN_THREADS");
    joinThread(call.world, channel, [user]);
  }),
  route("DELETE", `${MEMBERS}/:user`, (call) => {
    const { channel, bot } = threadOf(call), user = call.param("user") === "@me" ? bot.user.id : call.param("user");
    if (user !== bot.user.id) call.world.need(bot, channel, "MANAGE_THREADS");
    leaveThread(call.world, channel, user);
  }),
];
