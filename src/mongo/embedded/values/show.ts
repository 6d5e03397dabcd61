import { Decimal128 } from "bson";
import { doubleAt, fieldsOf, int32At, int64At, itemsOf, stringOf, T, textAt, type RawDoc, type RawValue } from "./scan.ts";

const hex = (b: Uint8Array, start: number, end: number) => Buffer.from(b.buffer, b.byteOffset + start, end - start).toString("hex");

/** A value as MongoDB writes it into messages: `"text"`, `1.0`, `ObjectId('…')`, `{ a: 1 }`. */
export function shownValue(value: RawValue): string {
  const { type, bytes: b, start, end } = value;
  switch (type) {
    case T.double:
      return shownDouble(doubleAt(b, start));
    case T.string: case T.symbol: case T.code:
      return JSON.stringify(stringOf(value));
    case T.object:
      return shownDocument(b, start);
    case T.array:
      return `[ ${itemsOf(value).map(shownValue).join(", ")} ]`.replace("[  ]", "[]");
    case T.binData:
      return b[start + 4] === 4 && end - start === 21 ? `UUID("${hex(b, start + 5, end).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")}")` : `BinData(${b[start + 4]}, ${hex(b, start + 5, end).toUpperCase()})`;
    case T.objectId:
      return `ObjectId('${hex(b, start, end)}')`;
    case T.bool:
      return String(b[start] === 1);
    case T.date:
      return `new Date(${int64At(b, start)})`;
    case T.int:
      return String(int32At(b, start));
    case T.long:
      return String(int64At(b, start));
    case T.decimal:
      return new Decimal128(b.slice(start, end)).toString();
    case T.timestamp:
      return `Timestamp(${int32At(b, start + 4) >>> 0}, ${int32At(b, start) >>> 0})`;
    case T.regex: {
      const split = b.indexOf(0, start);
      return `/${textAt(b, start, split)}/${textAt(b, split + 1, end - 1)}`;
    }
    case T.minKey:
      return "MinKey";
    case T.maxKey:
      return "MaxKey";
    case T.null:
      return "null";
    default:
      return "undefined";
  }
}

const shownDouble = (n: number) => (Number.isInteger(n) && Math.abs(n) < 1e15 ? n.toFixed(1) : Number.isNaN(n) ? "nan.0" : n === Infinity ? "inf" : n === -Infinity ? "-inf" : String(n));

/** A document in the same form. */
export function shownDocument(doc: RawDoc, start = 0): string {
  const fields = fieldsOf(doc, start);
  return fields.length === 0 ? "{}" : `{ ${fields.map(({ name, value }) => `${name}: ${shownValue(value)}`).join(", ")} }`;
}
