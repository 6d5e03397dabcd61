/** What a Slack desk is told in `threadline.yaml`. */
import { z } from "zod";
import { presenceSetting } from "../shared/presence.ts";
import { EmojiSettings } from "./acts/reactions.ts";
import { appIdOf } from "./ids.ts";

export const DEFAULT_API_URL = "https://slack.com/api/";
const WHERE = "api.slack.com/apps, your app";
export const Settings = z.strictObject({
  botToken: z.string({ error: `a Slack desk needs its app's \`botToken\`: ${WHERE}, OAuth & Permissions, Bot User OAuth Token` })
    .startsWith("xoxb-", "this is no bot token; Slack shows one like xoxb-… under OAuth & Permissions"),
  appToken: z.string().refine((token) => appIdOf(token) !== null, "this is no app-level token; Slack shows one like xapp-1-A… under Basic Information, App-Level Tokens (scope connections:write)").optional(),
  signingSecret: z.string().min(16, "this is no signing secret; Slack shows it under Basic Information, App Credentials").optional(),
  appId: z.string().regex(/^A[A-Z0-9]+$/, "this is no app id; Slack shows one like A0123… under Basic Information, App Credentials").optional(),
  apiUrl: z.url({ protocol: /^https?$/, error: "`apiUrl` is the address of Slack's Web API, like https://slack.com/api/" }).transform((url) => url.replace(/\/*$/, "/")).default(DEFAULT_API_URL),
  emoji: EmojiSettings.optional(),
  membersAreAgents: z.boolean({ error: "`membersAreAgents` is true (whoever is in this private channel is an agent) or false" }).default(false),
  presence: presenceSetting,
}).refine(({ appToken, signingSecret }) => appToken !== undefined || signingSecret !== undefined, "a Slack desk needs `appToken` (Socket Mode, no public address needed) or `signingSecret` with `appId` (Slack calls PUBLIC_URL)")
  .refine(({ appToken, signingSecret }) => appToken === undefined || signingSecret === undefined, "a Slack desk takes `appToken` (Socket Mode) or `signingSecret` (Slack calls PUBLIC_URL), not both")
  .refine(({ appToken, appId }) => appToken !== undefined || appId !== undefined, "with `signingSecret` a Slack desk needs its `appId` too")
  .refine(({ appToken, appId }) => appToken === undefined || appId === undefined || appIdOf(appToken) === appId, "`appToken` belongs to another app than `appId`");
export type Settings = z.infer<typeof Settings>;
