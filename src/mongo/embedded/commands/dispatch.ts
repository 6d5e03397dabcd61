import { serialize } from "bson";
import type { Store } from "../storage/store.ts";
import { inSlices } from "../storage/turns.ts";
import { StoreError } from "../values/errors.ts";
import { Elements, stringOf, T } from "../values/raw.ts";
import { readyLists } from "../values/ready-lists.ts";
import { encodeReply } from "../wire/encode-reply.ts";
import { OP, writeMessage, type Request } from "../wire/message.ts";
import { Args, RawReply, type Reply } from "./context.ts";
import type { Cursors } from "./cursors.ts";
import { checkFields, checkReadConcern, checkWriteConcern } from "./fields.ts";
import { commandOf } from "./registry.ts";

export interface Host {
  readonly store: Store;
  readonly cursors: Cursors;
  readonly folderId: string;
  /** Whether connections come over the private socket. */
  readonly local: boolean;
  /** Told of errors that are ours, not the client's. */
  readonly onInternalError: (error: unknown, command: string) => void;
}

/** Commands whose filters may hold long lists. */
const WITH_FILTERS = new Set(["find", "aggregate", "count", "distinct", "update", "delete", "findAndModify", "findandmodify", "bulkWrite", "explain"]);

/** Runs one request and answers the bytes of its reply. Never throws: an error becomes an error reply. */
export function dispatch(host: Host, request: Request, connectionId: number): Buffer | Promise<Buffer> {
  const first = new Elements(request.body);
  const name = first.next() ? first.name : "";
  const message = (doc: Uint8Array) => writeMessage(doc, request.requestId, request.legacy);
  const encode = (reply: Reply): Buffer | Promise<Buffer> => {
    if (reply instanceof Buffer) return reply;
    const doc = reply instanceof RawReply ? reply.doc : inSlices(encodeReply(reply as Record<string, unknown>));
    return doc instanceof Promise ? doc.then(message) : message(doc);
  };
  const failed = (error: unknown) => message(serialize(errorReply(host, error, name), { ignoreUndefined: true }));
  try {
    const args = new Args(name, request.body, request.sequences);
    const db = request.database ?? args.string("$db");
    if (db === undefined) throw new StoreError(40571, "Location40571", "OP_MSG requests require a $db argument");
    const command = commandOf(args);
    host.cursors.touch(args);
    checkFields(name, request.body);
    checkConcerns(args);
    const run = () => command({ store: host.store, cursors: host.cursors, args, db, requestId: request.requestId, connectionId, expires: expiryOf(args), local: host.local, folderId: host.folderId });
    const lists = WITH_FILTERS.has(name) ? inSlices(listsOf(request)) : undefined;
    const reply = lists ? lists.then(run) : run();
    return reply instanceof Promise ? reply.then(encode).catch(failed) : encode(reply);
  } catch (error) {
    return failed(error);
  }
}

/** The reply to a message whose body can't be taken. */
export const refusal = ({ message: errmsg, code, codeName }: StoreError, message: Buffer): Buffer => writeMessage(serialize({ ok: 0, errmsg, code, codeName }), message.readInt32LE(4), message.readInt32LE(12) === OP.query);

function* listsOf({ body, sequences }: Request): Generator<void, void> {
  yield* readyLists([body]);
  for (const docs of sequences.values()) yield* readyLists(docs);
}

function checkConcerns(args: Args): void {
  const write = args.value("writeConcern");
  if (write) checkWriteConcern(write);
  const read = args.value("readConcern");
  if (read) checkReadConcern(read);
  const version = args.value("apiVersion");
  if (version && (version.type !== T.string || stringOf(version) !== "1")) throw new StoreError(322, "APIVersionError", "API version must be \"1\"");
}

/** When the command's `maxTimeMS` is over. @throws StoreError 2. Source: mongodb.com/docs/manual/tutorial/terminate-running-operations/ */
function expiryOf(args: Args): number {
  const limit = args.number("maxTimeMS") ?? 0;
  if (!(limit >= 0 && limit <= 2147483647)) throw new StoreError(2, "BadValue", `${limit} value for maxTimeMS is out of range [0, 2147483647]`);
  return limit === 0 ? Infinity : performance.now() + limit;
}

function errorReply(host: Host, error: unknown, command: string): Record<string, unknown> {
  if (error instanceof StoreError) return { ok: 0, errmsg: error.message, code: error.code, codeName: error.codeName, ...error.extra };
  host.onInternalError(error, command);
  return { ok: 0, errmsg: "The embedded store failed inside; the log has the details.", code: 1, codeName: "InternalError" };
}
