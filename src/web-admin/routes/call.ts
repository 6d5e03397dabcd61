/** What a call of `/api/v1` is: data, so that what is served, who may and what is answered stand in one place. */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import type { Core } from "../../core/core.ts";
import { UserError } from "../../core/errors.ts";
import type { DeskTarget, Inbox, Role } from "../../core/model/types.ts";
import type { Auth, Session } from "../auth/auth.ts";

export interface Check { state: "ok" | "warn" | "fail"; text: string }
/** Looks at one thing from outside and tells each answer as it is known; changes nothing. */
export type LookAt<T> = (subject: T, tell: (check: Check) => void) => Promise<unknown>;

/** What the admin needs of the rooms around it. */
export interface AdminParts {
  core: Core;
  auth: Auth;
  store: "embedded" | "mongodb";
  version: string;
  /** Why the lanes don't run, in words; null while they do. */
  lanesFault(): string | null;
  /** Where the world reaches us, without a trailing slash; null when it doesn't. */
  publicUrl: string | null;
  /** *Test* by kind of desk (one connection's targets) and by kind of channel. */
  tests: { desks: Record<string, LookAt<DeskTarget[]>>; inboxes: Record<string, LookAt<Inbox>> };
}

export interface Incoming { parts: AdminParts; session: Session; params: Record<string, string>; request: FastifyRequest; reply: FastifyReply }

export interface AdminCall {
  method: "GET" | "POST" | "DELETE";
  /** Under `/api/v1`, with `:name` for a part that varies. */
  path: string;
  /** One line, imperative. */
  summary: string;
  needs: Role;
  /** What it answers: a JSON body, nothing (204), or by a stream JSON texts line by line, or events. */
  answer: z.ZodType | "nothing" | "lines" | "events";
  run(incoming: Incoming): Promise<unknown>;
}

const RANK: Record<Role, number> = { agent: 0, supervisor: 1, administrator: 2 };

/** @throws {UserError} NOT_ALLOWED for a lower role */
export function requireRole(session: Session, needed: Role): void {
  if (RANK[session.role] < RANK[needed]) throw new UserError("NOT_ALLOWED", "The web admin is for administrators. Your conversations are on your desk; ask an administrator to change your role.");
}

export const iso = (at: Date): string => at.toISOString();
export const isoOrNull = (at: Date | null | undefined): string | null => at?.toISOString() ?? null;

/** A sentence without our code in the middle of it, and with a capital. */
export const inWords = (text: string): string => { const plain = text.replace(/\b[A-Z][A-Z_]{5,}: /, ""); return plain.charAt(0).toUpperCase() + plain.slice(1); };

/** Where a browser reaches us: as the settings say, else as this one did. */
export const baseUrl = ({ parts, request }: Pick<Incoming, "parts" | "request">): string => parts.publicUrl ?? `${request.protocol}://${request.host}`;
