/** Documents that differ from one that is stored already in a few marked values only: its bytes and those of its index entries are taken with the values changed. */
import type { Collection, Index } from "../../src/mongo/embedded/storage/catalog.ts";
import { entryKey, docKey, recordIdBytes, writeRecordId } from "../../src/mongo/embedded/storage/keys.ts";
import type { Store } from "../../src/mongo/embedded/storage/store.ts";
import { valueKey } from "../../src/mongo/embedded/values/key.ts";
import { dateValue, type RawDoc } from "../../src/mongo/embedded/values/raw.ts";

/** A marked value: a text that occurs nowhere else, as long in every document, or a date. */
type Mark = string | Date;

const EMPTY = new Uint8Array(0);
const inverted = (bytes: Uint8Array): Uint8Array => bytes.map((byte) => ~byte);

/** How a marked value is written in documents and in rising and falling index entries. */
export function formsOf(mark: Mark): Uint8Array[] {
  if (typeof mark === "string") return [Buffer.from(mark), inverted(Buffer.from(mark))];
  const little = Buffer.alloc(8);
  little.writeBigInt64LE(BigInt(mark.getTime()));
  const key = valueKey(dateValue(mark.getTime()));
  return [little, key, inverted(key)];
}

interface Place { readonly at: number; readonly mark: number; readonly form: number }

function placesIn(bytes: Uint8Array, marks: readonly Uint8Array[][]): Place[] {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return marks.flatMap((forms, mark) => forms.flatMap((form, f) => {
    const places: Place[] = [];
    for (let at = all.indexOf(form); at >= 0; at = all.indexOf(form, at + 1)) places.push({ at, mark, form: f });
    return places;
  }));
}

interface Piece { readonly bytes: Uint8Array; readonly places: readonly Place[] }

/** Stores copies of one document of a collection. The document was stored the usual way, so that what the catalog says of the indexes is true for copies too. */
export class Stamp {
  private readonly doc: Piece;
  private readonly entries: readonly (Piece & { readonly unique: boolean })[];

  constructor(private readonly store: Store, private readonly collection: Collection, doc: RawDoc, marks: readonly Mark[]) {
    const forms = marks.map(formsOf);
    const piece = (bytes: Uint8Array): Piece => ({ bytes, places: placesIn(bytes, forms) });
    const keysOf = (index: Index) => (index.partial && !index.partial.matches(doc) ? [] : index.keysOf(doc).keys);
    this.doc = piece(doc.slice());
    this.entries = collection.indexes.flatMap((index) => keysOf(index).map((key) => ({ ...piece(entryKey(index.id, key, index.unique ? undefined : 0)), unique: index.unique })));
  }

  /** Stores one copy with other values in the marked places. Inside a write transaction; the counts are the caller's to save. */
  copy(forms: readonly (readonly Uint8Array[])[]): void {
    const { env } = this.store;
    const set = ({ bytes, places }: Piece): Uint8Array => {
      for (const { at, mark, form } of places) bytes.set(forms[mark]![form]!, at);
      return bytes;
    };
    const recordId = this.collection.nextRecord++;
    const id = recordIdBytes(recordId);
    void env.docs.put(docKey(this.collection.id, recordId), set(this.doc));
    for (const entry of this.entries) {
      const key = set(entry);
      if (!entry.unique) writeRecordId(key, key.length - 8, recordId);
      void env.idx.put(key, entry.unique ? id : EMPTY);
    }
    this.collection.count++;
    this.collection.bytes += this.doc.bytes.length;
  }
}
