import type { RawValue } from "./scan.ts";

/** A long list of `$in` or `$nin` whose values are single points: `texts` are their keys, one character a byte, in order and each once. */
export interface PointList {
  readonly items: readonly RawValue[];
  readonly texts: readonly string[];
}

/** By the memory they lie in and their place there, so that whoever parses the filter later finds them. */
const ready = new WeakMap<ArrayBufferLike, Map<number, PointList>>();

const placeOf = (value: RawValue) => value.bytes.byteOffset + value.start;

export function keepPointList(value: RawValue, list: PointList): void {
  const lists = ready.get(value.bytes.buffer) ?? new Map<number, PointList>();
  lists.set(placeOf(value), list);
  ready.set(value.bytes.buffer, lists);
}

/** The list at a value, when it was made ready. */
export const pointListAt = (value: RawValue): PointList | undefined => ready.get(value.bytes.buffer)?.get(placeOf(value));

/** Whether a key lies in a list. */
export function holdsKey({ texts }: PointList, text: string): boolean {
  let lo = 0;
  let hi = texts.length;
  while (lo < hi) {
    const mid = (lo + hi) >> 1;
    if (texts[mid]! < text) lo = mid + 1;
    else hi = mid;
  }
  return texts[lo] === text;
}
