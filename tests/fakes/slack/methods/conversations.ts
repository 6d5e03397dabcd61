/** conversations.*. Source: docs.slack.dev/reference/methods/conversations.history and its siblings */
import { SlackRefusal, type FakeChannel, type Json, type StoredMessage } from "../types.ts";
import { isTs } from "../workspace.ts";
import { nextCursor, page, requireScope, scopeFor, truth, words, type Method, type MethodContext } from "./context.ts";

const info = (args: Json, context: MethodContext): Json => {
  const channel = context.space.visible(args.channel);
  requireScope(context, scopeFor(channel, "read"));
  return { channel: { ...context.shapes.channel(channel), ...(truth(args, "include_num_members") ? { num_members: channel.members.size } : {}) } };
};

const TYPES: Record<string, FakeChannel["kind"]> = { public_channel: "public", private_channel: "private", im: "im" };
const list = (args: Json, context: MethodContext): Json => {
  const { space, shapes } = context;
  const kinds = (words(args, "types") ?? "public_channel").split(",").map((type) => type.trim()).filter((type) => type !== "mpim").map((type) => TYPES[type]);
  if (kinds.includes(undefined as never)) throw new SlackRefusal("invalid_types");
  for (const kind of kinds) requireScope(context, scopeFor({ kind } as FakeChannel, "read"));
  const mine = [...space.channels.values()].filter((channel) => !channel.deleted && kinds.includes(channel.kind) && (channel.kind === "public" || channel.members.has(space.botUserId)) && !(truth(args, "exclude_archived") && channel.archived));
  const { items, next } = page(mine, args, 100, 999);
  return { channels: items.map((channel) => ({ ...shapes.channel(channel), num_members: channel.members.size })), ...nextCursor(next) };
};

/** A conversation whose history the bot may read. @throws SlackRefusal channel_not_found, missing_scope, not_in_channel */
function readable(args: Json, context: MethodContext): FakeChannel {
  const channel = context.space.visible(args.channel);
  requireScope(context, scopeFor(channel, "history"));
  if (!channel.members.has(context.space.botUserId)) throw new SlackRefusal("not_in_channel");
  return channel;
}
/** Bounds compare as times, not as words. */
function within(all: StoredMessage[], args: Json): StoredMessage[] {
  const oldest = words(args, "oldest"), latest = words(args, "latest"), inclusive = truth(args, "inclusive");
  if (oldest !== null && Number.isNaN(Number(oldest))) throw new SlackRefusal("invalid_ts_oldest");
  if (latest !== null && latest !== "now" && Number.isNaN(Number(latest))) throw new SlackRefusal("invalid_ts_latest");
  const from = oldest === null ? -Infinity : Number(oldest), to = latest === null || latest === "now" ? Infinity : Number(latest);
  return all.filter(({ ts }) => { const at = Number(ts); return inclusive ? at >= from && at <= to : at > from && at < to; });
}
const withMetadata = (args: Json, { scopes }: MethodContext) => truth(args, "include_all_metadata") && scopes.has("metadata.message:read");

/**
 * Each page newest first; replies only when they were broadcast. With `oldest` alone the first page is the one next to it, otherwise the newest.
 * Source: docs.slack.dev/reference/methods/conversations.history; github.com/slackhq/slack-api-docs/issues/4
 */
const history = (args: Json, context: MethodContext): Json => {
  const channel = readable(args, context);
  const found = within(channel.messages.filter((message) => message.threadTs === null || message.threadTs === message.ts || message.subtype === "thread_broadcast"), args);
  const upwards = words(args, "oldest") !== null && words(args, "latest") === null;
  const { items, next } = page(upwards ? found : found.toReversed(), args, 100, 999);
  const shown = (upwards ? items.toReversed() : items).map((message) => context.shapes.message(message, withMetadata(args, context)));
  return { messages: shown, has_more: next !== "", pin_count: 0, ...(next === "" ? {} : nextCursor(next)), ...(words(args, "latest") === null ? {} : { latest: args.latest }) };
};

/** The parent, then its replies, oldest first. @throws SlackRefusal thread_not_found */
const replies = (args: Json, context: MethodContext): Json => {
  const channel = readable(args, context), asked = String(args.ts);
  if (!isTs(asked)) throw new SlackRefusal("thread_not_found");
  const root = channel.byTs.get(asked)?.threadTs ?? asked;
  const thread = context.space.thread(channel, root);
  if (thread.length === 0) throw new SlackRefusal("thread_not_found");
  const parent = thread.filter(({ ts }) => ts === root);
  const { items, next } = page(within(thread.filter(({ ts }) => ts !== root), args), args, 1000);
  return { messages: [...parent, ...items].map((message) => context.shapes.message(message, withMetadata(args, context))), has_more: next !== "", ...(next === "" ? {} : nextCursor(next)) };
};

const join = (args: Json, context: MethodContext): Json => {
  const { space, shapes, events } = context;
  const channel = space.visible(args.channel);
  if (channel.kind !== "public") throw new SlackRefusal("method_not_supported_for_channel_type");
  if (channel.archived) throw new SlackRefusal("is_archived");
  if (channel.members.has(space.botUserId)) return { channel: shapes.channel(channel), warning: "already_in_channel", response_metadata: { warnings: ["already_in_channel"] } };
  channel.members.add(space.botUserId);
  events.inChannel(channel, { type: "member_joined_channel", user: space.botUserId, channel: channel.id, channel_type: "C", team: space.team.id, event_ts: space.eventTs() });
  return { channel: shapes.channel(channel) };
};

const open = (args: Json, { space, shapes }: MethodContext): Json => {
  const asked = words(args, "channel"), users = (words(args, "users") ?? "").split(",").filter((id) => id !== "");
  if (asked !== null) return { channel: shapes.channel(space.visible(asked)), no_op: true, already_open: true };
  if (users.length === 0) throw new SlackRefusal("users_list_not_supplied");
  if (users.length > 1) throw new SlackRefusal("method_not_supported_for_channel_type");
  const user = space.users.get(users[0]!);
  if (user === undefined) throw new SlackRefusal("user_not_found");
  if (user.deleted) throw new SlackRefusal("user_disabled");
  if (user.id === space.botUserId) throw new SlackRefusal("cannot_dm_bot");
  const direct = space.directWith(user.id);
  return { channel: truth(args, "return_im") ? shapes.channel(direct) : { id: direct.id } };
};

const members = (args: Json, context: MethodContext): Json => {
  const channel = context.space.visible(args.channel);
  requireScope(context, scopeFor(channel, "read"));
  const { items, next } = page([...channel.members], args, 100);
  return { members: items, ...nextCursor(next) };
};

const READ = ["channels:read", "groups:read", "im:read", "mpim:read"], HISTORY = ["channels:history", "groups:history", "im:history", "mpim:history"];
export const conversationMethods: Record<string, Method> = {
  "conversations.info": { run: info, tier: 3, scopes: READ, needs: ["channel"] },
  "conversations.list": { run: list, tier: 2, scopes: READ },
  "conversations.history": { run: history, tier: 3, scopes: HISTORY, needs: ["channel"] },
  "conversations.replies": { run: replies, tier: 3, scopes: HISTORY, needs: ["channel", "ts"] },
  "conversations.join": { run: join, tier: 3, scopes: ["channels:join"], needs: ["channel"] },
  "conversations.open": { run: open, tier: 3, scopes: ["im:write", "mpim:write", "channels:manage", "groups:write"] },
  "conversations.members": { run: members, tier: 4, scopes: READ, needs: ["channel"] },
};
