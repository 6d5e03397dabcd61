/** What a call of `/api/v1` is: data, so that what is served, who may and what is answered stand in one place. */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import type { Core } from "../../core/core.ts";
import { UserError } from "../../core/errors.ts";
import { roleHas, type Permission } from "../../core/model/permissions.ts";
import type { Agent, Conversation, DeskTarget, Inbox } from "../../core/model/types.ts";
import type { ActResult } from "../../core/ports.ts";
import type { DescribedCall } from "../../http/described.ts";
import { parseBody, parseQuery } from "../../http/input.ts";
import type { Json } from "../../http/openapi.ts";
import type { Auth } from "../auth/auth.ts";
import type { Caller } from "../auth/caller.ts";
import type { ApiTokens } from "../auth/tokens.ts";

export interface Check { state: "ok" | "warn" | "fail"; text: string }
/** Looks at one thing from outside and tells each answer as it is known; changes nothing. */
export type LookAt<T> = (subject: T, tell: (check: Check) => void) => Promise<unknown>;

/** What the admin needs of the rooms around it. */
export interface AdminParts {
  core: Core;
  auth: Auth;
  tokens: ApiTokens;
  store: "embedded" | "mongodb";
  version: string;
  /** Why the lanes don't run, in words; null while they do. */
  lanesFault(): string | null;
  /** Where the world reaches us, without a trailing slash; null when it doesn't. */
  publicUrl: string | null;
  /** Runs a verb of every desk for one person, in the guarded way; a line that it says is unique by `source`. */
  runVerb(call: { agent: Agent; conversation: Conversation; verb: string; args: string; seen?: number; source?: string }): Promise<ActResult>;
  /** Calls of other rooms that the documentation shows too. */
  alsoDescribed: { paths: Record<string, Json>; securitySchemes: Json };
  /** *Test* by kind of desk (one connection's targets) and by kind of channel. */
  tests: { desks: Record<string, LookAt<DeskTarget[]>>; inboxes: Record<string, LookAt<Inbox>> };
}

export interface Incoming<Q = undefined, B = undefined> {
  parts: AdminParts; caller: Caller; params: Record<string, string>; query: Q; body: B; request: FastifyRequest; reply: FastifyReply;
  /** The answer tells of this contact: what is kept of it goes when they are erased. */
  concerns(contactId: string): void;
  /** Of the call, when its sender named one: a repeat under it is the same call. */
  key: string | undefined;
}

interface Needed {
  needs: Permission;
  /** Somebody who is signed in; a token never does. */
  by?: "session";
  /** Under which heading it is documented. */
  about: About;
}
export const ABOUT = ["Contacts", "Conversations", "Campaigns", "Settings", "Admin"] as const;
type About = (typeof ABOUT)[number];

/** Its path lies under `/api/v1`. A call with one good status answers it by itself. */
export interface AdminCall extends DescribedCall, Needed { run(incoming: Incoming<unknown, unknown>): Promise<unknown> }

/** `run` gets query and body as their schemas read them. */
export const adminCall = <Q = undefined, B = undefined>(call: Omit<DescribedCall, "query" | "body"> & Needed & {
  query?: z.ZodType<Q, unknown>; body?: z.ZodType<B, unknown>; run(incoming: Incoming<Q, B>): Promise<unknown>;
}): AdminCall => ({
  ...call,
  run: (incoming) => call.run({
    ...incoming,
    query: call.query === undefined ? (undefined as Q) : parseQuery(call.query, incoming.request.query),
    body: call.body === undefined ? (undefined as B) : parseBody(call.body, incoming.request.body),
  }),
});

/** @throws {UserError} NOT_ALLOWED */
export function requirePermission({ may, role, session }: Caller, { needs, by }: Pick<AdminCall, "needs" | "by">): void {
  if (by === "session" && session === null) throw new UserError("NOT_ALLOWED", "This call is for who is signed in to the admin; a token can't make it.");
  if (may(needs)) return;
  throw new UserError("NOT_ALLOWED", roleHas(role, needs)
    ? `This token was made without ${needs}. Make one with it: npx threadline token create.`
    : needs.startsWith("admin.") ? "The web admin is for administrators. Your conversations are on your desk; ask an administrator to change your role."
    : `The role ${role} does not have ${needs}. Ask an administrator.`);
}

export const iso = (at: Date): string => at.toISOString();
export const isoOrNull = (at: Date | null | undefined): string | null => at?.toISOString() ?? null;

/** A sentence without our code in the middle of it, and with a capital. */
export const inWords = (text: string): string => { const plain = text.replace(/\b[A-Z][A-Z_]{5,}: /, ""); return plain.charAt(0).toUpperCase() + plain.slice(1); };

/** Where a browser reaches us: as the settings say, else as this one did. */
export const baseUrl = ({ parts, request }: Pick<Incoming<unknown, unknown>, "parts" | "request">): string => parts.publicUrl ?? `${request.protocol}://${request.host}`;
