/** `threadline token create|list|revoke`: what a program shows to use the API. */
import { spanMs } from "../core/filters/parse.ts";
import { didYouMean } from "../core/model/close-names.ts";
import { PERMISSION_NAMES, roleHas, ROLES, type Permission } from "../core/model/permissions.ts";
import type { Role } from "../core/model/types.ts";
import type { Store } from "../core/store/store.ts";
import type { ApiTokens, NewToken } from "../web-admin/auth/tokens.ts";
import { CommandError, type Command, type CommandInput } from "./command.ts";

const USAGE = "npx threadline token create --name CRM --role supervisor [--agent mara@example.com] [--scopes contacts.read,contacts.list] [--expires 90d], token list, or token revoke CRM";
const FLAGS = ["name", "role", "agent", "scopes", "expires"] as const;
type Flags = Partial<Record<(typeof FLAGS)[number], string>>;
const BY = "terminal";

function readFlags(words: string[]): Flags {
  const flags: Flags = {};
  for (let n = 0; n < words.length; n += 2) {
    const flag = FLAGS.find((one) => `--${one}` === words[n]);
    const value = words[n + 1];
    if (flag === undefined || value === undefined || value.startsWith("--")) throw new CommandError(`${words[n]!} ${flag === undefined ? "is not known here" : "needs a value"}. Write: ${USAGE}`, 2);
    flags[flag] = value;
  }
  return flags;
}

function readScopes(text: string | undefined, role: Role): Permission[] | null {
  if (text === undefined) return null;
  return [...new Set(text.split(",").map((word) => {
    const scope = PERMISSION_NAMES.find((one) => one === word.trim());
    if (scope === undefined) throw new CommandError(`There is no permission "${word.trim()}".${didYouMean(word.trim(), PERMISSION_NAMES)} There are: ${PERMISSION_NAMES.join(", ")}.`, 2);
    if (!roleHas(role, scope)) throw new CommandError(`The role ${role} does not have ${scope}. Choose a higher role, or leave it out.`, 2);
    return scope;
  }))];
}

/** "90d", or a date: it ends when that day begins (UTC). */
function readExpiry(text: string | undefined, now: Date): Date | undefined {
  if (text === undefined) return undefined;
  const ms = spanMs(text.toLowerCase());
  const at = ms !== null ? new Date(now.getTime() + ms) : /^\d{4}-\d{2}-\d{2}/.test(text) ? new Date(text) : new Date(Number.NaN);
  if (Number.isNaN(at.getTime())) throw new CommandError(`"${text}" is not a time. Write --expires 90d, or --expires 2027-01-31.`, 2);
  if (at <= now) throw new CommandError(`${text} is over already, so the token would never work.`, 2);
  return at;
}

async function readNew(flags: Flags, store: Store, now: Date): Promise<NewToken> {
  const { name, agent: email } = flags;
  if (name === undefined || !/^\S(?:[^\p{Cc}]{0,58}\S)?$/u.test(name)) throw new CommandError(`Name what uses it, in 1 to 60 characters. Write: ${USAGE}`, 2);
  const role = ROLES.find((one) => one === flags.role);
  if (role === undefined) throw new CommandError(`Say its role: --role ${ROLES.join(", --role ")}.`, 2);
  const agent = email === undefined ? null : await store.agents.findOne({ email: email.toLowerCase() });
  if (email !== undefined && agent?.active !== true) throw new CommandError(`No active agent has the e-mail address ${email}. Add one to the settings file first.`);
  const expiresAt = readExpiry(flags.expires, now);
  return { name, role, scopes: readScopes(flags.scopes, role), ...(agent === null ? {} : { agentId: agent._id }), ...(expiresAt === undefined ? {} : { expiresAt }) };
}

async function create(tokens: ApiTokens, wanted: NewToken, { print }: CommandInput): Promise<number> {
  const { token } = await tokens.create(wanted, BY);
  print(token);
  print(`This is the token ${wanted.name} (${wanted.role}). It is shown this once: keep it where secrets are kept. Send it as Authorization: Bearer.`);
  return 0;
}

async function list(tokens: ApiTokens, store: Store, now: Date, { print }: CommandInput): Promise<number> {
  const all = await tokens.list();
  if (all.length === 0) print("There are no tokens. npx threadline token create makes one.");
  const agents = new Map((await store.agents.find().toArray()).map((agent) => [agent._id, agent]));
  for (const { _id, name, role, scopes, agentId, createdAt, expiresAt, usedAt } of all) {
    const whose = agentId === undefined ? "nobody's" : agents.get(agentId)?.active === true ? agents.get(agentId)!.email : "of an agent who is gone: it does not work";
    const until = expiresAt === undefined ? "no end" : `${expiresAt <= now ? "ended" : "until"} ${expiresAt.toISOString().slice(0, 10)}`;
    print(`${name}  ${role}  ${whose}  ${until}  made ${createdAt.toISOString().slice(0, 10)}  ${usedAt === undefined ? "never used" : `used ${usedAt.toISOString().slice(0, 16)}Z`}  ${_id}`);
    if (scopes !== null) print(`    only ${scopes.join(", ")}`);
  }
  return 0;
}

export const token: Command = {
  name: "token",
  usage: "token create | list | revoke",
  help: "Make a token by which a program uses the API, show those there are, or end one.",
  async run(input) {
    const { args: [act, ...words], config, print } = input;
    const flags = act === "create" ? readFlags(words) : {};
    if ((act !== "create" && act !== "list" && act !== "revoke") || (act === "list" && words.length > 0) || (act === "revoke" && words.length !== 1)) throw new CommandError(`Say what to do: ${USAGE}`, 2);
    const [{ openAlone }, { createTokens }] = await Promise.all([import("./open-alone.ts"), import("../web-admin/auth/tokens.ts")]);
    const { parts: { store, clock }, close } = await openAlone(config);
    try {
      const tokens = createTokens({ store, clock });
      await tokens.ensureIndexes();
      if (act === "create") return await create(tokens, await readNew(flags, store, clock.now()), input);
      if (act === "list") return await list(tokens, store, clock.now(), input);
      const { name } = await tokens.revoke(words[0]!, BY);
      print(`The token ${name} works no more.`);
      return 0;
    } finally { await close(); }
  },
};
