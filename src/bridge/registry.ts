/** Every kind of desk, one line each. */
import type { Db } from "mongodb";
import type { Core } from "../core/core.ts";
import { discordKind } from "./discord/kind.ts";
import { createPlayground } from "./playground/adapter.ts";
import type { DeskKindSpec } from "./shared/kind.ts";
import { slackKind } from "./slack/kind.ts";

/** Desks at a vendor, with a connection of their own. */
export const vendorDesks: Record<string, DeskKindSpec> = { slack: slackKind as DeskKindSpec, discord: discordKind as DeskKindSpec };

/** `db` is for a desk whose vendor's side is our own. */
export const deskKinds = {
  playground: (core: Core, db: Db) => createPlayground({ db, clock: core.clock, bus: core.bus, log: core.log, files: core.files }),
};
