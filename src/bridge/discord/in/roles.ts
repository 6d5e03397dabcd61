/** Which roles of the server make somebody an agent, and of what kind. Pure. */
import { PermissionFlagsBits } from "discord.js";
import type { Role } from "../../../core/model/types.ts";

/** As the settings have it: names or ids of the server's roles, for each kind of agent. */
export type RoleSettings = Partial<Record<Role, string[] | undefined>>;

const RANKS: readonly Role[] = ["agent", "supervisor", "administrator"];
export const rankOf = (role: Role): number => RANKS.indexOf(role);

/** Whoever may do this to a server owns it in effect: they could give themselves any role. */
const OWNS = PermissionFlagsBits.Administrator | PermissionFlagsBits.ManageGuild;
export const ownsServer = (bits: bigint): boolean => (bits & OWNS) !== 0n;

const plain = (name: string): string => name.trim().replace(/^@/, "").toLowerCase();

/** The highest kind of agent that somebody's roles stand for; null: none. */
export function standingOf(settings: RoleSettings | undefined, held: readonly { id: string; name: string }[]): Role | null {
  return RANKS.toReversed().find((rank) => settings?.[rank]?.some((wanted) => held.some(({ id, name }) => id === wanted.trim() || plain(name) === plain(wanted)))) ?? null;
}
