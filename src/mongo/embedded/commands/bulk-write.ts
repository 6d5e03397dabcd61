import { Long } from "bson";
import { ensureCollection } from "../storage/ddl.ts";
import { checkDocument } from "../storage/options.ts";
import { nsOf, type Store } from "../storage/store.ts";
import { inSlices } from "../storage/turns.ts";
import { StoreError } from "../values/errors.ts";
import { prepareInsert, type RawDoc } from "../values/raw.ts";
import { Args, refuse, type Command, type Context } from "./context.ts";
import { checkFields } from "./fields.ts";
import { sliced } from "./sliced.ts";
import { checkBatch, eachStatement, failures, writeError, type Turn, type WriteError } from "./batch.ts";
import { DeleteRun, idAsJs, runUpdate } from "./write.ts";

const KINDS = ["insert", "update", "delete"] as const;
const NAMES = { filter: "filter", update: "updateMods", constants: "constants" };
interface Operation { kind: (typeof KINDS)[number]; args: Args; db: string; collection: string }
interface Done { n: number; nModified?: number; upserted?: { _id: unknown } }

/**
 * `bulkWrite`: writes to several collections in one command, each with an outcome of its own.
 * Source: mongodb.com/docs/manual/reference/command/bulkWrite/ (a command of MongoDB 8.0)
 */
export const bulkWrite: Command = async (context) => {
  const { args, db } = context;
  if (db !== "admin") throw new StoreError(13, "Unauthorized", "bulkWrite may only be run against the admin database.");
  const namespaces = args.required("nsInfo", args.docs("nsInfo")).map(namespaceOf);
  const given = args.required("ops", args.docs("ops"));
  checkBatch(given.length);
  const operations = await inSlices(operationsOf(given, namespaces));
  const ordered = args.value("ordered") === undefined || args.bool("ordered");
  const counts = { nErrors: 0, nInserted: 0, nMatched: 0, nModified: 0, nUpserted: 0, nDeleted: 0 };
  const errors: WriteError[] = [];
  const replies: (Record<string, unknown> | undefined)[] = [];
  await eachStatement(operations, ordered, (operation) => writesOne(context.store, operation), async (operation, idx, turn) => {
    try {
      const done = await carryOut(context, operation, turn);
      if (turn.skipped) return true;
      count(counts, operation.kind, done);
      replies[idx] = { ok: 1, idx, ...done };
      return true;
    } catch (error) {
      errors.push(writeError(idx, error));
      return false;
    }
  });
  for (const { index, ...failure } of (await inSlices(failures(errors))).writeErrors ?? []) replies[index] = { ok: 0, idx: index, n: 0, ...failure };
  counts.nErrors = errors.length;
  const told = replies.filter((reply) => reply !== undefined && (reply["ok"] === 0 || !args.bool("errorsOnly")));
  return replyOf(told as Record<string, unknown>[], counts);
};

const PARSED = 64;

function* operationsOf(given: readonly RawDoc[], namespaces: readonly { db: string; collection: string }[]): Generator<void, Operation[]> {
  const operations: Operation[] = [];
  for (const op of given) {
    operations.push(operationOf(op, namespaces));
    if (operations.length % PARSED === 0) yield;
  }
  return operations;
}

function namespaceOf(info: RawDoc): { db: string; collection: string } {
  const args = new Args("bulkWrite.nsInfo", info);
  checkFields(args.command, info);
  refuse(args, "encryptionInformation", "collectionUUID");
  const ns = args.required("ns", args.string("ns"));
  const dot = ns.indexOf(".");
  if (dot < 1 || dot === ns.length - 1) throw new StoreError(73, "InvalidNamespace", `Invalid namespace specified for bulkWrite: '${ns}'`);
  return { db: ns.slice(0, dot), collection: ns.slice(dot + 1) };
}

function operationOf(op: RawDoc, namespaces: readonly { db: string; collection: string }[]): Operation {
  const plain = new Args("bulkWrite.ops", op);
  const kind = KINDS.find((one) => plain.value(one) !== undefined);
  if (kind === undefined) throw new StoreError(9, "FailedToParse", "BSON field 'bulkWrite.ops' must be an insert, an update or a delete.");
  const args = new Args(`bulkWrite.${kind}`, op);
  checkFields(args.command, op);
  refuse(args, "sort");
  const at = args.number(kind)!;
  const place = namespaces[at];
  if (place === undefined) throw new StoreError(2, "BadValue", `BulkWrite ops entry ${kind} has an invalid nsInfo index.`);
  return { kind, args, ...place };
}

/** Making a collection takes a write of its own, which what follows must not overtake. */
const writesOne = (store: Store, { kind, args, db, collection }: Operation): boolean =>
  kind === "delete" ? !args.bool("multi") : store.catalog.get(nsOf(db, collection)) !== undefined && !args.bool("multi");

async function carryOut(context: Context, { kind, args, db, collection }: Operation, turn: Turn): Promise<Done> {
  if (kind === "insert") return insertOne(context, args, db, collection, turn);
  if (kind === "delete") {
    const run = new DeleteRun(context.store, nsOf(db, collection), args, context.args.doc("let"), { filter: "filter", one: !args.bool("multi") });
    await sliced(context.store, nsOf(db, collection), (deadline) => turn.step(() => run.step(deadline)), { many: run.many, bytes: 0, expires: context.expires });
    return { n: run.n };
  }
  const run = await runUpdate(context, collection, args, NAMES, turn, db);
  return { n: run.matched + (run.upserted ? 1 : 0), nModified: run.modified, ...(run.upserted ? { upserted: { _id: idAsJs(run.upserted) } } : {}) };
}

async function insertOne(context: Context, args: Args, db: string, name: string, turn: Turn): Promise<Done> {
  const { store } = context;
  const given = args.required("document", args.doc("document"));
  if (store.catalog.get(nsOf(db, name)) === undefined) await ensureCollection(store, db, name);
  await sliced(store, nsOf(db, name), () => turn.step(() => {
    const collection = store.catalog.get(nsOf(db, name));
    if (!collection) throw new StoreError(26, "NamespaceNotFound", `${nsOf(db, name)} was dropped during the insert`);
    const doc = prepareInsert(given);
    checkDocument(collection, doc, undefined, context.args.bool("bypassDocumentValidation"));
    store.records.insert(collection, doc);
    return true;
  }), { many: false, bytes: given.length, expires: context.expires });
  return { n: 1 };
}

function count(counts: Record<string, number>, kind: Operation["kind"], { n, nModified = 0, upserted }: Done): void {
  if (kind === "insert") counts["nInserted"]! += n;
  else if (kind === "delete") counts["nDeleted"]! += n;
  else {
    counts["nMatched"]! += upserted === undefined ? n : 0;
    counts["nModified"]! += nModified;
    counts["nUpserted"]! += upserted === undefined ? 0 : 1;
  }
}

/** The outcomes as a cursor that is exhausted at once, beside the counts. */
function replyOf(outcomes: readonly Record<string, unknown>[], counts: Record<string, number>): Record<string, unknown> {
  return { cursor: { id: Long.ZERO, firstBatch: outcomes, ns: "admin.$cmd.bulkWrite" }, ...counts, ok: 1 };
}
