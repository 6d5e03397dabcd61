import { Query } from "../planner/query.ts";
import { explained } from "../planner/explain.ts";
import type { Collection } from "../storage/catalog.ts";
import { nsOf } from "../storage/store.ts";
import { StoreError } from "../values/errors.ts";
import { EMPTY_DOC, toJs, type RawDoc } from "../values/raw.ts";
import { Args, collectionName, scopeOf, type Command, type Context } from "./context.ts";
import { forEachMatch, hintOf, prepareFind, whole } from "./find.ts";

const VERBOSITIES = new Set(["queryPlanner", "executionStats", "allPlansExecution"]);
/** The stage that a command puts around its query. */
const AROUND: Readonly<Record<string, string>> = { count: "COUNT", update: "UPDATE", delete: "DELETE", findAndModify: "UPDATE", findandmodify: "UPDATE" };

/** `explain` of find, count, distinct, update, delete, findAndModify and of an aggregate's leading `$match` and `$sort`. */
export const explain: Command = async (context) => {
  const inner = context.args.required("explain", context.args.doc("explain"));
  const command = Object.keys(toJs(inner))[0] ?? "";
  const args = new Args(command, inner);
  const ns = nsOf(context.db, collectionName({ ...context, args }));
  const collection = context.store.catalog.get(ns);
  const verbosity = context.args.string("verbosity") ?? "allPlansExecution";
  if (!VERBOSITIES.has(verbosity)) throw new StoreError(2, "BadValue", `Enumeration value '${verbosity}' for field 'explain.verbosity' is not a valid value.`);
  const ran = verbosity !== "queryPlanner";
  const started = performance.now();
  const { query, limit } = queryOf(context, args, command, collection, ns);
  let returned = 0;
  if (query && ran) {
    await forEachMatch({ next: (deadline) => (limit > 0 && returned >= limit ? undefined : query.next(deadline)) }, () => returned++, context.expires);
  }
  return explained({ ns, plan: query?.plan, covered: query?.covered ?? false, examined: query?.examined ?? { keys: 0, docs: 0 }, returned, millis: performance.now() - started, command: inner, around: AROUND[command] }, ran);
};

function queryOf(context: Context, args: Args, command: string, collection: Collection | undefined, ns: string): { query: Query | undefined; limit: number } {
  const of = (filter: RawDoc | undefined, sort: RawDoc | undefined, limit: number) => ({
    query: collection && new Query(context.store.env, collection, { filter: filter ?? EMPTY_DOC, sort, hint: hintOf(args, collection), enough: limit, scope: scopeOf(args, collection), counting: command === "count" }), limit,
  });
  switch (command) {
    case "find":
      return { query: prepareFind(context, args, collection, ns).query, limit: whole(args, "limit") > 0 ? whole(args, "limit") + whole(args, "skip") : 0 };
    case "count": case "distinct":
      return of(args.doc("query"), undefined, 0);
    case "findAndModify": case "findandmodify":
      return of(args.doc("query"), args.doc("sort"), 1);
    case "update": case "delete": {
      const [first] = args.required(`${command}s`, args.docs(`${command}s`));
      const q = new Args(command, first ?? EMPTY_DOC);
      return of(q.doc("q"), undefined, q.bool("multi") || (command === "delete" && q.number("limit") === 0) ? 0 : 1);
    }
    case "aggregate": {
      const stages = args.required("pipeline", args.docs("pipeline")).map((stage) => new Args("stage", stage));
      const match = stages[0]?.doc("$match");
      const after = stages.slice(match ? 1 : 0);
      const limit = after[1]?.number("$limit") ?? (after[0]?.number("$limit") ?? 0);
      return of(match, after[0]?.doc("$sort"), limit);
    }
    default:
      throw new StoreError(59, "CommandNotFound", `Explain failed due to unknown command: ${command}`);
  }
}
