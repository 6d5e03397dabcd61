import { locationError } from "../values/errors.ts";
import { DocWriter, Elements, itemsOf, T, type RawValue } from "../values/raw.ts";
import { mapped } from "./docs.ts";
import { compileExpression } from "./expressions/compile.ts";
import { indexName, text } from "./expressions/make.ts";
import type { CompileStage } from "./stage.ts";

/** Source: mongodb.com/docs/manual/reference/operator/aggregation/redact/ */
export const redactStage: CompileStage = (value, names) => {
  const { names: inside, places } = names.bind("CURRENT", "KEEP", "PRUNE", "DESCEND");
  const [current, ...marks] = places as [number, number, number, number];
  const [keep, prune, descend] = [text("keep"), text("prune"), text("descend")];
  const expr = compileExpression(value, inside);
  const { frame } = names;
  const decide = (doc: RawValue): RawValue | undefined => {
    frame.slots[current] = doc;
    const verdict = expr.run(frame);
    if (verdict === keep) return doc;
    if (verdict === prune) return undefined;
    if (verdict !== descend) throw locationError(17053, "$redact's expression should not return anything aside from the variables $$KEEP, $$DESCEND, and $$PRUNE");
    const w = new DocWriter(doc.end - doc.start);
    for (const it = new Elements(doc.bytes, doc.start); it.next();) write(w, it.name, it.value());
    const bytes = w.done();
    return { type: T.object, bytes, start: 0, end: bytes.length };
  };
  const write = (w: DocWriter, name: string, v: RawValue): boolean => {
    if (v.type === T.object) {
      const left = decide(v);
      if (left) w.value(name, left);
      return left !== undefined;
    }
    if (v.type === T.array) {
      w.open(name, T.array);
      let n = 0;
      for (const item of itemsOf(v)) if (write(w, indexName(n), item)) n++;
      w.close();
    } else w.value(name, v);
    return true;
  };
  return {
    open: (input) => mapped(input, (doc) => {
      frame.root = doc;
      marks.forEach((place, i) => { frame.slots[place] = [keep, prune, descend][i]!; });
      const left = decide({ type: T.object, bytes: doc, start: 0, end: doc.length });
      return left && left.bytes.subarray(left.start, left.end);
    }),
  };
};
