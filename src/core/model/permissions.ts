/** What somebody may do over the API, each with the lowest role that has it. A token may be given fewer. */
import type { Role } from "./settings.ts";

export const PERMISSIONS = {
  "contacts.read": "agent", "contacts.list": "supervisor", "contacts.write": "agent", "contacts.merge": "agent",
  "contacts.import": "administrator", "contacts.export": "administrator", "contacts.erase": "administrator",
  "conversations.read": "agent", "conversations.write": "agent",
  "campaigns.read": "supervisor", "campaigns.write": "administrator",
  "settings.read": "agent",
  "admin.read": "administrator", "admin.write": "administrator",
} as const satisfies Record<string, Role>;
export type Permission = keyof typeof PERMISSIONS;
export const PERMISSION_NAMES = Object.keys(PERMISSIONS) as Permission[];

const RANK: Record<Role, number> = { agent: 0, supervisor: 1, administrator: 2 };
export const ROLES = Object.keys(RANK) as Role[];
/** The lower of two. */
export const lowerRole = (a: Role, b: Role): Role => (RANK[a] < RANK[b] ? a : b);
export const roleHas = (role: Role, permission: Permission): boolean => RANK[role] >= RANK[PERMISSIONS[permission]];
