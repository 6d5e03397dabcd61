import { randomUUID } from "node:crypto";
import { deserialize, serialize, Binary } from "bson";
import { compileIndexKeys, type IndexKeys, type KeyField } from "../values/key.ts";
import { compileAst, filterAst, type FilterNode } from "../values/match.ts";
import { embedded, fieldsOf, getField, numberOf, stringOf, truthy, type RawDoc } from "../values/raw.ts";
import { afterPrefix, readRecordId, u32Key } from "./keys.ts";
import type { Env } from "./env.ts";
import { collectionOptions, NO_OPTIONS, type CollectionOptions } from "./options.ts";

/** One index of a collection. `spec` is what listIndexes answers. */
export interface Index {
  readonly id: number;
  readonly name: string;
  readonly spec: RawDoc;
  readonly fields: readonly KeyField[];
  readonly unique: boolean;
  readonly sparse: boolean;
  /** Kept up to date, but not used by any plan. */
  readonly hidden: boolean;
  readonly partial: { readonly ast: FilterNode; readonly matches: (doc: RawDoc) => boolean } | undefined;
  readonly expireAfterSeconds: number | undefined;
  readonly keysOf: (doc: RawDoc) => IndexKeys;
  readonly prefix: Uint8Array;
  /** Bit i: field i has met an array. Set before the commit that brings the first such document. */
  multikey: number;
  /** Some key was longer than LMDB keeps and was shortened. */
  inexact: boolean;
  /** Whether the disk holds all entries. Writers maintain an index from the moment it is in the catalog. */
  built: boolean;
  /** Whether plans may use it: built, and committed. */
  usable: boolean;
}

export interface Collection {
  readonly id: number;
  readonly db: string;
  readonly name: string;
  readonly ns: string;
  readonly uuid: string;
  readonly indexes: Index[];
  readonly idIndex: Index;
  /** Changed by collMod. */
  options: CollectionOptions;
  nextRecord: number;
  count: number;
  bytes: number;
  /** The most table writes, within bounds, that one document has needed: what is guessed of the next. */
  widest: number;
  /** Changes when an index comes or goes, so that cached plans can be told from current ones. */
  version: number;
  /** The index that was chosen for a shape of query, and how often the choice may still be used. */
  readonly choices: Map<string, { index: string; left: number }>;
}

interface StoredIndex {
  id: number;
  spec: Binary;
  multikey: number;
  inexact: boolean;
  built: boolean;
}

interface StoredCollection {
  db: string;
  name: string;
  uuid: string;
  indexes: StoredIndex[];
  options?: Binary;
}

/** Table writes of a document of which nothing is known yet: itself and its index entries. */
const WRITES_PER_DOC = 8;
const FORMAT = 1;
const FORMAT_KEY = Buffer.from("format");
const IDS_KEY = Buffer.from("ids");
const COLLECTIONS = Buffer.from("c");
const collectionKey = (id: number) => Buffer.concat([COLLECTIONS, u32Key(id)]);

/** Reads an index specification as createIndexes takes it (already checked) into its working form. */
export function makeIndex(id: number, spec: RawDoc): Index {
  const key = getField(spec, "key")!;
  const fields = fieldsOf(key.bytes, key.start).map(({ name, value }): KeyField => ({ path: name, dir: (numberOf(value) ?? 1) < 0 ? -1 : 1 }));
  const flag = (name: string) => {
    const value = getField(spec, name);
    return value !== undefined && truthy(value);
  };
  const partial = getField(spec, "partialFilterExpression");
  const ttl = getField(spec, "expireAfterSeconds");
  const ast = partial && filterAst(embedded(partial));
  const sparse = flag("sparse");
  return {
    id,
    name: stringOf(getField(spec, "name")!),
    spec,
    fields,
    unique: flag("unique") || (fields.length === 1 && fields[0]!.path === "_id"),
    sparse,
    hidden: flag("hidden"),
    partial: ast && { ast, matches: compileAst(ast) },
    expireAfterSeconds: ttl && numberOf(ttl),
    keysOf: compileIndexKeys(fields, { sparse }),
    prefix: u32Key(id),
    multikey: 0,
    inexact: false,
    built: true,
    usable: true,
  };
}

/** What collections and indexes exist, in memory and in the `meta` table. Every `put…`/`remove…` runs inside a write transaction and touches the disk only;
 *  memory follows after the commit (`adopt…`). */
export class Catalog {
  readonly collections = new Map<string, Collection>();
  private nextId = 1;
  private readonly env: Env;

  constructor(env: Env) {
    this.env = env;
    const format = env.meta.get(FORMAT_KEY);
    if (format && format[0] !== FORMAT) throw Object.assign(new Error(`STORE_FORMAT: the data folder was written by a newer Threadline (store format ${format[0]}, this one reads ${FORMAT}). Nothing was changed. Start the newer version again, or restore a backup of this one.`), { code: "STORE_FORMAT" });
    this.load();
  }

