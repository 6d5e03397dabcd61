/** API tokens: what a program shows instead of a session. Only a hash is stored; the token is shown once, when it is made. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { Collection } from "mongodb";
import { UserError } from "../../core/errors.ts";
import { newId } from "../../core/model/ids.ts";
import type { Permission } from "../../core/model/permissions.ts";
import type { Role } from "../../core/model/types.ts";
import type { Clock } from "../../core/ports.ts";
import { recordAudit } from "../../core/services/audit.ts";
import { isDuplicateKey, type Store } from "../../core/store/store.ts";

export interface ApiToken {
  _id: string;
  /** Unique. */
  name: string;
  role: Role;
  /** Of the role's permissions these alone; null: all. */
  scopes: Permission[] | null;
  /** In whose name it acts, within what they may see; absent: in nobody's. */
  agentId?: string;
  /** SHA-256 of its secret, hex. */
  hash: string;
  createdAt: Date;
  expiresAt?: Date;
  /** Kept to the minute. */
  usedAt?: Date;
}
export type NewToken = Pick<ApiToken, "name" | "role" | "scopes"> & { agentId?: string; expiresAt?: Date };

const USED_MS = 60_000;
/** `tl_`, the token's id, its secret. */
const SHAPE = /^tl_([0-9a-f]{24})_([\w-]{43})$/;

export interface ApiTokens {
  ensureIndexes(): Promise<void>;
  /** Answers the token itself, which nobody can show again. @throws {UserError} NAME_TAKEN */
  create(wanted: NewToken, by: string): Promise<{ id: string; token: string }>;
  /** Oldest first. */
  list(): Promise<ApiToken[]>;
  /** By name or id. @throws {UserError} NOT_FOUND */
  revoke(nameOrId: string, by: string): Promise<ApiToken>;
  /** Null for one that there is not, or not any more. */
  find(token: string): Promise<ApiToken | null>;
}

const hashOf = (secret: string): Buffer => createHash("sha256").update(secret).digest();
const NO_HASH = Buffer.alloc(32);

export function createTokens({ store, clock }: { store: Store; clock: Clock }): ApiTokens {
  const tokens: Collection<ApiToken> = store.db.collection("apiTokens");
  const audit = (act: string, { _id, name, role, scopes, agentId, expiresAt }: ApiToken, by: string) => recordAudit({ store }, {
    _id: newId(clock.now()), at: clock.now(), by: { name: by }, act,
    facts: { token: name, id: _id, role, ...(scopes === null ? {} : { scopes }), ...(agentId === undefined ? {} : { agent: agentId }), ...(expiresAt === undefined ? {} : { expires: expiresAt.toISOString() }) },
  });
  return {
    async ensureIndexes() { await tokens.createIndex({ name: 1 }, { name: "tokenByName", unique: true }); },
    async create(wanted, by) {
      const now = clock.now();
      const _id = newId(now), secret = randomBytes(32).toString("base64url");
      const made: ApiToken = { _id, ...wanted, hash: hashOf(secret).toString("hex"), createdAt: now };
      try { await tokens.insertOne(made); } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        throw new UserError("NAME_TAKEN", `There is a token ${wanted.name} already. Revoke it first, or choose another name.`);
      }
      await audit("token.created", made, by);
      return { id: _id, token: `tl_${_id}_${secret}` };
    },
    list: () => tokens.find().sort({ _id: 1 }).limit(1_000).toArray(),
    async revoke(nameOrId, by) {
      const gone = (await tokens.findOneAndDelete({ name: nameOrId })) ?? (await tokens.findOneAndDelete({ _id: nameOrId }));
      if (gone === null) throw new UserError("NOT_FOUND", `There is no token ${nameOrId.slice(0, 60)}. npx threadline token list shows them.`);
      await audit("token.revoked", gone, by);
      return gone;
    },
    async find(token) {
      const [, id, secret] = SHAPE.exec(token) ?? [];
      if (id === undefined || secret === undefined) return null;
      const found = await tokens.findOne({ _id: id });
      const fits = timingSafeEqual(hashOf(secret), found === null ? NO_HASH : Buffer.from(found.hash, "hex"));
      const now = clock.now();
      if (found === null || !fits || (found.expiresAt !== undefined && found.expiresAt <= now)) return null;
      if (found.usedAt === undefined || now.getTime() - found.usedAt.getTime() > USED_MS) await tokens.updateOne({ _id: id }, { $set: { usedAt: now } });
      return found;
    },
  };
}
