import { isUtf8 } from "node:buffer";
import { ObjectId } from "bson";
import { badValue, storeError } from "./errors.ts";
import { Elements, findElement, int32At, nameBytes, T, TYPE_NAMES, valueEnd, type RawDoc, type RawValue } from "./scan.ts";
import { stampEmpty } from "./timestamp.ts";
import { DocWriter } from "./write.ts";

/** Largest stored document in bytes. Source: mongodb.com/docs/manual/reference/limits/ */
export const MAX_DOC_BYTES = 16 * 1024 * 1024;
/** Deepest nesting of a stored document. Source: the same page. */
export const MAX_DEPTH = 100;

const ID = nameBytes("_id");
const invalid = (what: string) => storeError("InvalidBSON", `Invalid BSON: ${what}`);

/** What a command may have beyond a document: it holds documents. Source: mongodb.com/docs/manual/reference/parameters/#mongodb-parameter-param.maxBSONDepth */
const COMMAND = { bytes: 16 * 1024, levels: 100 };

/** Bodies and values up to so many bytes are checked in one go. */
const AT_ONCE = 32 * 1024;
const STEP = 512;

/** Checks the body of a command as `validateDoc` does a document; a long one a little at a time. */
export function* commandChecks(body: Uint8Array): Generator<void, void> {
  if (body.length <= AT_ONCE) return validateDoc(body, COMMAND);
  checkSize(body, COMMAND.bytes);
  yield* checkLong(body, 0, body.length, 1 - COMMAND.levels);
}

/** Checks a document that came from outside: lengths, terminators, UTF-8, depth, size. @throws StoreError 22, 15 or 10334. */
export function validateDoc(doc: Uint8Array, more: typeof COMMAND = { bytes: 0, levels: 0 }): void {
  checkSize(doc, more.bytes);
  checkElements(doc, 0, doc.length, 1 - more.levels);
}

function checkSize(doc: Uint8Array, more: number): void {
  if (doc.length < 5 || int32At(doc, 0) !== doc.length) throw invalid("length prefix and size differ");
  const most = MAX_DOC_BYTES + more;
  if (doc.length > most) throw storeError("BSONObjectTooLarge", `BSONObj size: ${doc.length} is invalid. Size must be between 0 and ${most}`);
}

function checkElements(b: Uint8Array, start: number, end: number, depth: number): void {
  checkDepth(depth);
  const last = end - 1;
  let p = start + 4;
  while (p < last) {
    const at = cstring(b, p + 1, last) + 1;
    p = checked(checkValue(b[p]!, b, at, last, depth), last);
  }
  checkEnd(b, p, last);
}

/** The same with pauses between elements, and inside those that are long themselves. */
function* checkLong(b: Uint8Array, start: number, end: number, depth: number): Generator<void, void> {
  checkDepth(depth);
  const last = end - 1;
  let p = start + 4;
  for (let n = 1; p < last; n++) {
    const at = cstring(b, p + 1, last) + 1;
    const size = b[p] === T.object || b[p] === T.array ? length(b, at, last, 5) : 0;
    if (size > AT_ONCE && at + size <= last) {
      yield* checkLong(b, at, at + size, depth + 1);
      p = at + size;
    } else p = checked(checkValue(b[p]!, b, at, last, depth), last);
    if (n % STEP === 0) yield;
  }
  checkEnd(b, p, last);
}

function checkDepth(depth: number): void {
  if (depth > MAX_DEPTH) throw storeError("Overflow", `a document is nested deeper than ${MAX_DEPTH} levels`);
}

function checked(next: number, last: number): number {
  if (next > last) throw invalid("a value runs past the end of its document");
  return next;
}

function checkEnd(b: Uint8Array, at: number, last: number): void {
  if (at !== last || b[last] !== 0) throw invalid("document does not end with a zero byte");
}

