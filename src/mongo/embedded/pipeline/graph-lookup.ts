import { PAUSE } from "../planner/query.ts";
import { Memory } from "../planner/sorter.ts";
import { Clock } from "../storage/turns.ts";
import { locationError } from "../values/errors.ts";
import { compileAst, filterAst, type FilterNode } from "../values/match.ts";
import { embedded, fieldsOf, getField, itemsOf, stringOf, T, type RawDoc, type RawValue } from "../values/raw.ts";
import { Reader, type Docs } from "./docs.ts";
import { checkPath, compileExpression } from "./expressions/compile.ts";
import type { Expr, Names } from "./expressions/frame.ts";
import { ArrayBuilder, detached, documentValue, long } from "./expressions/make.ts";
import { asDouble, numeric, typeName } from "./expressions/numbers.ts";
import { equalToSome, valuesAt } from "./lookup.ts";
import { replaceAt } from "./nested.ts";
import type { Pipeline } from "./pipeline.ts";
import type { CompileStage, World } from "./stage.ts";

interface Graph {
  readonly as: readonly string[];
  readonly start: Expr;
  readonly from: string;
  readonly to: string;
  readonly maxDepth: number;
  readonly depthField: readonly string[] | undefined;
  readonly restrict: FilterNode | undefined;
  readonly pipeline: Pipeline;
}

const STRINGS = new Set(["from", "as", "connectFromField", "connectToField", "depthField"]);

/** Source: mongodb.com/docs/manual/reference/operator/aggregation/graphLookup/ */
export const graphLookupStage: CompileStage = (value, names, place) => {
  if (value.type !== T.object) throw locationError(40327, `the $graphLookup stage specification must be an object, but found ${typeName(value)}`);
  const texts = new Map<string, string>();
  let start: Expr | undefined;
  let maxDepth = Infinity;
  let restrict: FilterNode | undefined;
  for (const { name, value: v } of fieldsOf(value.bytes, value.start)) {
    if (name === "startWith") start = compileExpression(v, names);
    else if (name === "maxDepth") maxDepth = depthOf(v);
    else if (name === "restrictSearchWithMatch") {
      if (v.type !== T.object) throw locationError(40185, `restrictSearchWithMatch must be an object, found ${typeName(v)}`);
      restrict = filterAst(embedded(v), names);
      compileAst(restrict, names.collation);
    } else if (!STRINGS.has(name)) throw locationError(40104, `Unknown argument to $graphLookup: ${name}`);
    else if (v.type !== T.string) throw locationError(40103, `expected string as argument for ${name}, found: ${typeName(v)}`);
    else texts.set(name, stringOf(v));
  }
  const [as, from, to, collection, depthField] = ["as", "connectFromField", "connectToField", "from", "depthField"].map((name) => texts.get(name));
  if (!start || as === undefined || from === undefined || to === undefined || collection === undefined) {
    throw locationError(40105, "$graphLookup requires 'from', 'as', 'startWith', 'connectFromField', and 'connectToField' to be specified.");
  }
  for (const path of [as, from, to, depthField]) if (path !== undefined) checkPath(path);
  const pipeline = place.compile([], names, { collection, inside: "$lookup" });
  const graph: Graph = { as: as.split("."), start, from, to, maxDepth, depthField: depthField?.split("."), restrict, pipeline };
  return {
    open(input, world) {
      let search: Search | undefined;
      return {
        next(deadline) {
          if (!search) {
            const doc = input.next(deadline);
            if (doc === undefined || doc === PAUSE) return doc;
            search = new Search(doc, graph, names, world);
          }
          const out = search.run(deadline);
          if (!out) return PAUSE;
          search = undefined;
          return out;
        },
      } satisfies Docs;
    },
  };
};

function depthOf(v: RawValue): number {
  if (!numeric(v)) throw locationError(40100, `maxDepth requires numeric argument, found type: ${typeName(v)}`);
  const n = asDouble(v);
  if (n < 0) throw locationError(40101, `maxDepth requires a nonnegative argument, found: ${n}`);
  if (!Number.isInteger(n)) throw locationError(40102, `maxDepth could not be represented as a long long: ${n}`);
  return n;
}

/** Values that one query asks for. */
const ASKED = 500;

/** One document's search, level by level; it stops at pauses and goes on. */
class Search {
  private readonly found = new ArrayBuilder();
  private readonly seen = new Set<string>();
  private readonly asked = new Set<string>();
  private readonly memory = new Memory("$graphLookup");
  private readonly clock = new Clock();
  /** What is asked for on this level, and on the next. */
  private frontier: RawValue[] = [];
  private beyond: RawValue[] = [];
  private depth = -1;
  private reader: Reader | undefined;
  private looked = 0;
  /** Values that were met and are not yet known to be new. */
  private met: RawValue[] = [];

  constructor(private readonly doc: RawDoc, private readonly graph: Graph, private readonly names: Names, private readonly world: World) {
    names.frame.root = doc;
    const first = graph.start.run(names.frame);
    if (first) this.met = first.type === T.array ? itemsOf(first) : [first];
  }

  /** Takes what was met into the next level; false at a pause. */
  private reach(deadline: number): boolean {
    for (let v = this.met.pop(); v; v = this.met.pop()) {
      const key = this.names.order.keyText(v);
      if (!this.asked.has(key)) {
        this.asked.add(key);
        this.memory.take(v.end - v.start + key.length + 80);
        this.beyond.push(detached(v));
      }
      if (this.clock.over(deadline)) return false;
    }
    return true;
  }

  /** The finished document, undefined at a pause. */
  run(deadline: number): RawDoc | undefined {
    const { graph, names } = this;
    for (;;) {
      if (!this.reach(deadline)) return undefined;
      if (!this.reader) {
        if (this.frontier.length === 0) {
          this.depth++;
          if (this.beyond.length === 0 || this.depth > graph.maxDepth) return replaceAt(this.doc, graph.as, this.found.value());
          [this.frontier, this.beyond] = [this.beyond, []];
        }
        const children: FilterNode[] = [equalToSome(graph.to, this.frontier.splice(-ASKED)), ...(graph.restrict ? [graph.restrict] : [])];
        this.reader = new Reader(graph.pipeline.open(this.world, { more: { kind: "and", children } }), this.memory);
      }
      if (!this.reader.read(deadline)) return undefined;
      for (; this.looked < this.reader.docs.length; this.looked++) {
        if (this.clock.over(deadline)) return undefined;
        const doc = this.reader.docs[this.looked]!;
        const key = names.order.keyText(getField(doc, "_id"));
        if (this.seen.has(key)) continue;
        this.seen.add(key);
        this.found.push(documentValue(graph.depthField ? replaceAt(doc, graph.depthField, long(BigInt(this.depth))) : doc));
        for (const v of valuesAt(doc, graph.from)) this.met.push(v);
      }
      this.reader = undefined;
      this.looked = 0;
    }
  }
}
