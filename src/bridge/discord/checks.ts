/** Looks at a Discord desk from outside: token, server, intents, commands, permissions, channels and roles one by one, and what to do about each. Changes nothing. */
import { ApplicationFlags } from "discord.js";
import { z } from "zod";
import type { DeskTarget } from "../../core/model/types.ts";
import { fail, gather, ok, warn, words as wordsOf, type Check, type ChecksOptions } from "../shared/checks.ts";
import { presenceOf } from "../shared/presence.ts";
import { createDiscordApi, type DiscordApi } from "./api.ts";
import { CODE, discordCode, failureOf } from "./errors.ts";
import { mayHearPresence, PRESENCE_OFF } from "./in/presence.ts";
import { inviteLink, missingOf, permissionsOf, wantedFor, type Who } from "./in/permissions.ts";
import { standingOf } from "./in/roles.ts";
import { createChannels } from "./out/channels.ts";
import { CAP, NEAR } from "./out/cap.ts";
import { roomless } from "./out/tags.ts";
import { Config } from "./settings.ts";

const Application = z.object({ id: z.string(), name: z.string().default(""), flags: z.number().default(0), bot: z.object({ id: z.string(), username: z.string().default("") }).optional() });
type Application = z.infer<typeof Application>;
const Guild = z.object({ name: z.string(), owner_id: z.string(), roles: z.array(z.object({ id: z.string(), name: z.string(), permissions: z.string() })) });
const Member = z.object({ roles: z.array(z.string()) });
const Place = z.object({ permission_overwrites: z.array(z.object({ id: z.string(), type: z.number(), allow: z.string(), deny: z.string() })).default([]) });
const Active = z.object({ threads: z.array(z.unknown()) });

