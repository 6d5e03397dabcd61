/** Slack in the registry: its settings and how its one connection is made. */
import type { DeskKindSpec } from "../shared/kind.ts";
import { appIdOf } from "./ids.ts";
import { Settings } from "./settings.ts";

/** The identity is the app's id: new tokens of the same app are the same desk. */
export const slackKind: DeskKindSpec<Settings> = {
  id: "slack",
  settings: Settings,
  read: ({ botToken, appToken, signingSecret, appId, apiUrl, emoji, membersAreAgents, presence }) => ({
    identity: appToken === undefined ? appId! : appIdOf(appToken)!,
    config: { apiUrl, ...(emoji === undefined ? {} : { emoji }), ...(membersAreAgents ? { membersAreAgents } : {}), ...(presence === undefined || presence === false ? {} : { presence }) },
    secrets: { botToken, ...(appToken === undefined ? {} : { appToken }), ...(signingSecret === undefined ? {} : { signingSecret }) },
  }),
  create: async (connection, deps) => (await import("./adapter.ts")).createSlack(connection, deps),
};