function checkValue(type: number, b: Uint8Array, at: number, limit: number, depth: number): number {
  switch (type) {
    case T.string: case T.code: case T.symbol:
      return checkString(b, at, limit);
    case T.object: case T.array: {
      const end = at + length(b, at, limit, 5);
      if (end > limit) throw invalid("an embedded document runs past the end");
      checkElements(b, at, end, depth + 1);
      return end;
    }
    case T.binData:
      return at + 5 + length(b, at, limit, 0);
    case T.bool:
      if (b[at]! > 1) throw invalid("a boolean is neither 0 nor 1");
      return at + 1;
    case T.regex:
      return cstring(b, cstring(b, at, limit) + 1, limit) + 1;
    case T.dbPointer:
      return checkString(b, at, limit) + 12;
    case T.codeWithScope: {
      const end = at + length(b, at, limit, 14);
      const scope = checkString(b, at + 4, limit);
      if (end > limit || scope + length(b, scope, limit, 5) !== end) throw invalid("code with scope has a wrong length");
      checkElements(b, scope, end, depth + 1);
      return end;
    }
    default:
      if (!(type in TYPE_NAMES) || type === T.missing) throw invalid(`unknown type ${type}`);
      return valueEnd(type, b, at);
  }
}

function length(b: Uint8Array, at: number, limit: number, least: number): number {
  if (at + 4 > limit) throw invalid("a length is cut off");
  const n = int32At(b, at);
  if (n < least) throw invalid("a length is too small");
  return n;
}

function checkString(b: Uint8Array, at: number, limit: number): number {
  const n = length(b, at, limit, 1);
  const end = at + 4 + n;
  if (end > limit || b[end - 1] !== 0) throw invalid("a string has a wrong length");
  checkUtf8(b, at + 4, end - 1);
  return end;
}

function cstring(b: Uint8Array, at: number, limit: number): number {
  let p = at;
  while (p < limit && b[p] !== 0) p++;
  if (p >= limit) throw invalid("a name is not terminated");
  checkUtf8(b, at, p);
  return p;
}

function checkUtf8(b: Uint8Array, start: number, end: number): void {
  for (let i = start; i < end; i++) {
    if (b[i]! < 128) continue;
    if (!isUtf8(b.subarray(i, end))) throw invalid("text is not UTF-8");
    return;
  }
}

/** The `_id` of a stored document. */
export function idOf(doc: RawDoc): RawValue | undefined {
  const at = findElement(doc, 0, ID);
  if (at < 0) return undefined;
  const type = doc[at]!;
  return { type, bytes: doc, start: at + 5, end: valueEnd(type, doc, at + 5) };
}

/** The document with `_id` as its first field; a new ObjectId when it has none. The same bytes when nothing is to be done. */
export function withIdFirst(doc: RawDoc): RawDoc {
  const at = findElement(doc, 0, ID);
  if (at === 4) return doc;
  const w = new DocWriter(doc.length + 32);
  const last = doc.length - 1;
  if (at < 0) {
    const id = new Uint8Array(ObjectId.generate());
    return w.value("_id", { type: T.objectId, bytes: id, start: 0, end: 12 }).elements(doc, 4, last).done();
  }
  const end = valueEnd(doc[at]!, doc, at + 5);
  return w.elements(doc, at, end).elements(doc, 4, at).elements(doc, end, last).done();
}

/** Refuses an `_id` that MongoDB does not store: an array, a regex, undefined, or a document with a `$` field. @throws StoreError 53 or 52. */
export function checkId(id: RawValue): void {
  if (id.type === T.array || id.type === T.regex || id.type === T.undefined) {
    throw storeError("InvalidIdField", `The '_id' value cannot be of type ${TYPE_NAMES[id.type]}`);
  }
  if (id.type !== T.object) return;
  for (const it = new Elements(id.bytes, id.start); it.next();) {
    if (id.bytes[it.nameStart] === 36) throw storeError("DollarPrefixedFieldName", `_id fields may not contain '$'-prefixed fields: ${it.name} is not valid for storage.`);
  }
}

/** What an insert does to a document from the wire: deep check, `_id` made when absent, checked and moved to the front. */
export function prepareInsert(doc: Uint8Array): RawDoc {
  validateDoc(doc);
  const ready = stampEmpty(withIdFirst(doc));
  const id = idOf(ready);
  if (!id) throw badValue("a document needs an _id");
  checkId(id);
  if (ready.length > MAX_DOC_BYTES) throw storeError("BSONObjectTooLarge", `BSONObj size: ${ready.length} is invalid. Size must be between 0 and ${MAX_DOC_BYTES}`);
  return ready;
}
