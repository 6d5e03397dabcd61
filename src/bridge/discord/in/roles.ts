/** Which roles of the server make somebody an agent, and of what kind. Pure. */
import { PermissionFlagsBits } from "discord.js";
import { z } from "zod";
import type { Role } from "../../../core/model/types.ts";

const RoleIds = z.union([z.string().regex(/^\d{15,21}$/), z.array(z.string().regex(/^\d{15,21}$/))], { error: "a role is set by its id: in Discord switch Developer Mode on (Settings, Advanced), right-click the role, Copy Role ID" })
  .transform((ids) => (typeof ids === "string" ? [ids] : ids));
/** `roles` of a Discord desk in the settings file: role ids for each kind of agent. */
export const RoleSettings = z.strictObject({ agent: RoleIds.optional(), supervisor: RoleIds.optional(), administrator: RoleIds.optional() });
export type RoleSettings = z.infer<typeof RoleSettings>;

const RANKS: readonly Role[] = ["agent", "supervisor", "administrator"];
export const rankOf = (role: Role): number => RANKS.indexOf(role) + 1;

/** Whoever may do this to a server owns it in effect: they could give themselves any role. */
const OWNS = PermissionFlagsBits.Administrator | PermissionFlagsBits.ManageGuild;

/** The highest kind of agent that somebody's roles stand for; null: none. `bits`: what they may do in the server. */
export function standingOf(settings: RoleSettings | undefined, held: readonly string[], bits: bigint): Role | null {
  if ((bits & OWNS) !== 0n) return "administrator";
  return RANKS.toReversed().find((rank) => settings?.[rank]?.some((id) => held.includes(id)) === true) ?? null;
}
