/** Sign-in by a one-time link: the link is used up by one atomic delete and leaves an administrator's session behind. */
import { createHash, randomBytes } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { Collection } from "mongodb";
import type { Clock } from "../../core/ports.ts";
import { UserError } from "../../core/errors.ts";
import type { Store } from "../../core/store/store.ts";

interface StoredLink { _id: string; /** Links of the terminal are valid until used or until the next start. */ kind: "start" | "asked"; createdAt: Date; expiresAt?: Date }
interface StoredSession { _id: string; createdAt: Date; expiresAt: Date }

const LINK_MS = 10 * 60_000;
export const SESSION_MS = 7 * 86_400_000;
export const SESSION_COOKIE = "threadline_session";

export interface Auth {
  ensureIndexes(): Promise<void>;
  /** A token for one sign-in within 10 minutes. */
  newLink(): Promise<string>;
  /** A token for one sign-in, valid until it is used or this is called again (at the next start). */
  newStartLink(): Promise<string>;
  /** Uses the link up and answers the new session's token. @throws {UserError} BAD_LINK */
  redeem(linkToken: string): Promise<string>;
  /** Ends the session that this token belongs to, if any. */
  end(sessionToken: string): Promise<void>;
  /** True for a request that carries a live administrator's session and comes from our own pages. */
  isAdministrator(request: { headers: IncomingHttpHeaders; host: string }): Promise<boolean>;
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

const isOwnOrigin = (origin: string | undefined, host: string): boolean => {
  if (origin === undefined) return true;
  try { return new URL(origin).host === host; } catch { return false; }
};

export function createAuth({ store, clock }: { store: Store; clock: Clock }): Auth {
  const links: Collection<StoredLink> = store.db.collection("adminLinks");
  const sessions: Collection<StoredSession> = store.db.collection("adminSessions");
  const later = (ms: number) => new Date(clock.now().getTime() + ms);
  return {
    async ensureIndexes() {
      await links.createIndex({ expiresAt: 1 }, { name: "forgetOldLinks", expireAfterSeconds: 0 });
      await sessions.createIndex({ expiresAt: 1 }, { name: "forgetOldSessions", expireAfterSeconds: 0 });
    },
    async newLink() {
      const token = newToken();
      await links.insertOne({ _id: hashOf(token), kind: "asked", createdAt: clock.now(), expiresAt: later(LINK_MS) });
      return token;
    },
    async newStartLink() {
      const token = newToken();
      await links.deleteMany({ kind: "start" });
      await links.insertOne({ _id: hashOf(token), kind: "start", createdAt: clock.now() });
      return token;
    },
    async redeem(linkToken) {
      const link = await links.findOneAndDelete({ _id: hashOf(linkToken), $or: [{ expiresAt: { $exists: false } }, { expiresAt: { $gt: clock.now() } }] });
      if (link === null) throw new UserError("BAD_LINK", "This sign-in link was used already or is too old. Start Threadline again, or ask for a new link.");
      const token = newToken();
      await sessions.insertOne({ _id: hashOf(token), createdAt: clock.now(), expiresAt: later(SESSION_MS) });
      return token;
    },
    async end(sessionToken) { await sessions.deleteOne({ _id: hashOf(sessionToken) }); },
    async isAdministrator({ headers, host }) {
      const token = sessionTokenIn(headers);
      if (token === null || !isOwnOrigin(headers.origin, host)) return false;
      return (await sessions.findOne({ _id: hashOf(token), expiresAt: { $gt: clock.now() } })) !== null;
    },
  };
}
