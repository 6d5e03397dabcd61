/** Whom a message really pings. Source: discord.com/developers/docs/resources/message#allowed-mentions-object */
import { FormCheck } from "./errors.ts";
import { list, object, objects, text, type FakeChannel, type FakeMember, type Json, type Pings } from "./types.ts";
import type { World } from "./world.ts";

const NOBODY: Pings = { users: [], roles: [], everyone: false };
const outsideCode = (content: string): string => content.replace(/```[\s\S]*?```|`[^`\n]*`/g, "");

/** All text of a Components V2 message, in order. */
export const textOf = (components: Json[]): string => components.map((c) => [c.type === 10 ? (text(c.content) ?? "") : "", textOf(objects(c.components))].join("\n")).join("\n");

export function checkAllowedMentions(form: FormCheck, value: unknown): void {
  if (value === undefined || value === null) return;
  const { parse, users, roles } = object(value);
  for (const kind of list(parse)) if (!["users", "roles", "everyone"].includes(String(kind))) form.add(["allowed_mentions", "parse"], "BASE_TYPE_CHOICES", "Value must be one of {'users', 'roles', 'everyone'}.");
  for (const [kind, ids] of [["users", list(users)], ["roles", list(roles)]] as const) {
    if (list(parse).includes(kind) && ids.length > 0) form.add(["allowed_mentions"], "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", `parse:["${kind}"] and ${kind}: [ids...] are mutually exclusive.`);
    if (ids.length > 100) form.add(["allowed_mentions", kind], "BASE_TYPE_MAX_LENGTH", "Must be 100 or fewer in length.");
  }
}

export interface MentionInput { content: string; components: Json[]; allowed: unknown; author: FakeMember | null; channel: FakeChannel; repliesTo: string | null }
/** Embeds never ping; text displays do. `author` null: a webhook, which may mention anything it is allowed to. */
export function pingsOf(world: World, input: MentionInput): Pings {
  const given = input.allowed !== undefined && input.allowed !== null, allowed = object(input.allowed);
  const said = outsideCode(`${input.content}\n${textOf(input.components)}`);
  const parse = given ? list(allowed.parse).map(String) : ["users", "roles", "everyone"];
  const mayAll = input.author === null || world.may(input.author, "MENTION_EVERYONE", input.channel);
  const named = (pattern: RegExp) => [...new Set([...said.matchAll(pattern)].map((m) => m[1] ?? ""))];
  const pass = (kind: string, id: string) => parse.includes(kind) || list(allowed[kind]).includes(id);
  const users = named(/<@!?(\d+)>/g).filter((id) => world.members.has(id) && pass("users", id));
  const replied = input.repliesTo !== null && (given ? allowed.replied_user === true : true);
  if (replied && input.repliesTo !== null && !users.includes(input.repliesTo) && world.members.has(input.repliesTo)) users.push(input.repliesTo);
  const roles = named(/<@&(\d+)>/g).filter((id) => { const role = world.roles.get(id); return role !== undefined && (role.mentionable || mayAll) && pass("roles", id); });
  return { users, roles, everyone: /@(everyone|here)\b/.test(said) && mayAll && parse.includes("everyone") };
}
export const noPings = (): Pings => ({ ...NOBODY, users: [], roles: [] });
