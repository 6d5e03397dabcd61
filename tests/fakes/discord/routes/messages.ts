/** Source: discord.com/developers/docs/resources/message */
import { refusal } from "../errors.ts";
import { byId, idAt } from "../ids.ts";
import { edit, post, react, reactionEvent, remove, removeMany, unreact } from "../messages.ts";
import { numberIn, route, type Call } from "../router.ts";
import { showMessage, showUser } from "../show.ts";
import { list, type FakeMessage } from "../types.ts";

const placeOf = (call: Call, ...permissions: Parameters<Call["world"]["need"]>[2][]) => {
  const channel = call.world.channel(call.param("channel")), bot = call.world.need(call.bot, channel, ...permissions);
  return { channel, bot };
};
/** A message here that may be read. */
const messageOf = (call: Call): FakeMessage => { const { channel } = placeOf(call, "READ_MESSAGE_HISTORY"); return call.world.message(channel.id, call.param("message")); };

/** Newest first, as Discord answers; `after` counts from the oldest that fits. */
function page(messages: FakeMessage[], query: URLSearchParams): FakeMessage[] {
  const limit = numberIn(query, "limit", 50, 100), sorted = messages.toSorted(byId);
  const after = query.get("after"), before = query.get("before"), around = query.get("around");
  if (around !== null) {
    const half = Math.floor(limit / 2), older = sorted.filter((m) => BigInt(m.id) < BigInt(around)), newer = sorted.filter((m) => BigInt(m.id) >= BigInt(around));
    return [...older.slice(-half), ...newer.slice(0, limit - half)].toReversed();
  }
  if (after !== null) return sorted.filter((m) => BigInt(m.id) > BigInt(after)).slice(0, limit).toReversed();
  return (before === null ? sorted : sorted.filter((m) => BigInt(m.id) < BigInt(before))).slice(-limit).toReversed();
}

const FORTNIGHT_MS = 14 * 86_400_000;
function bulkDelete(call: Call): undefined {
  const { world } = call, { channel } = placeOf(call, "MANAGE_MESSAGES"), ids = [...new Set(list(call.body.messages).map(String))];
  if (ids.length < 2 || ids.length > 100) throw refusal(50016);
  if (ids.some((id) => BigInt(id) < BigInt(idAt(world.now() - FORTNIGHT_MS)))) throw refusal(50034);
  removeMany(world, channel, world.messagesOf(channel.id).filter((m) => ids.includes(m.id)));
}

const ownMember = (call: Call) => { const { bot } = placeOf(call, "READ_MESSAGE_HISTORY"); return bot; };
function removeReactions(call: Call, emoji: string | null): undefined {
  const { world } = call, { channel } = placeOf(call, "MANAGE_MESSAGES"), message = world.message(channel.id, call.param("message"));
  if (channel.thread?.archived === true) throw refusal(50083);
  if (emoji === null) { message.reactions.clear(); world.emit("MESSAGE_REACTION_REMOVE_ALL", { channel_id: channel.id, message_id: message.id, guild_id: world.guildId }, { channel: channel.id }); }
  else { message.reactions.delete(emoji); world.emit("MESSAGE_REACTION_REMOVE_EMOJI", reactionEvent(world, message, emoji), { channel: channel.id }); }
}
function reactors(call: Call): unknown[] {
  const message = messageOf(call), after = call.query.get("after") ?? "0";
  const users = [...(message.reactions.get(call.param("emoji")) ?? [])].filter((id) => BigInt(id) > BigInt(after)).toSorted((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
  return users.slice(0, numberIn(call.query, "limit", 25, 100)).flatMap((id) => { const member = call.world.members.get(id); return member === undefined ? [] : [showUser(member.user)]; });
}

const MESSAGES = "/channels/:channel/messages", ONE = `${MESSAGES}/:message`, REACTIONS = `${ONE}/reactions`;
export const messageRoutes = [
  route("GET", MESSAGES, (call) => {
    const { world } = call, { channel, bot } = placeOf(call);
    return world.may(bot, "READ_MESSAGE_HISTORY", channel) ? page(world.messagesOf(channel.id), call.query).map((m) => showMessage(world, m)) : [];
  }),
  route("POST", MESSAGES, (call) => {
    const { channel, bot } = placeOf(call);
    return showMessage(call.world, post(call.world, { channel, writer: { member: bot }, body: call.body, files: call.files }));
  }),
  route("POST", `${MESSAGES}/bulk-delete`, bulkDelete),
  route("GET", ONE, (call) => showMessage(call.world, messageOf(call))),
  route("PATCH", ONE, (call) => {
    const { channel, bot } = placeOf(call), message = call.world.message(channel.id, call.param("message"));
    if (message.author.id !== bot.user.id) throw refusal(50005);
    if (message.type !== 0 && message.type !== 19 && message.type !== 20 && message.type !== 23) throw refusal(50021);
    return showMessage(call.world, edit(call.world, message, call.body, call.files, bot));
  }),
  route("DELETE", ONE, (call) => {
    const { channel, bot } = placeOf(call);
    remove(call.world, call.world.message(channel.id, call.param("message")), bot);
  }),
  route("PUT", `${REACTIONS}/:emoji/@me`, (call) => { const { channel, bot } = placeOf(call); react(call.world, call.world.message(channel.id, call.param("message")), call.param("emoji"), bot); }),
  route("DELETE", `${REACTIONS}/:emoji/@me`, (call) => { unreact(call.world, messageOf(call), call.param("emoji"), ownMember(call).user.id); }),
  route("DELETE", `${REACTIONS}/:emoji/:user`, (call) => { placeOf(call, "MANAGE_MESSAGES"); unreact(call.world, messageOf(call), call.param("emoji"), call.param("user")); }),
  route("DELETE", REACTIONS, (call) => removeReactions(call, null)),
  route("DELETE", `${REACTIONS}/:emoji`, (call) => removeReactions(call, call.param("emoji"))),
  route("GET", `${REACTIONS}/:emoji`, reactors),
  route("POST", "/channels/:channel/typing", (call) => {
    const { channel, bot } = placeOf(call);
    call.world.need(bot, channel, channel.thread === null ? "SEND_MESSAGES" : "SEND_MESSAGES_IN_THREADS");
  }),
];
