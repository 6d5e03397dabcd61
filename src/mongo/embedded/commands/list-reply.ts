import type { RawDoc } from "../values/raw.ts";
import { Args, type Context, type Reply } from "./context.ts";
import { Cursor } from "./cursors.ts";
import { whole } from "./find.ts";

/** A list that is at hand, answered as a cursor: in one batch unless the command's `cursor` asks for smaller ones. */
export function listReply(context: Context, ns: string, docs: readonly RawDoc[]): Reply | Promise<Reply> {
  const options = context.args.doc("cursor");
  const cursor = options && new Args(`${context.args.command}.cursor`, options);
  const batchSize = cursor?.value("batchSize") ? whole(cursor, "batchSize") : docs.length + 1;
  const rest = docs.values();
  const next = () => {
    const { done, value } = rest.next();
    return done ? undefined : { recordId: 0, doc: value };
  };
  return context.cursors.first(new Cursor(ns, { next }, { skip: 0, limit: 0, project: undefined }), batchSize, false, context);
}
