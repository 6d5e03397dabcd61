import { storeError } from "./errors.ts";
import { compareBytes, encodeKey, KeyBuffer, shortenKey } from "./encode-key.ts";
import { findElement, getField, itemsOf, NONE, T, valueEnd, type RawDoc, type RawValue } from "./scan.ts";
import { compilePath, type Path } from "./walk.ts";
import { UNDEFINED_VALUE } from "./write.ts";

export interface KeyField {
  readonly path: string;
  readonly dir: 1 | -1;
}

/** Keys of one document in one index, each once, unordered. `multikey`: an array lay on some path. */
export interface IndexKeys {
  readonly keys: Uint8Array[];
  readonly multikey: boolean;
}

/** How far one field of the key has been followed. `settled`: its value goes into the key as it is. */
interface Reached {
  readonly value: RawValue;
  readonly from: number;
  readonly settled: boolean;
}

type Emit = (values: readonly (RawValue | undefined)[]) => void;

/** Prepares an index (or sort) specification for many documents. `whole` leaves keys beyond 3,900 bytes as they are. */
export function compileIndexKeys(spec: readonly KeyField[], o: { sparse?: boolean; whole?: boolean } = {}): (doc: RawDoc) => IndexKeys {
  const paths = spec.map((f) => compilePath(f.path));
  const plain = paths.every((p) => p.parts.length === 1);
  const out = new KeyBuffer();
  const finish = o.whole ? (key: Uint8Array) => key : shortenKey;

  const emitTo = (keys: Uint8Array[]): Emit => (values) => {
    if (o.sparse && values.every((v) => v === undefined)) return;
    out.at = 0;
    for (let i = 0; i < spec.length; i++) {
      const v = values[i];
      if (v) encodeKey(out, v.type, v.bytes, v.start, v.end, spec[i]!.dir);
      else encodeKey(out, T.null, NONE, 0, 0, spec[i]!.dir);
    }
    keys.push(finish(out.take()));
  };

  /** The key of a document whose fields are all at the top and no arrays; undefined when it is not as simple. */
  const plainKey = (doc: RawDoc): Uint8Array | undefined => {
    let found = false;
    out.at = 0;
    for (let i = 0; i < spec.length; i++) {
      const part = paths[i]!.parts[0]!;
      const at = findElement(doc, 0, part);
      const type = at < 0 ? T.null : doc[at]!;
      if (type === T.array) return undefined;
      found ||= at >= 0;
      const start = at < 0 ? 0 : at + part.length + 2;
      encodeKey(out, type, doc, start, at < 0 ? 0 : valueEnd(type, doc, start), spec[i]!.dir);
    }
    return found || !o.sparse ? finish(out.take()) : undefined;
  };

  return (doc) => {
    const single = plain ? plainKey(doc) : undefined;
    if (single) return { keys: [single], multikey: false };
    const keys: Uint8Array[] = [];
    const root: RawValue = { type: T.object, bytes: doc, start: 0, end: doc.length };
    const multikey = expand(paths, paths.map(() => ({ value: root, from: 0, settled: false })), emitTo(keys));
    return { keys: keys.length > 1 ? unique(keys) : keys, multikey };
  };
}

/** The same keys as lists of values, for an order that has no bytes; undefined where a field is missing. @throws StoreError 171. */
export function compileKeyValues(spec: readonly KeyField[]): (doc: RawDoc) => (RawValue | undefined)[][] {
  const paths = spec.map((f) => compilePath(f.path));
  return (doc) => {
    const keys: (RawValue | undefined)[][] = [];
    const root: RawValue = { type: T.object, bytes: doc, start: 0, end: doc.length };
    expand(paths, paths.map(() => ({ value: root, from: 0, settled: false })), (values) => keys.push([...values]));
    return keys;
  };
}

/** Keys of one document for an index specification. Missing is null, `[]` is undefined, an array gives one key an item;
 *  `sparse` leaves out keys whose every field is missing. @throws StoreError 171 when two fields of the key lie in different arrays. */
export const indexKeys = (doc: RawDoc, spec: readonly KeyField[], o: { sparse?: boolean } = {}): IndexKeys => compileIndexKeys(spec, o)(doc);

/** Follows each open field to its value or to the first array; items of that one array are then taken one by one. */
function expand(paths: readonly Path[], open: readonly (Reached | undefined)[], emit: Emit): boolean {
  const reached = open.map((o, i) => o && follow(o, paths[i]!));
  let array: RawValue | undefined;
  let holder = -1;
  for (let i = 0; i < reached.length; i++) {
    const r = reached[i];
    if (!r || r.settled) continue;
    if (!array) {
      array = r.value;
      holder = i;
    } else if (array.start !== r.value.start) {
      throw storeError("CannotIndexParallelArrays", `cannot index parallel arrays [${lastPart(paths[i]!)}] [${lastPart(paths[holder]!)}]`);
    }
  }
  if (!array) {
    emit(reached.map((r) => r?.value));
    return false;
  }
  const items = itemsOf(array);
  for (const item of items.length > 0 ? items : [UNDEFINED_VALUE]) {
    expand(paths, reached.map((r, i) => {
      if (!r || r.settled) return r;
      if (r.from === paths[i]!.parts.length) return { value: item, from: r.from, settled: true };
      return item.type === T.object ? { value: item, from: r.from, settled: false } : undefined;
    }), emit);
  }
  return true;
}

/** Goes down documents, and into an array by index where the path says so, until a value, nothing, or an array to be expanded. */
function follow(open: Reached, path: Path): Reached | undefined {
  if (open.settled) return open;
  let { value, from } = open;
  for (; from < path.parts.length; from++) {
    if (value.type === T.array) {
      const item = path.indexes[from]! < 0 ? undefined : getField(value.bytes, String(path.indexes[from]), value.start);
      if (!item) return { value, from, settled: false };
      value = item;
      continue;
    }
    if (value.type !== T.object) return undefined;
    const part = path.parts[from]!;
    const at = findElement(value.bytes, value.start, part);
    if (at < 0) return undefined;
    const type = value.bytes[at]!;
    const start = at + part.length + 2;
    value = { type, bytes: value.bytes, start, end: valueEnd(type, value.bytes, start) };
  }
  return { value, from, settled: value.type !== T.array };
}

const lastPart = (path: Path) => path.text.slice(path.text.lastIndexOf(".") + 1);

function unique(keys: Uint8Array[]): Uint8Array[] {
  keys.sort(compareBytes);
  return keys.filter((key, i) => i === 0 || compareBytes(key, keys[i - 1]!) !== 0);
}
