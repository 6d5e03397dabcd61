import { compareBytes, isInexactKey } from "../values/key.ts";
import { getField, T, type RawDoc, type RawValue } from "../values/raw.ts";
import type { Catalog, Collection, Index } from "./catalog.ts";
import { changedFields, concerns } from "./changed-fields.ts";
import { duplicateKey } from "./duplicate-key.ts";
import { plainBytes, type Env } from "./env.ts";
import { docKey, entryKey, readRecordId, recordIdBytes } from "./keys.ts";

const EMPTY = new Uint8Array(0);
/** Beyond so many table writes of one document no other of its collection is thought to need as many. */
const WIDEST = 100;

/** Reading and writing documents together with their index entries. Writes run inside a write transaction. Every document is checked
 *  (keys computed, uniqueness proven) before the first table is touched, so a refusal leaves nothing behind. */
export class Records {
  private readonly touched = new Set<Collection>();
  private readonly flagged = new Set<Collection>();
  private journal: { collection: Collection; documents: number; bytes: number }[] = [];

  /** Whether a table was written to since `begin`. */
  wrote = false;

  /** `room`: told of the bytes of each document and of its table writes before the first of them; throws NeedRoom. */
  constructor(private readonly env: Env, private readonly catalog: Catalog, private readonly room: (bytes: number, writes: number) => void) {}

  /** The document of a record, valid for as long as it is kept. */
  read(collection: Collection, recordId: number): RawDoc | undefined {
    const doc = this.env.docs.getBinary(docKey(collection.id, recordId));
    return doc && plainBytes(doc);
  }

  /** Stores a new document (`_id` first, validated). @throws StoreError 11000; NeedRoom. */
  insert(collection: Collection, doc: RawDoc): void {
    const recordId = collection.nextRecord;
    const entries = collection.indexes.map((index) => this.entriesOf(collection, index, doc));
    collection.indexes.forEach((index, i) => this.checkUnique(collection, index, entries[i]!, recordId, doc));
    this.take(collection, doc.length, entries);
    collection.nextRecord++;
    void this.env.docs.put(docKey(collection.id, recordId), doc);
    collection.indexes.forEach((index, i) => {
      for (const key of entries[i]!) this.putEntry(index, key, recordId);
    });
    this.count(collection, 1, doc.length);
  }

  /** Replaces a record's document. @throws StoreError 11000; NeedRoom. */
  replace(collection: Collection, recordId: number, before: RawDoc, after: RawDoc): void {
    const changed = changedFields(before, after);
    const changes = collection.indexes.map((index) => {
      if (index === collection.idIndex || !concerns(index, changed)) return undefined;
      return difference(this.entriesOf(collection, index, before), this.entriesOf(collection, index, after));
    });
    collection.indexes.forEach((index, i) => {
      const change = changes[i];
      if (change) this.checkUnique(collection, index, change.added, recordId, after);
    });
    this.room(after.length, changes.reduce((n, change) => n + (change ? change.removed.length + change.added.length : 0), 1));
    this.wrote = true;
    void this.env.docs.put(docKey(collection.id, recordId), after);
    collection.indexes.forEach((index, i) => {
      const change = changes[i];
      if (!change) return;
      for (const key of change.removed) this.removeEntry(index, key, recordId);
      for (const key of change.added) this.putEntry(index, key, recordId);
    });
    this.count(collection, 0, after.length - before.length);
  }

  /** Removes a record. @throws NeedRoom. */
  remove(collection: Collection, recordId: number, doc: RawDoc): void {
    const entries = collection.indexes.map((index) => this.entriesOf(collection, index, doc));
    this.take(collection, 0, entries);
    collection.indexes.forEach((index, i) => {
      for (const key of entries[i]!) this.removeEntry(index, key, recordId);
    });
    void this.env.docs.remove(docKey(collection.id, recordId));
    this.count(collection, -1, -doc.length);
  }

  /** Adds one existing document to an index that is being built; answers how many entries. @throws StoreError 11000; NeedRoom. */
  addToIndex(collection: Collection, index: Index, recordId: number, doc: RawDoc): number {
    const entries = this.entriesOf(collection, index, doc);
    this.checkUnique(collection, index, entries, recordId, doc);
    this.room(0, entries.length);
    this.wrote = true;
    for (const key of entries) this.putEntry(index, key, recordId);
    return entries.length;
  }

