import { Elements, int32At, T, type RawDoc } from "./scan.ts";

let last = { seconds: 0, increment: 0 };

/** Eight bytes of a BSON Timestamp of now; each is later than the one before in this process. */
export function timestampBytes(nowMs: number): Uint8Array {
  const seconds = Math.max(Math.floor(nowMs / 1000), last.seconds);
  last = { seconds, increment: seconds === last.seconds ? last.increment + 1 : 1 };
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, last.increment, true);
  view.setUint32(4, seconds, true);
  return bytes;
}

/** The document with its empty timestamps at the top level, `_id` left out, set to now. The same bytes when there are none.
 *  Source: mongodb.com/docs/manual/reference/bson-types/#timestamps */
export function stampEmpty(doc: RawDoc): RawDoc {
  let out = doc;
  for (const it = new Elements(doc); it.next();) {
    if (it.type !== T.timestamp || int32At(doc, it.start) !== 0 || int32At(doc, it.start + 4) !== 0 || it.name === "_id") continue;
    if (out === doc) out = Uint8Array.prototype.slice.call(doc);
    out.set(timestampBytes(Date.now()), it.start);
  }
  return out;
}
