import type { RawDoc } from "../values/raw.ts";
import { CursorReply } from "../wire/cursor-reply.ts";

/** A list that fits into one batch, answered as an exhausted cursor. */
export function listReply(ns: string, docs: readonly RawDoc[], replyTo: number): Buffer {
  const reply = new CursorReply(ns, "firstBatch");
  for (const doc of docs) reply.add(doc);
  return reply.finish(0n, replyTo);
}
