/** The application, the guild, its members and roles. Source: discord.com/developers/docs/resources/{guild,application,user} */
import { FormCheck, refusal } from "../errors.ts";
import { applicationFlags } from "../gateway.ts";
import { numberIn, route, type Call } from "../router.ts";
import { showChannel, showGuild, showMember, showRole, showUser } from "../show.ts";
import { GUILD_FORUM, objects, text, type FakeMember, type Json } from "../types.ts";
import type { World } from "../world.ts";
import { ownMemberships } from "./channels.ts";

const guildOf = (call: Call): FakeMember => {
  if (call.param("guild") !== call.world.guildId || call.bot === undefined) throw refusal(10004);
  return call.bot;
};
const memberOf = (call: Call): FakeMember => { guildOf(call); const member = call.world.members.get(call.param("user")); if (member === undefined) throw refusal(10007); return member; };

export const application = (world: World): Json => ({
  id: world.bot.id, name: world.bot.username, icon: null, description: "", summary: "", bot_public: false, bot_require_code_grant: false, verify_key: "0".repeat(64), flags: applicationFlags(world), owner: showUser(world.members.get(world.ownerId)?.user ?? world.bot),
  team: null, hook: true, bot: showUser(world.bot), redirect_uris: [], interactions_endpoint_url: null, approximate_guild_count: world.botInGuild ? 1 : 0, integration_types_config: { "0": {} },
});
function createChannel(call: Call): Json {
  const { world, body } = call, bot = guildOf(call), form = new FormCheck();
  world.need(bot, null, "MANAGE_CHANNELS");
  form.length(["name"], body.name, 1, 100);
  form.check();
  const name = String(body.name);
  const channel = Number(body.type ?? 0) === GUILD_FORUM ? world.addForum(name, objects(body.available_tags).map((tag) => ({ name: String(tag.name), moderated: tag.moderated === true, ...(text(tag.emoji_name) === null ? {} : { emoji: String(tag.emoji_name) }) }))) : world.addTextChannel(name);
  if (body.flags !== undefined) channel.flags = Number(body.flags);
  channel.topic = text(body.topic);
  channel.parent = text(body.parent_id);
  channel.overwrites = objects(body.permission_overwrites).map((one) => ({ id: String(one.id), type: Number(one.type) === 1 ? 1 : 0, allow: BigInt(String(one.allow ?? "0")), deny: BigInt(String(one.deny ?? "0")) }));
  world.emit("CHANNEL_CREATE", showChannel(world, channel), { channel: channel.id });
  return showChannel(world, channel);
}
function listMembers(call: Call): Json[] {
  guildOf(call);
  if (!call.world.portal.members) throw refusal(50001);
  const after = BigInt(call.query.get("after") ?? "0");
  return [...call.world.members.values()].filter((m) => BigInt(m.user.id) > after).slice(0, numberIn(call.query, "limit", 1, 1000)).map(showMember);
}
function searchMembers(call: Call): Json[] {
  guildOf(call);
  const asked = (call.query.get("query") ?? "").toLowerCase();
  const starts = (value: string | null) => value !== null && value.toLowerCase().startsWith(asked);
  return [...call.world.members.values()].filter((m) => starts(m.user.username) || starts(m.nick) || starts(m.user.globalName)).slice(0, numberIn(call.query, "limit", 1, 1000)).map(showMember);
}

export const guildRoutes = [
  route("GET", "/users/@me", (call) => ({ ...showUser(call.world.bot), verified: true, mfa_enabled: false, locale: "en-US", email: null, flags: 0 })),
  route("GET", "/users/@me/guilds", (call) => (call.bot === undefined ? [] : [{ id: call.world.guildId, name: call.world.guildName, icon: null, owner: false, permissions: call.world.permissions(call.bot, null).toString(), features: [] }])),
  route("POST", "/users/@me/channels", (call) => { const member = call.world.members.get(String(call.body.recipient_id)); if (member === undefined) throw refusal(10013); return showChannel(call.world, call.world.directWith(member.user.id)); }),
  route("GET", "/users/:user", (call) => { const member = call.world.members.get(call.param("user")); if (member === undefined) throw refusal(10013); return showUser(member.user); }),
  route("GET", "/oauth2/applications/@me", (call) => application(call.world)),
  route("GET", "/applications/@me", (call) => application(call.world)),
  route("GET", "/guilds/:guild", (call) => { guildOf(call); return showGuild(call.world); }),
  route("GET", "/guilds/:guild/channels", (call) => { guildOf(call); return [...call.world.channels.values()].filter((c) => c.thread === null && c.recipient === undefined).map((c) => showChannel(call.world, c)); }),
  route("POST", "/guilds/:guild/channels", createChannel),
  route("GET", "/guilds/:guild/roles", (call) => { guildOf(call); return [...call.world.roles.values()].map(showRole); }),
  route("GET", "/guilds/:guild/roles/:role", (call) => { guildOf(call); const role = call.world.roles.get(call.param("role")); if (role === undefined) throw refusal(10011); return showRole(role); }),
  route("GET", "/guilds/:guild/members", listMembers),
  route("GET", "/guilds/:guild/members/search", searchMembers),
  route("GET", "/guilds/:guild/members/:user", (call) => showMember(memberOf(call))),
  route("GET", "/guilds/:guild/threads/active", (call) => {
    const { world } = call, bot = guildOf(call), threads = world.activeThreads().filter((t) => world.may(bot, "VIEW_CHANNEL", t)).toReversed();
    return { threads: threads.map((t) => showChannel(world, t)), members: ownMemberships(world, threads) };
  }),
];
