/** The door of this room to raw BSON: reading (scan, walk), writing, checking, and decoding where bytes are not enough. */
import { deserialize, serialize } from "bson";
import { T, type RawDoc, type RawValue } from "./scan.ts";
import { DocWriter } from "./write.ts";

export {
  countItems, doubleAt, Elements, embedded, fieldsOf, findElement, getField, getPlainPath, identical, int32At, int64At, isNumeric, itemsOf, longAsNumber,
  nameBytes, numberOf, stringOf, T, textAt, truthy, TYPE_NAMES, valueEnd, type RawDoc, type RawValue,
} from "./scan.ts";
export { dateValue, DocWriter, doubleValue, EMPTY_DOC, intValue, longValue, makeValue, NULL_VALUE, UNDEFINED_VALUE } from "./write.ts";
export { checkId, commandChecks, idOf, MAX_DEPTH, MAX_DOC_BYTES, prepareInsert, validateDoc, withIdFirst } from "./validate.ts";
export { compilePath, getDistinct, getPath, walk, walkValue, type LeafArrays, type Path, type Visit } from "./walk.ts";

/** A document as JS. `exact` keeps every BSON type as an object (Int32, Double, Long, BSONRegExp), else numbers become JS numbers. */
export const toJs = (doc: RawDoc, o: { exact?: boolean } = {}): Record<string, unknown> =>
  deserialize(doc, o.exact ? { promoteValues: false, bsonRegExp: true } : { promoteLongs: true });

/** BSON of a JS document. */
export const fromJs = (doc: Record<string, unknown>): RawDoc => serialize(doc, { ignoreUndefined: false });

/** One value as JS, for messages and catalog entries. */
export const valueToJs = (value: RawValue): unknown => (value.type === T.missing ? undefined : toJs(new DocWriter(64).value("v", value).done())["v"]);

/** One JS value as BSON. */
export function valueFromJs(js: unknown): RawValue {
  const bytes = fromJs({ v: js });
  return { type: bytes[4]!, bytes, start: 7, end: bytes.length - 1 };
}
