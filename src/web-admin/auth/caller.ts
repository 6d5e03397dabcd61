/** Who calls `/api/v1`: somebody who is signed in, or a program with a token. What they may is that of now. */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Core } from "../../core/core.ts";
import { UserError } from "../../core/errors.ts";
import { lowerRole, roleHas, type Permission } from "../../core/model/permissions.ts";
import type { Agent, Role } from "../../core/model/types.ts";
import { allAgents } from "../../core/services/inbox-settings.ts";
import { createAllowance, type Allowance } from "../../http/allowance.ts";
import { isOwnOrigin, type Auth, type Session } from "./auth.ts";
import type { ApiTokens } from "./tokens.ts";

export interface Caller {
  /** Tells callers apart, in stored keys too. */
  id: string;
  name: string;
  role: Role;
  /** In whose name it acts; null: in nobody's. */
  agent: Agent | null;
  /** Null for a token. */
  session: Session | null;
  may(permission: Permission): boolean;
}

/** Calls of one token, and wrong tokens from one address. */
const CALLS = { perSecond: 20, burst: 200 };
const WRONG = { perSecond: 1, burst: 30 };
const READS = new Set(["GET", "HEAD"]);

/** Browsers name the origin of whatever could change something; a foreign page is stopped by that, besides by the cookie's SameSite. @throws {UserError} */
function requireOwnPage({ method, headers, host }: FastifyRequest): void {
  if (READS.has(method) || (headers.origin !== undefined && isOwnOrigin(headers.origin, host))) return;
  throw new UserError("ORIGIN_NOT_ALLOWED", "This call did not come from Threadline's own pages, so nothing was done. Open the admin and do it there.");
}

export type WhoCalls = (request: FastifyRequest, reply: FastifyReply) => Promise<Caller>;

/** @throws {UserError} NOT_SIGNED_IN, NO_TOKEN, BAD_TOKEN, ORIGIN_NOT_ALLOWED, TOO_MANY (from the function that it answers) */
export function createWhoCalls({ core, auth, tokens }: { core: Core; auth: Auth; tokens: ApiTokens }): WhoCalls {
  const calls = createAllowance(core.clock, CALLS), wrong = createAllowance(core.clock, WRONG);
  const agentOf = async (id: string | undefined): Promise<Agent | null> => (id === undefined ? null : ((await allAgents(core)).find(({ _id }) => _id === id) ?? null));

  function spend(allowance: Allowance, who: string, reply: FastifyReply, told: boolean): void {
    if (!core.limits.rateLimits) return;
    const { burst, left, waitMs, fullMs } = allowance(who);
    if (told) reply.headers({ "ratelimit-limit": burst, "ratelimit-remaining": left, "ratelimit-reset": Math.ceil(fullMs / 1_000) });
    if (waitMs === 0) return;
    const seconds = Math.max(1, Math.ceil(waitMs / 1_000));
    reply.header("retry-after", String(seconds));
    throw new UserError("TOO_MANY", `Too many calls in a short time. Wait ${seconds} s, then try again; nothing of this call was done.`);
  }

  async function byToken(header: string, request: FastifyRequest, reply: FastifyReply): Promise<Caller> {
    const shown = /^Bearer +(\S{1,200})$/i.exec(header)?.[1];
    if (shown === undefined) throw new UserError("NO_TOKEN", "This call needs a token: send it as Authorization: Bearer <token>. npx threadline token create makes one.");
    const token = await tokens.find(shown);
    const agent = await agentOf(token?.agentId);
    if (token === null || (token.agentId !== undefined && agent?.active !== true)) {
      spend(wrong, request.ip, reply, false);
      throw new UserError("BAD_TOKEN", "There is no such token, or it was revoked, has expired or belongs to an agent who is not active any more. npx threadline token list shows those there are.");
    }
    spend(calls, token._id, reply, true);
    const role = agent === null ? token.role : lowerRole(agent.role, token.role);
    return { id: `token:${token._id}`, name: agent?.name ?? token.name, role, agent, session: null, may: (permission) => roleHas(role, permission) && (token.scopes === null || token.scopes.includes(permission)) };
  }

  return async (request, reply) => {
    const { authorization } = request.headers;
    if (authorization !== undefined) return byToken(authorization, request, reply);
    const session = await auth.sessionOf(request);
    if (session === null) throw new UserError("NOT_SIGNED_IN", "Nobody is signed in here (any more). Open a one-time sign-in link: starting Threadline prints one. A program sends a token as Authorization: Bearer.");
    requireOwnPage(request);
    const { role } = session;
    return { id: `session:${session.id}`, name: session.agent?.name ?? "Administrator", role, agent: await agentOf(session.agent?.id), session, may: (permission) => roleHas(role, permission) };
  };
}

/** Who a service is told does it. For nobody's token: a stand-in who sees all inboxes and owns nothing. */
export const actorOf = ({ id, name, role, agent }: Caller, now: Date): Agent =>
  agent ?? { _id: id, name, email: "", role, active: true, links: [], inboxIds: "all", timeZone: "UTC", createdAt: now };

/** @throws {UserError} NOT_ALLOWED for a caller who acts in nobody's name */
export function requirePerson({ agent }: Caller): Agent {
  if (agent !== null) return agent;
  throw new UserError("NOT_ALLOWED", "What is said or done in a conversation is said or done by somebody, and this caller is nobody. Make a token with --agent and an agent's e-mail address.");
}
