/** Discord in the registry: its settings and how its one connection is made. */
import type { DeskKindSpec } from "../shared/kind.ts";
import { Settings } from "./settings.ts";

/** The identity is the server's id: a new token, or another bot in the same server, is the same desk. */
export const discordKind: DeskKindSpec<Settings> = {
  id: "discord",
  settings: Settings,
  read: ({ botToken, ...config }) => ({ identity: config.guild, config, secrets: { botToken } }),
  create: async (connection, deps) => (await import("./adapter.ts")).createDiscord(connection, deps),
};
