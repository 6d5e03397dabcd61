import { StoreError } from "../values/errors.ts";
import { DocWriter, fieldsOf, getPath, itemsOf, stringOf, T, type RawDoc, type RawValue } from "../values/raw.ts";
import { documentOf, type Stage } from "./stages.ts";

/** Runs `filter`, then `pipeline`, over another collection of the same database. */
export type Lookup = (from: string, filter: RawDoc, pipeline: readonly RawDoc[]) => Promise<RawDoc[]>;

const KNOWN = new Set(["from", "localField", "foreignField", "pipeline", "as"]);

/** `$lookup` by equality, with an optional pipeline over what was found. Each document's partners are found through the foreign field's index.
 *  Source: mongodb.com/docs/manual/reference/operator/aggregation/lookup/ */
export function compileLookup(spec: RawDoc): Stage {
  const fields = new Map(fieldsOf(spec).map((f) => [f.name, f.value]));
  for (const name of fields.keys()) if (!KNOWN.has(name)) throw new StoreError(238, "NotImplemented", `$lookup with '${name}' is not supported by the embedded store; use MONGODB_URI.`);
  const text = (name: string) => {
    const value = fields.get(name);
    if (value?.type !== T.string) throw new StoreError(9, "FailedToParse", `$lookup argument '${name}' must be a string`);
    return stringOf(value);
  };
  const [from, localField, foreignField, as] = [text("from"), text("localField"), text("foreignField"), text("as")];
  if (as.includes(".")) throw new StoreError(238, "NotImplemented", "$lookup into a nested field is not supported by the embedded store; use MONGODB_URI.");
  const inner = fields.get("pipeline");
  const pipeline = inner ? itemsOf(inner).map((stage) => documentOf("$lookup", stage)) : [];
  return async (docs, lookup) => {
    const out: RawDoc[] = [];
    for (const doc of docs) out.push(withArray(doc, as, await lookup(from, equalTo(foreignField, getPath(doc, localField)), pipeline)));
    return out;
  };
}

/** The filter for one document: equal to any of its values, or null when it has none. */
function equalTo(path: string, values: readonly RawValue[]): RawDoc {
  const wanted = values.filter((v) => v.type !== T.array && v.type !== T.regex && v.type !== T.undefined);
  const w = new DocWriter().open(path, T.object).open("$in", T.array);
  if (values.length === 0) w.null("0");
  wanted.forEach((v, i) => w.value(String(i), v));
  return w.close().close().done();
}

function withArray(doc: RawDoc, as: string, found: readonly RawDoc[]): RawDoc {
  const w = new DocWriter(doc.length + 256);
  for (const { name, value } of fieldsOf(doc)) if (name !== as) w.value(name, value);
  w.open(as, T.array);
  found.forEach((d, i) => w.doc(String(i), d));
  return w.close().done();
}