  /** Marks a new store with its format. Inside a write transaction. */
  writeFormat(): void {
    if (!this.env.meta.get(FORMAT_KEY)) void this.env.meta.put(FORMAT_KEY, Uint8Array.of(FORMAT));
  }

  get(ns: string): Collection | undefined {
    return this.collections.get(ns);
  }

  /** The next free id for a collection or index. Inside a write transaction. */
  takeId(): number {
    const id = this.nextId++;
    void this.env.meta.put(IDS_KEY, u32Key(this.nextId));
    return id;
  }

  /** Forgets what memory holds and reads it again from the disk: after a batch that could not be committed. */
  reload(): void {
    const before = new Map(this.collections);
    this.collections.clear();
    this.load();
    for (const [ns, old] of before) {
      const now = this.collections.get(ns);
      if (now?.id === old.id) now.nextRecord = Math.max(now.nextRecord, old.nextRecord);
    }
  }

  private load(): void {
    const { env } = this;
    const ids = env.meta.get(IDS_KEY);
    if (ids) this.nextId = Buffer.from(ids).readUInt32BE(0);
    for (const { key, value } of env.meta.getRange({ start: COLLECTIONS, end: afterPrefix(COLLECTIONS) })) {
      if (key.length === 5) this.adopt(this.fromDisk(Buffer.from(key).readUInt32BE(1), value));
    }
  }

  private fromDisk(id: number, value: Uint8Array): Collection {
    const stored = deserialize(value, { promoteBuffers: false }) as unknown as StoredCollection;
    const indexes = stored.indexes.map((s) => Object.assign(makeIndex(s.id, new Uint8Array(s.spec.buffer)), { multikey: s.multikey, inexact: s.inexact, built: s.built, usable: s.built }));
    return this.make(id, stored.db, stored.name, stored.uuid, indexes, stored.options ? collectionOptions(new Uint8Array(stored.options.buffer)) : NO_OPTIONS);
  }

  private make(id: number, db: string, name: string, uuid: string, indexes: Index[], options: CollectionOptions): Collection {
    const { env } = this;
    const stat = env.stat.get(u32Key(id));
    let last = 0;
    const prefix = u32Key(id);
    for (const key of env.docs.getKeys({ start: afterPrefix(prefix), end: prefix, reverse: true, limit: 1 })) {
      if (Buffer.from(key).readUInt32BE(0) === id) last = readRecordId(key, 4);
    }
    const numbers = stat ? new Float64Array(new Uint8Array(stat).buffer) : new Float64Array(2);
    return { id, db, name, ns: `${db}.${name}`, uuid, indexes, options, idIndex: indexes[0]!, nextRecord: last + 1, count: numbers[0]!, bytes: numbers[1]!, widest: WRITES_PER_DOC, version: 0, choices: new Map() };
  }

  /** A new collection with its `_id` index, written but not yet visible. Inside a write transaction. */
  create(db: string, name: string, options: CollectionOptions = NO_OPTIONS): Collection {
    const id = this.takeId();
    const { collation } = options;
    const spec = serialize({ v: 2, key: { _id: 1 }, name: "_id_", ...(collation ? { collation: collation.spec } : {}) });
    const collection = this.make(id, db, name, randomUUID(), [makeIndex(this.takeId(), spec)], options);
    this.save(collection);
    return collection;
  }

  /** Makes a committed collection visible. */
  adopt(collection: Collection): void {
    this.collections.set(collection.ns, collection);
  }

  /** Writes a collection's entry. Inside a write transaction. */
  save(collection: Collection, indexes: readonly Index[] = collection.indexes): void {
    const stored: StoredCollection = {
      db: collection.db, name: collection.name, uuid: collection.uuid,
      indexes: indexes.map((i) => ({ id: i.id, spec: new Binary(i.spec), multikey: i.multikey, inexact: i.inexact, built: i.built })),
      ...(collection.options === NO_OPTIONS ? {} : { options: new Binary(collection.options.doc) }),
    };
    void this.env.meta.put(collectionKey(collection.id), serialize(stored as unknown as Record<string, unknown>));
  }

  /** Removes a collection's entry and counts. Inside a write transaction. */
  remove(collection: Collection): void {
    void this.env.meta.remove(collectionKey(collection.id));
    void this.env.stat.remove(u32Key(collection.id));
  }

  /** Writes a collection's counts. Inside a write transaction. */
  saveStat(collection: Collection): void {
    void this.env.stat.put(u32Key(collection.id), new Uint8Array(Float64Array.of(collection.count, collection.bytes).buffer));
  }
}
