/** users.*, usergroups.*, team.*, bots.*, auth.*. Source: docs.slack.dev/reference/methods/users.info and its siblings */
import { SlackRefusal, type Json } from "../types.ts";
import { nextCursor, page, truth, words, type Method, type MethodContext } from "./context.ts";

const shown = (context: MethodContext, id: string): Json => context.shapes.user(context.space.user(id), context.scopes.has("users:read.email"));

const info = (args: Json, context: MethodContext): Json => {
  const user = context.space.users.get(String(args.user));
  if (user === undefined) throw new SlackRefusal("user_not_found");
  return { user: shown(context, user.id) };
};
/** Of others only this much is told. Source: docs.slack.dev/reference/methods/users.getPresence */
const presence = (args: Json, { space }: MethodContext): Json => {
  const id = args.user === undefined ? space.botUserId : String(args.user);
  const user = space.users.get(id);
  if (user === undefined) throw new SlackRefusal("user_not_found");
  const shown = { presence: user.presence };
  return id === space.botUserId ? { ...shown, online: true, auto_away: false, manual_away: false, connection_count: 1 } : shown;
};
const list = (args: Json, context: MethodContext): Json => {
  const { items, next } = page([...context.space.users.values()].filter(({ stranger }) => !stranger), args, 1000);
  return { members: items.map(({ id }) => shown(context, id)), cache_ts: context.space.clock.seconds(), ...nextCursor(next) };
};
const lookupByEmail = (args: Json, context: MethodContext): Json => {
  const email = String(args.email).toLowerCase();
  const user = [...context.space.users.values()].find((candidate) => candidate.email?.toLowerCase() === email && !candidate.stranger && !candidate.deleted);
  if (user === undefined) throw new SlackRefusal("users_not_found");
  return { user: shown(context, user.id) };
};

const userGroups = (args: Json, { space }: MethodContext): Json => ({
  usergroups: space.userGroups.filter(({ disabled }) => !disabled || truth(args, "include_disabled")).map(({ users, disabled, ...group }) => ({
    ...group, team_id: space.team.id, is_usergroup: true, description: "", is_external: false, date_delete: disabled ? 1 : 0, user_count: users.length, ...(truth(args, "include_users") ? { users } : {}),
  })),
});

const team = (_args: Json, { space, shapes }: MethodContext): Json => ({
  team: { id: space.team.id, name: space.team.name, domain: space.team.domain, email_domain: space.team.emailDomain, url: `${shapes.base}/`, icon: { image_132: "https://avatars.example.com/team.png", image_default: true } },
});
const bot = (args: Json, { space, shapes }: MethodContext): Json => {
  if (words(args, "bot") !== space.botId) throw new SlackRefusal("bot_not_found");
  return { bot: { ...shapes.botProfile(), user_id: space.botUserId } };
};
const authTest = (_args: Json, { space, shapes }: MethodContext): Json => ({
  url: `${shapes.base}/`, team: space.team.name, user: space.user(space.botUserId).name, team_id: space.team.id, user_id: space.botUserId, bot_id: space.botId, is_enterprise_install: false,
});
/** Source: docs.slack.dev/reference/methods/apps.connections.open */
const connect = (_args: Json, { sockets }: MethodContext): Json => ({ url: sockets.ticket() });
const apiTest = (args: Json): Json => {
  const wrong = words(args, "error");
  if (wrong !== null) throw new SlackRefusal(wrong, { args });
  return { args };
};

export const peopleMethods: Record<string, Method> = {
  "users.info": { run: info, tier: 4, scopes: ["users:read"], needs: ["user"] },
  "users.getPresence": { run: presence, tier: 3, scopes: ["users:read"] },
  "users.list": { run: list, tier: 2, scopes: ["users:read"] },
  "users.lookupByEmail": { run: lookupByEmail, tier: 3, scopes: ["users:read.email"], needs: ["email"] },
  "usergroups.list": { run: userGroups, tier: 2, scopes: ["usergroups:read"] },
  "team.info": { run: team, tier: 3, scopes: ["team:read"] },
  "bots.info": { run: bot, tier: 3, scopes: ["users:read"] },
  "emoji.list": { run: (_args, { space }) => ({ emoji: space.emoji, cache_ts: String(space.clock.seconds()) }), tier: 2, scopes: ["emoji:read"] },
  "auth.test": { run: authTest, tier: "special", scopes: [] },
  "api.test": { run: apiTest, tier: 4, scopes: [] },
  "apps.connections.open": { run: connect, tier: "special", scopes: [], appToken: true },
};
