import { Memory } from "../planner/sorter.ts";
import { Arena } from "../values/arena.ts";
import { locationError } from "../values/errors.ts";
import { DocWriter, doubleAt, embedded, EMPTY_DOC, fieldsOf, int32At, stringOf, T, type RawDoc, type RawValue } from "../values/raw.ts";
import { blocking, produced, type Docs } from "./docs.ts";
import { compileAccumulatorField, idDocument, type Accumulator, type AccumulatorSpec } from "./expressions/accumulators.ts";
import { compileExpression } from "./expressions/compile.ts";
import { PLAIN_ORDER, type Expr, type Names } from "./expressions/frame.ts";
import { int, NULL } from "./expressions/make.ts";
import { asDouble, typeName } from "./expressions/numbers.ts";
import { Shards } from "./expressions/shards.ts";
import type { CompileStage, Stage } from "./stage.ts";

export type Output = AccumulatorSpec & { readonly name: string };

export interface Group {
  readonly id: RawValue;
  readonly accumulators: readonly Accumulator[];
}

/** Groups by key: equal keys by the pipeline's order are one group. */
export class Groups {
  private readonly groups = new Shards<Group>();
  private readonly ids = new Arena();
  private readonly memory: Memory;

  constructor(private readonly outputs: readonly Output[], private readonly names: Names, stage: string) {
    this.memory = new Memory(stage);
  }

  /** The group of a key, made when it is new. */
  of(id: RawValue): Group {
    const key = this.keyOf(id);
    let group = this.groups.get(key);
    if (!group) {
      const { frame } = this.names;
      const root = frame.root;
      frame.root = idDocument(id, EMPTY_DOC);
      group = { id: this.ids.value(id), accumulators: this.outputs.map((o) => o.make(this.memory, frame)) };
      frame.root = root;
      this.memory.take(id.end - id.start + 120 + 80 * this.outputs.length);
      this.groups.set(key, group);
    }
    return group;
  }

  private keyOf(id: RawValue): string | number {
    const { order } = this.names;
    if (order === PLAIN_ORDER) {
      if (id.type === T.int) return int32At(id.bytes, id.start);
      if (id.type === T.string) return `\u0100${stringOf(id)}`;
      if (id.type === T.double) {
        const d = doubleAt(id.bytes, id.start);
        if (d === (d | 0)) return d | 0;
      }
    }
    if (id.type === T.long || id.type === T.decimal) {
      // A whole number of 32 bits is one key, whatever its type.
      const n = asDouble(id) | 0;
      if (order === PLAIN_ORDER && order.compare(id, int(n)) === 0) return n;
    }
    return order.keyText(id);
  }

  /** Adds the document that the frame holds. */
  add(id: RawValue): void {
    const { accumulators } = this.of(id);
    const { frame } = this.names;
    for (let i = 0; i < accumulators.length; i++) accumulators[i]!.add(this.outputs[i]!.input.run(frame), frame);
  }

  all(): Generator<Group, undefined> {
    return this.groups.values();
  }

  document({ id, accumulators }: Group): RawDoc {
    const w = new DocWriter(64).value("_id", id);
    for (let i = 0; i < accumulators.length; i++) w.value(this.outputs[i]!.name, accumulators[i]!.result() ?? NULL);
    return w.done();
  }
}

/** Groups all input by an expression. */
export const groupStageOf = (key: Expr, outputs: readonly Output[], names: Names): Stage => ({
  passing: true,
  open(input: Docs): Docs {
    const groups = new Groups(outputs, names, "$group");
    const { frame } = names;
    return blocking(input, (doc) => {
      frame.root = doc;
      groups.add(key.run(frame) ?? NULL);
    }, () => {
      const all = groups.all();
      return produced(() => {
        const next = all.next();
        return next.done ? undefined : groups.document(next.value);
      });
    });
  },
});

/** Source: mongodb.com/docs/manual/reference/operator/aggregation/group/ */
export const groupStage: CompileStage = (value, names) => {
  if (value.type !== T.object) throw locationError(15947, `a group's fields must be specified in an object, found ${typeName(value)}`);
  let key: Expr | undefined;
  const outputs: Output[] = [];
  for (const { name, value: v } of fieldsOf(embedded(value))) {
    if (name === "_id") {
      if (key) throw locationError(15948, "a group's _id may only be specified once");
      key = compileExpression(v, names);
    } else if (name === "$doingMerge") throw locationError(17030, "$doingMerge should be true if present");
    else outputs.push(compileAccumulatorField(name, v, names));
  }
  if (!key) throw locationError(15955, "a group specification must include an _id");
  return groupStageOf(key, outputs, names);
};
