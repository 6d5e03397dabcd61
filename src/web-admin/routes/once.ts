/** A call under an `Idempotency-Key`: done once, and a repeat within a day gets the answer of the first. Source: draft-ietf-httpapi-idempotency-key-header */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Core } from "../../core/core.ts";
import { UserError } from "../../core/errors.ts";
import { isDuplicateKey } from "../../core/store/store.ts";
import type { Caller } from "../auth/caller.ts";

/** Whoever began and is heard of no more has stopped; milliseconds. What was done by then is done again, which changes nothing or is refused as done. */
const GONE_MS = 60_000;
const KEY = /^[\x21-\x7e]{1,100}$/;

/** Undefined when none came. @throws {UserError} BAD_BODY */
export function keyOf({ headers }: FastifyRequest): string | undefined {
  const key = headers["idempotency-key"];
  if (key === undefined) return undefined;
  if (typeof key === "string" && KEY.test(key)) return key;
  throw new UserError("BAD_BODY", "An Idempotency-Key is 1 to 100 printable ASCII characters without blanks.", [{ path: "idempotency-key", message: "is not one" }]);
}

/** A table that streams in is told by its length. */
const hashOf = ({ method, url, body, headers }: FastifyRequest): string =>
  createHash("sha256").update(JSON.stringify([method, url, body instanceof Readable ? headers["content-length"] : (body ?? null)])).digest("hex");

export interface Done { status: number; body: unknown; contactId?: string | undefined }

/** @throws {UserError} CLIENT_ID_REUSED, IN_PROGRESS, and what `work` throws: then nothing is kept, and a repeat tries anew */
export async function onceUnder(core: Core, { caller, key, request, reply }: { caller: Caller; key: string; request: FastifyRequest; reply: FastifyReply }, work: () => Promise<Done>): Promise<Done> {
  const { apiAnswers } = core.store;
  const _id = `${caller.id}/${key}`;
  const asked = hashOf(request);
  const at = core.clock.now();
  try { await apiAnswers.insertOne({ _id, request: asked, at, state: "doing" }); } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    const kept = await apiAnswers.findOne({ _id });
    if (kept !== null && kept.request !== asked) throw new UserError("CLIENT_ID_REUSED", "This Idempotency-Key belongs to another call of yours. Use a new one for each; repeat one only to make the same call again.");
    if (kept?.state === "done") {
      reply.header("idempotent-replayed", "true");
      return { status: kept.status ?? 200, body: kept.body === undefined ? undefined : (JSON.parse(kept.body) as unknown) };
    }
    const taken = kept === null ? 0 : (await apiAnswers.updateOne({ _id, state: "doing", at: { $lte: new Date(at.getTime() - GONE_MS) } }, { $set: { at } })).modifiedCount;
    if (taken === 0) {
      reply.header("retry-after", "1");
      throw new UserError("IN_PROGRESS", "This very call is being carried out. Wait a moment and repeat it: the answer is that of the first.");
    }
  }
  try {
    const done = await work();
    await apiAnswers.updateOne({ _id }, { $set: { state: "done", status: done.status, ...(done.body === undefined ? {} : { body: JSON.stringify(done.body) }), ...(done.contactId === undefined ? {} : { contactId: done.contactId }) } });
    return done;
  } catch (error) {
    await apiAnswers.deleteOne({ _id });
    throw error;
  }
}