const PORTAL = "discord.com/developers/applications, your app";
const words = (error: unknown): string => wordsOf(error, "Discord did not answer as expected.");
const list = (names: string[]): string => (names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)!}`);

function tokenCheck(error: unknown): Check {
  const refused = discordCode(error) === CODE.unauthorized || discordCode(error) === CODE.badToken || failureOf(error)?.code === "http_401";
  return refused ? fail(`Discord refuses botToken. Make a new one (${PORTAL}, Bot, Reset Token) and apply it.`)
    : fail(`Discord could not be asked: ${words(error)} Check the network and apiUrl.`);
}

/** Small apps switch the intent on themselves (limited), large ones are granted it. Source: discord.com/developers/docs/resources/application#application-object-application-flags */
function intentCheck({ flags }: Application, wanted: boolean): Check {
  if (!wanted) return ok("messageContent is false: replies are /reply and menus, and no privileged intent is needed");
  return (flags & (ApplicationFlags.GatewayMessageContent | ApplicationFlags.GatewayMessageContentLimited)) !== 0 ? ok("the Message Content intent is on")
    : fail(`the Message Content intent is off, so Discord refuses the connection. Switch it on (${PORTAL}, Bot, Privileged Gateway Intents), or set messageContent: false and answer with /reply.`);
}

function presenceChecks({ flags }: Application, wanted: boolean): Check[] {
  if (!wanted) return [];
  return [mayHearPresence(flags) ? ok("the Presence Intent is on: Discord tells who is at work") : warn(PRESENCE_OFF)];
}

async function commandsCheck(api: DiscordApi, application: string, guild: string, invite: string): Promise<Check> {
  try {
    await api.call("GET", `/applications/${application}/guilds/${guild}/commands`, { priority: "interactive" });
    return ok("slash commands may be registered");
  } catch (error) {
    return discordCode(error) === CODE.missingAccess ? fail(`the bot was invited without slash commands. Open this link once more: ${invite}`) : warn(`slash commands could not be looked at: ${words(error)}`);
  }
}

async function channelChecks(api: DiscordApi, target: DeskTarget, guild: string, who: Who, webhook: boolean): Promise<Check[]> {
  const shown = /^[#\d]/.test(target.channel) ? target.channel : `#${target.channel}`;
  try {
    const home = await createChannels(api, guild).resolve(target.channel);
    const { permission_overwrites: overwrites } = Place.parse(await api.call("GET", `/channels/${home.id}`, { home: true, priority: "interactive" }));
    const missing = missingOf(permissionsOf(who, overwrites), wantedFor(webhook));
    const needed = missing.filter(({ without }) => without === null);
    const untold = roomless(home);
    const where = `#${home.name}, a ${home.kind === "forum" ? "forum" : "text channel"}`;
    return [
      needed.length === 0 ? ok(`${target.name}: the bot works in ${where}`)
        : fail(`${target.name}: in #${home.name} the bot lacks ${list(needed.map(({ name, what }) => `${name} (${what})`))}. Give it that in the channel's settings (Permissions) or in its role.`),
      ...(untold.length === 0 ? [] : [warn(`${target.name}: #${home.name} has ${home.tags.length} tags of the 20 that Discord takes, so there is no room for ${list(untold)}, and posts do not tell that by their tags. Delete tags that nobody uses.`)]),
      ...missing.filter(({ without }) => without !== null).map(({ name, what, without }) => warn(`${target.name}: in #${home.name} the bot lacks ${name} (${what}); ${without!}`)),
    ];
  } catch (error) {
    return [fail(`${target.name}: ${discordCode(error) === CODE.missingAccess ? `the bot can't see ${shown}. Give it View Channels there.` : words(error)}`)];
  }
}

async function capCheck(api: DiscordApi, guild: string): Promise<Check[]> {
  try {
    const { threads } = Active.parse(await api.call("GET", `/guilds/${guild}/threads/active`, { priority: "interactive" }));
    return threads.length < NEAR ? [] : [warn(`the server has ${threads.length} active threads; at ${CAP} it takes no new conversation. Resolve or archive some.`)];
  } catch {
    return [];
  }
}

/** Each answer stands for itself; never rejects for what Discord says. */
export async function checkDiscord({ targets, secret, tell }: ChecksOptions): Promise<Check[]> {
  const found = gather(tell);
  const answer = (...last: Check[]) => { found.add(...last); return found.all; };
  const [first] = targets;
  if (first === undefined) return found.all;
  const { guild, apiUrl, customers, messageContent, roles } = Config.parse(first.config ?? {});
  const token = secret("botToken");
  if (token === null) return answer(fail(`botToken is missing. Make one (${PORTAL}, Bot, Reset Token) and apply it.`));
  const api = createDiscordApi({ token, apiUrl });
  const webhook = customers === "webhook";

  let application: Application;
  try { application = Application.parse(await api.call("GET", "/applications/@me", { priority: "interactive" })); } catch (error) { return answer(tokenCheck(error)); }
  const botId = application.bot?.id ?? application.id;
  const invite = inviteLink(application.id, { webhook, guild });
  found.add(ok(`botToken works: the bot ${application.bot?.username || application.name}`), intentCheck(application, messageContent), ...presenceChecks(application, presenceOf(first.config) !== null));

  let who: Who;
  try {
    const server = Guild.parse(await api.call("GET", `/guilds/${guild}`, { priority: "interactive" }));
    const me = Member.parse(await api.call("GET", `/guilds/${guild}/members/${botId}`, { priority: "interactive" }));
    who = { userId: botId, roles: me.roles, ownerId: server.owner_id, guildId: guild, rolePermissions: new Map(server.roles.map(({ id, permissions }) => [id, BigInt(permissions)])) };
    found.add(ok(`the bot is in the server ${server.name}`));
    const unknown = Object.values(roles ?? {}).flat().filter((name) => name !== undefined).filter((name) => standingOf({ agent: [name] }, server.roles) === null);
    if (unknown.length > 0) found.add(warn(`the server has no role called ${list(unknown)}, so nobody becomes an agent by it. Compare \`roles\` with the server's settings.`));
  } catch (error) {
    const away = discordCode(error) === CODE.unknownGuild || discordCode(error) === CODE.missingAccess || discordCode(error) === CODE.unknownMember;
    return answer(fail(away ? `the bot is not in the server ${guild}. Invite it with this link: ${invite}` : `the server could not be looked at: ${words(error)}`));
  }
  found.add(await commandsCheck(api, application.id, guild, invite));
  for (const target of targets) found.add(...(await channelChecks(api, target, guild, who, webhook)));
  return answer(...(await capCheck(api, guild)));
}
