/** Looks at a Slack desk from outside: tokens, permissions and channels one by one, and what to do about each. Changes nothing. */
import { z } from "zod";
import type { DeskTarget } from "../../core/model/types.ts";
import type { Clock } from "../../core/ports.ts";
import { fail, gather, ok, warn, words as wordsOf, type Check, type ChecksOptions } from "../shared/checks.ts";
import { presenceOf } from "../shared/presence.ts";
import { createSlackApi, type SlackApi } from "./api.ts";
import { CREDENTIAL_CODES, slackCode } from "./errors.ts";
import { grants, NOT_PRIVATE } from "./in/members.ts";
import { HOOK_PATH } from "./manifest.ts";
import { APP_SCOPE, scopesMissing } from "./scopes.ts";
import { DEFAULT_API_URL } from "./settings.ts";

const Me = z.object({ team: z.string(), user: z.string(), bot_id: z.string() });
const Bot = z.object({ bot: z.object({ app_id: z.string() }) });
const Channel = z.object({ id: z.string(), name: z.string().default(""), is_archived: z.boolean().default(false), is_member: z.boolean().default(false), is_private: z.boolean().default(false) });
const Page = z.object({ channels: z.array(Channel), response_metadata: z.object({ next_cursor: z.string().optional() }).optional() });

/** Of users.getPresence. */
const PRESENCE_SCOPE = "users:read";
const WHERE = "api.slack.com/apps, your app";
const words = (error: unknown): string => wordsOf(error, "Slack did not answer as expected.");

async function checkBotToken(api: SlackApi, identity: string): Promise<Check[]> {
  try {
    const me = Me.parse(await api.call("auth.test", {}));
    const app = await api.call("bots.info", { bot: me.bot_id }).then((answer) => Bot.parse(answer).bot.app_id, () => identity);
    if (app !== identity) return [fail(`botToken is of another app (${app}) than this desk (${identity}). Copy both tokens from the same app's pages.`)];
    return [ok(`botToken works: @${me.user} in the workspace ${me.team}`)];
  } catch (error) {
    return [CREDENTIAL_CODES.has(slackCode(error) ?? "")
      ? fail(`Slack refuses botToken (${slackCode(error)}). Copy the Bot User OAuth Token anew: ${WHERE}, OAuth & Permissions. Is the app still installed?`)
      : fail(`Slack could not be asked: ${words(error)} Check the network and apiUrl.`)];
  }
}

async function checkAppToken(token: string, apiUrl: string, clock: Clock): Promise<Check> {
  try {
    await createSlackApi({ token, apiUrl, clock }).call("apps.connections.open", {});
    return ok("appToken works: Slack opens sockets for the app");
  } catch (error) {
    return fail(`Slack opens no socket (${slackCode(error) ?? "no answer"}). Make a token with the scope ${APP_SCOPE.scope}: ${WHERE}, Basic Information, App-Level Tokens; and see that Socket Mode is on.`);
  }
}

function checkAddress(publicUrl: string | null, signingSecret: string | null): Check[] {
  return [
    signingSecret === null ? fail(`signingSecret is missing. Copy it: ${WHERE}, Basic Information, App Credentials.`) : ok("signingSecret is set; Slack's calls are checked with it"),
    publicUrl === null ? fail("PUBLIC_URL is not set, so Slack has no address to call. Set it, or use Socket Mode (appToken).") : ok(`Slack calls ${publicUrl}${HOOK_PATH}: set it as the Request URL of events, interactivity and /desk`),
  ];
}

async function findChannel(api: SlackApi, reference: string): Promise<z.infer<typeof Channel> | null> {
  const name = reference.trim().replace(/^#/, "");
  if (/^[CG][A-Z0-9]{6,}$/.test(name)) return z.object({ channel: Channel }).parse(await api.call("conversations.info", { channel: name })).channel;
  const types = api.has("groups:read") ? "public_channel,private_channel" : "public_channel";
  for (let cursor = ""; ;) {
    const page = Page.parse(await api.call("conversations.list", { types, limit: 999, ...(cursor === "" ? {} : { cursor }) }));
    const found = page.channels.find((channel) => channel.name === name.toLowerCase());
    cursor = page.response_metadata?.next_cursor ?? "";
    if (found !== undefined || cursor === "") return found ?? null;
  }
}

async function checkChannel(api: SlackApi, target: DeskTarget): Promise<Check> {
  const shown = target.channel.startsWith("#") ? target.channel : `#${target.channel}`;
  try {
    const channel = await findChannel(api, target.channel);
    if (channel === null) return fail(`${target.name}: Slack shows the app no channel ${shown}. Create it, or, when it is private, invite the app to it.`);
    if (channel.is_archived) return fail(`${target.name}: #${channel.name} is archived. Unarchive it.`);
    if (grants(target) && !channel.is_private) return fail(NOT_PRIVATE(target.name, channel.name));
    if (channel.is_member) return ok(`${target.name}: the app is in #${channel.name}${grants(target) ? ", whose members are agents" : ""}`);
    return !channel.is_private && api.has("channels:join")
      ? ok(`${target.name}: #${channel.name} is public; the app joins with its first thread`)
      : fail(`${target.name}: the app is not in #${channel.name}. Write "/invite" and the app's name there.`);
  } catch (error) {
    return slackCode(error) === "channel_not_found"
      ? fail(`${target.name}: Slack shows the app no channel ${shown}. Create it, or, when it is private, invite the app to it.`)
      : fail(`${target.name}: ${shown} could not be looked at. ${words(error)}`);
  }
}

/** Each answer stands for itself; never rejects for what Slack says. */
export async function checkSlack({ targets, secret, publicUrl, clock, tell }: ChecksOptions): Promise<Check[]> {
  const found = gather(tell);
  const [first] = targets;
  if (first === undefined) return found.all;
  const apiUrl = typeof first.config?.["apiUrl"] === "string" ? first.config["apiUrl"] : DEFAULT_API_URL;
  const botToken = secret("botToken"), appToken = secret("appToken");
  if (botToken === null) {
    found.add(fail(`botToken is missing. Copy it: ${WHERE}, OAuth & Permissions, Bot User OAuth Token.`));
    return found.all;
  }
  const api = createSlackApi({ token: botToken, apiUrl, clock });
  found.add(...(await checkBotToken(api, first.identity)));
  const signedIn = found.all.every(({ state }) => state === "ok");
  found.add(...(appToken === null ? checkAddress(publicUrl, secret("signingSecret")) : [await checkAppToken(appToken, apiUrl, clock)]));
  if (!signedIn) return found.all;
  const missing = scopesMissing(api.scopes() ?? []);
  if (api.scopes() !== null && missing.length === 0) found.add(ok("every scope is granted"));
  if (api.scopes() !== null) {
    found.add(...missing.map(({ scope, what, without }) => (without === null ? fail(`scope ${scope} is missing: ${what}. Add it (${WHERE}, OAuth & Permissions) and install the app again.`) : warn(`scope ${scope} is missing (${what}); ${without}`))));
  }
  if (presenceOf(first.config) !== null) {
    found.add(api.has(PRESENCE_SCOPE) ? ok("presence: Slack may be asked who is at work") : warn(`presence: without the scope ${PRESENCE_SCOPE} Slack does not tell who is at work, and nobody counts as away by it. Add it (${WHERE}, OAuth & Permissions) and install the app again, or take presence off the desk.`));
  }
  for (const target of targets) found.add(await checkChannel(api, target));
  return found.all;
}
