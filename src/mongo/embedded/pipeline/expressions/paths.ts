import { Elements, findElement, nameBytes, T, valueEnd, type RawValue } from "../../values/raw.ts";
import { array } from "./make.ts";

export type Parts = readonly Uint8Array[];

export const splitPath = (path: string): Parts => path.split(".").map(nameBytes);

/** The value of a field path in the document at `docStart`, as expressions see it: through an array, the array of what its documents have there;
 *  numbers are names, never indexes. Source: mongodb.com/docs/manual/core/field-paths/ */
export function follow(b: Uint8Array, docStart: number, parts: Parts, from = 0): RawValue | undefined {
  const part = parts[from]!;
  const at = findElement(b, docStart, part);
  if (at < 0) return undefined;
  const type = b[at]!;
  const start = at + part.length + 2;
  if (from + 1 === parts.length) return { type, bytes: b, start, end: valueEnd(type, b, start) };
  if (type === T.object) return follow(b, start, parts, from + 1);
  return type === T.array ? followArray(b, start, parts, from + 1) : undefined;
}

function followArray(b: Uint8Array, start: number, parts: Parts, from: number): RawValue {
  const found: RawValue[] = [];
  for (const it = new Elements(b, start); it.next();) {
    if (it.type !== T.object) continue;
    const value = follow(b, it.start, parts, from);
    if (value) found.push(value);
  }
  return array(found);
}

/** The same from a value on, which may be an array of documents itself. */
export function followValue(value: RawValue | undefined, parts: Parts): RawValue | undefined {
  if (value?.type === T.object) return follow(value.bytes, value.start, parts);
  return value?.type === T.array ? followArray(value.bytes, value.start, parts, 0) : undefined;
}
