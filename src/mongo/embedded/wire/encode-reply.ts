import { serialize } from "bson";
import { DocWriter, T, type RawDoc } from "../values/raw.ts";

/** Items of a list that are encoded between two looks at the clock. */
const STEP = 64;
/** Where the value of the only field `v` of a document begins. */
const VALUE_AT = 7;

const isLong = (value: unknown): value is readonly unknown[] => Array.isArray(value) && value.length > STEP;

/** Encodes a reply. Long lists in it (of outcomes, of errors) are encoded a little at a time: 100,000 of them take a third of a second. */
export function* encodeReply(reply: Readonly<Record<string, unknown>>): Generator<void, RawDoc> {
  const lists = Object.values(reply["cursor"] ?? {}).concat(Object.values(reply));
  if (!lists.some(isLong)) return serialize(reply, { ignoreUndefined: true });
  const w = new DocWriter(64 * 1024);
  yield* fields(w, reply);
  return w.done();
}

function* fields(w: DocWriter, doc: Readonly<Record<string, unknown>>): Generator<void, void> {
  for (const [name, value] of Object.entries(doc)) {
    if (isLong(value)) {
      w.open(name, T.array);
      for (const [i, item] of value.entries()) {
        const bytes = serialize({ v: item }, { ignoreUndefined: true });
        w.item(i, { type: bytes[4]!, bytes, start: VALUE_AT, end: bytes.length - 1 });
        if (i % STEP === 0) yield;
      }
      w.close();
    } else if (name === "cursor") {
      w.open(name, T.object);
      yield* fields(w, value as Record<string, unknown>);
      w.close();
    } else {
      const bytes = serialize({ [name]: value }, { ignoreUndefined: true });
      w.elements(bytes, 4, bytes.length - 1);
    }
  }
}