  /** Makes sure of room for a document with all its entries. */
  private take(collection: Collection, bytes: number, entries: readonly (readonly Uint8Array[])[]): void {
    const writes = entries.reduce((n, keys) => n + keys.length, 1);
    collection.widest = Math.max(collection.widest, Math.min(writes, WIDEST));
    this.room(bytes, writes);
    this.wrote = true;
  }

  /** Begins a job whose effect on the counts can be taken back by `undo`. */
  begin(): void {
    this.journal = [];
    this.wrote = false;
  }

  undo(): void {
    for (const { collection, documents, bytes } of this.journal) this.add(collection, -documents, -bytes);
    this.journal = [];
  }

  /** Writes counts and index flags of what the batch changed; the last act of its transaction. */
  flush(): void {
    const exists = (collection: Collection) => this.catalog.get(collection.ns) === collection;
    for (const collection of this.touched) if (exists(collection)) this.catalog.saveStat(collection);
    for (const collection of this.flagged) if (exists(collection)) this.catalog.save(collection);
    this.touched.clear();
    this.flagged.clear();
  }

  private count(collection: Collection, documents: number, bytes: number): void {
    this.journal.push({ collection, documents, bytes });
    this.add(collection, documents, bytes);
  }

  private add(collection: Collection, documents: number, bytes: number): void {
    collection.count += documents;
    collection.bytes += bytes;
    this.touched.add(collection);
  }

  private entriesOf(collection: Collection, index: Index, doc: RawDoc): Uint8Array[] {
    if (index.partial && !index.partial.matches(doc)) return [];
    const { keys, multikey } = index.keysOf(doc);
    if (multikey) this.flag(collection, index, arrayFields(index, doc));
    if (!index.inexact && keys.some(isInexactKey)) {
      index.inexact = true;
      this.flagged.add(collection);
    }
    return keys;
  }

  private flag(collection: Collection, index: Index, fields: number): void {
    if ((index.multikey | fields) === index.multikey) return;
    index.multikey |= fields;
    this.flagged.add(collection);
  }

  private checkUnique(collection: Collection, index: Index, keys: readonly Uint8Array[], recordId: number, doc: RawDoc): void {
    if (!index.unique) return;
    for (const key of keys) {
      const holder = this.env.idx.getBinaryFast(entryKey(index.id, key));
      if (holder && readRecordId(holder, 0) !== recordId) throw duplicateKey(collection, index, doc, key);
    }
  }

  private putEntry(index: Index, key: Uint8Array, recordId: number): void {
    if (index.unique) void this.env.idx.put(entryKey(index.id, key), recordIdBytes(recordId));
    else void this.env.idx.put(entryKey(index.id, key, recordId), EMPTY);
  }

  private removeEntry(index: Index, key: Uint8Array, recordId: number): void {
    void this.env.idx.remove(index.unique ? entryKey(index.id, key) : entryKey(index.id, key, recordId));
  }
}

/** The fields of an index, as bits, whose path meets an array in the document. */
function arrayFields(index: Index, doc: RawDoc): number {
  let bits = 0;
  index.fields.forEach(({ path }, i) => {
    let at: RawValue | undefined = { type: T.object, bytes: doc, start: 0, end: doc.length };
    for (const part of path.split(".")) {
      at = at.type === T.object ? getField(at.bytes, part, at.start) : undefined;
      if (!at) return;
      if (at.type === T.array) {
        bits |= 1 << i;
        return;
      }
    }
  });
  return bits;
}

/** What to remove and add when a document's keys change from `before` to `after`; undefined when they are the same. */
function difference(before: readonly Uint8Array[], after: readonly Uint8Array[]): { removed: Uint8Array[]; added: Uint8Array[] } | undefined {
  if (before.length === after.length && before.every((key, i) => compareBytes(key, after[i]!) === 0)) return undefined;
  const text = (key: Uint8Array) => Buffer.from(key.buffer, key.byteOffset, key.length).toString("latin1");
  const old = new Set(before.map(text));
  const now = new Set(after.map(text));
  return { removed: before.filter((key) => !now.has(text(key))), added: after.filter((key) => !old.has(text(key))) };
}
