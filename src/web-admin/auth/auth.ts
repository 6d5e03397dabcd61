/** Sign-in by a one-time link: the link is used up by one atomic delete and leaves a session behind, which the server can end. */
import { createHash, randomBytes } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { Collection } from "mongodb";
import type { Role } from "../../core/model/types.ts";
import type { Clock } from "../../core/ports.ts";
import { UserError } from "../../core/errors.ts";
import type { Store } from "../../core/store/store.ts";

interface StoredLink { _id: string; /** Links of the terminal are valid until used or until the next start. */ kind: "start" | "asked"; agentId?: string; createdAt: Date; expiresAt?: Date }
interface StoredSession {
  _id: string;
  /** Whose it is; absent for who came from the terminal, and is an administrator by that. */
  agentId?: string;
  /** As the browser called itself. */
  browser?: string;
  createdAt: Date;
  /** Kept to the minute. */
  seenAt?: Date;
  expiresAt: Date;
}

export const LINK_MS = 10 * 60_000;
export const SESSION_MS = 7 * 86_400_000;
export const SESSION_COOKIE = "threadline_session";
const SEEN_MS = 60_000;
/** Sessions of one person that are listed. */
const LISTED = 100;

/** Who is signed in. The role is that of now: who is demoted or leaves is so at once. */
export interface Session { id: string; role: Role; /** Null: from the terminal. */ agent: { id: string; name: string } | null }
export interface SessionFacts { id: string; browser: string | null; createdAt: Date; seenAt: Date; expiresAt: Date }
interface Asking { headers: IncomingHttpHeaders; host: string }

export interface Auth {
  ensureIndexes(): Promise<void>;
  /** A token for one sign-in within 10 minutes, as this agent, or as the terminal's administrator. */
  newLink(agentId?: string): Promise<string>;
  /** A token for one sign-in, valid until it is used or this is called again (at the next start). */
  newStartLink(): Promise<string>;
  /** Uses the link up and answers the new session's token; the browser's earlier session ends. @throws {UserError} BAD_LINK */
  redeem(linkToken: string, headers?: IncomingHttpHeaders): Promise<string>;
  /** Ends the session that this token belongs to, if any. */
  end(sessionToken: string): Promise<void>;
  /** Null unless the request carries a live session and comes from our own pages. */
  sessionOf(request: Asking): Promise<Session | null>;
  isAdministrator(request: Asking): Promise<boolean>;
  /** This person's live sessions, newest first. */
  sessionsOf(session: Session): Promise<SessionFacts[]>;
  /** Ends one of this person's sessions; false when it is not theirs or has ended. */
  endOne(session: Session, id: string): Promise<boolean>;
}

const newToken = () => randomBytes(32).toString("base64url");
const hashOf = (token: string) => createHash("sha256").update(token).digest("hex");

/** The session's token in a `Cookie` header, or null. */
export function sessionTokenIn(headers: IncomingHttpHeaders): string | null {
  for (const pair of (headers.cookie ?? "").split(";")) {
    const [name, value] = pair.trim().split("=", 2);
    if (name === SESSION_COOKIE && value !== undefined && /^[\w-]{43}$/.test(value)) return value;
  }
  return null;
}

/** An `Origin` header that names the address at which we were asked. */
export const isOwnOrigin = (origin: string, host: string): boolean => {
  try { return new URL(origin).host === host; } catch { return false; }
};

export function createAuth({ store, clock }: { store: Store; clock: Clock }): Auth {
  const links: Collection<StoredLink> = store.db.collection("adminLinks");
  const sessions: Collection<StoredSession> = store.db.collection("adminSessions");
  const later = (ms: number) => new Date(clock.now().getTime() + ms);
  const ofPerson = ({ agent }: Session) => ({ agentId: agent === null ? { $exists: false } : agent.id });

  async function sessionOf({ headers, host }: Asking): Promise<Session | null> {
    const token = sessionTokenIn(headers);
    if (token === null || (headers.origin !== undefined && !isOwnOrigin(headers.origin, host))) return null;
    const now = clock.now();
    const found = await sessions.findOne({ _id: hashOf(token), expiresAt: { $gt: now } });
    if (found === null) return null;
    const agent = found.agentId === undefined ? null : await store.agents.findOne({ _id: found.agentId, active: true });
    if (found.agentId !== undefined && agent === null) return null;
    if (now.getTime() - (found.seenAt ?? found.createdAt).getTime() > SEEN_MS) await sessions.updateOne({ _id: found._id }, { $set: { seenAt: now } });
    return { id: found._id, role: agent?.role ?? "administrator", agent: agent === null ? null : { id: agent._id, name: agent.name } };
  }

  return {
    async ensureIndexes() {
      await links.createIndex({ expiresAt: 1 }, { name: "forgetOldLinks", expireAfterSeconds: 0 });
      await sessions.createIndex({ expiresAt: 1 }, { name: "forgetOldSessions", expireAfterSeconds: 0 });
      await sessions.createIndex({ agentId: 1, createdAt: -1 }, { name: "sessionsOfPerson" });
    },
    async newLink(agentId) {
      const token = newToken();
      await links.insertOne({ _id: hashOf(token), kind: "asked", ...(agentId === undefined ? {} : { agentId }), createdAt: clock.now(), expiresAt: later(LINK_MS) });
      return token;
    },
    async newStartLink() {
      const token = newToken();
      await links.deleteMany({ kind: "start" });
      await links.insertOne({ _id: hashOf(token), kind: "start", createdAt: clock.now() });
      return token;
    },
    async redeem(linkToken, headers = {}) {
      const link = await links.findOneAndDelete({ _id: hashOf(linkToken), $or: [{ expiresAt: { $exists: false } }, { expiresAt: { $gt: clock.now() } }] });
      if (link === null) throw new UserError("BAD_LINK", "This sign-in link was used already or is too old. Start Threadline again, or ask for a new link.");
      const token = newToken();
      const browser = headers["user-agent"]?.slice(0, 300);
      await sessions.insertOne({
        _id: hashOf(token), ...(link.agentId === undefined ? {} : { agentId: link.agentId }), ...(browser === undefined ? {} : { browser }),
        createdAt: clock.now(), seenAt: clock.now(), expiresAt: later(SESSION_MS),
      });
      const earlier = sessionTokenIn(headers);
      if (earlier !== null) await sessions.deleteOne({ _id: hashOf(earlier) });
      return token;
    },
    async end(sessionToken) { await sessions.deleteOne({ _id: hashOf(sessionToken) }); },
    sessionOf,
    isAdministrator: async (request) => (await sessionOf(request))?.role === "administrator",
    async sessionsOf(session) {
      const found = await sessions.find({ ...ofPerson(session), expiresAt: { $gt: clock.now() } }).sort({ createdAt: -1 }).limit(LISTED).toArray();
      return found.map(({ _id, browser, createdAt, seenAt, expiresAt }) => ({ id: _id, browser: browser ?? null, createdAt, seenAt: seenAt ?? createdAt, expiresAt }));
    },
    endOne: async (session, id) => (await sessions.deleteOne({ _id: id, ...ofPerson(session) })).deletedCount === 1,
  };
}
