import type { Collection } from "../storage/catalog.ts";
import type { Store } from "../storage/store.ts";
import { parseCollation } from "../values/collation.ts";
import { storeError, StoreError, typeMismatch } from "../values/errors.ts";
import { expressions, NO_SCOPE, type Scope } from "../values/scope.ts";
import { Elements, EMPTY_DOC, embedded, fieldsOf, getField, itemsOf, NULL_VALUE, numberOf, stringOf, T, truthy, TYPE_NAMES, type RawDoc, type RawValue } from "../values/raw.ts";
import type { Request } from "../wire/message.ts";
import type { Cursors } from "./cursors.ts";

const NO_SEQUENCES: Request["sequences"] = new Map();

/** Reads the fields of a command. A wrong type is answered as MongoDB does (14). */
export class Args {
  private readonly fields = new Map<string, RawValue | undefined>();

  constructor(readonly command: string, readonly body: RawDoc, private readonly sequences: Request["sequences"] = NO_SEQUENCES) {
    for (const it = new Elements(body); it.next();) {
      const name = it.name;
      if (!this.fields.has(name)) this.fields.set(name, it.type === T.null || it.type === T.undefined ? undefined : it.value());
    }
  }

  value(name: string): RawValue | undefined {
    return this.fields.get(name);
  }

  string(name: string): string | undefined {
    const value = this.value(name);
    if (!value) return undefined;
    if (value.type !== T.string) throw this.wrong(name, value, "string");
    return stringOf(value);
  }

  number(name: string): number | undefined {
    const value = this.value(name);
    if (!value) return undefined;
    const n = numberOf(value);
    if (n === undefined) throw this.wrong(name, value, "number");
    return n;
  }

  bool(name: string): boolean {
    const value = this.value(name);
    if (!value) return false;
    if (value.type !== T.bool && numberOf(value) === undefined) throw this.wrong(name, value, "bool");
    return truthy(value);
  }

  doc(name: string): RawDoc | undefined {
    const value = this.value(name);
    if (!value) return undefined;
    if (value.type !== T.object) throw this.wrong(name, value, "object");
    return embedded(value);
  }

  /** A list of documents, from the body or from a document sequence of the message. */
  docs(name: string): readonly RawDoc[] | undefined {
    const sequence = this.sequences.get(name);
    if (sequence) return sequence;
    const value = this.value(name);
    if (!value) return undefined;
    if (value.type !== T.array) throw this.wrong(name, value, "array");
    return itemsOf(value).map((item) => {
      if (item.type !== T.object) throw this.wrong(name, item, "object");
      return embedded(item);
    });
  }

  /** @throws StoreError 40414 when the field is not there. */
  required<V>(name: string, value: V | undefined): V {
    if (value === undefined) throw new StoreError(40414, "Location40414", `BSON field '${this.command}.${name}' is missing but a required field`);
    return value;
  }

  private wrong(name: string, value: RawValue, wanted: string): StoreError {
    return typeMismatch(`BSON field '${this.command}.${name}' is the wrong type '${TYPE_NAMES[value.type]}', expected type '${wanted}'`);
  }
}

/** What a command works with. */
export interface Context {
  readonly store: Store;
  readonly cursors: Cursors;
  readonly args: Args;
  readonly db: string;
  readonly requestId: number;
  readonly connectionId: number;
  /** When `maxTimeMS` is over, by performance.now(); Infinity without one. */
  readonly expires: number;
  /** The connection came over the store's private socket. */
  readonly local: boolean;
  /** Identifies the store's folder; the client compares it. */
  readonly folderId: string;
}

/** A reply whose document is already BSON. */
export class RawReply {
  constructor(readonly doc: RawDoc) {}
}

/** A reply: an object to encode, a finished document, or the finished bytes of a whole message. */
export type Reply = Record<string, unknown> | RawReply | Buffer;
export type Command = (context: Context) => Reply | Promise<Reply>;

/** The collection a command names in its first field. @throws StoreError 73. */
export function collectionName({ args }: Context): string {
  const value = getField(args.body, args.command);
  if (!value || value.type !== T.string) throw new StoreError(73, "InvalidNamespace", `collection name has invalid type ${TYPE_NAMES[value?.type ?? 0]}`);
  const name = stringOf(value);
  if (name === "") throw new StoreError(73, "InvalidNamespace", "Invalid namespace specified: empty collection name");
  return name;
}

/** What a command (or a statement of one) says for all its filters and expressions: its collation, else the collection's, and `let`. */
export function scopeOf(args: Args, collection: Collection | undefined, let_: RawDoc | undefined = args.doc("let")): Scope {
  const given = args.doc("collation");
  const collation = given && given.length > EMPTY_DOC.length ? parseCollation(given) : collection?.options.collation;
  if (!collation && !let_) return NO_SCOPE;
  return { collation, ...(let_ ? { variables: variablesOf(let_) } : {}) };
}

/** The values of `let`. Each is an expression without a document. @throws StoreError as the expression. */
function variablesOf(let_: RawDoc): ReadonlyMap<string, RawValue> {
  const variables = new Map<string, RawValue>();
  for (const { name, value } of fieldsOf(let_)) {
    if (name === "" || name.includes(".") || !/^[a-z\u0080-\uffff]/.test(name)) throw new StoreError(16867, "Location16867", `'${name}' starts with an invalid character for a user variable name`);
    const constant = value.type !== T.string && value.type !== T.object && value.type !== T.array;
    variables.set(name, constant ? value : (expressions("let").compile(value, {})(EMPTY_DOC) ?? NULL_VALUE));
  }
  return variables;
}

/** The session that a document like `lsid` names, as hexadecimal digits; undefined for none. */
export function sessionId(lsid: RawDoc | undefined): string | undefined {
  const id = lsid && getField(lsid, "id");
  return id?.type === T.binData ? Buffer.from(id.bytes.buffer, id.bytes.byteOffset + id.start + 5, id.end - id.start - 5).toString("hex") : undefined;
}

/** The session that a command runs in. */
export const sessionOf = (args: Args): string | undefined => sessionId(args.doc("lsid"));

/** Refuses options by name. */
export function refuse(args: Args, ...names: string[]): void {
  for (const name of names) {
    const value = args.value(name);
    if (value && (value.type !== T.bool || truthy(value))) throw new StoreError(238, "NotImplemented", `'${name}' of '${args.command}' is not supported by the embedded store; use MONGODB_URI.`);
  }
}

/** @throws StoreError 50 when the time that `maxTimeMS` gave is over. */
export function checkTime(expires: number): void {
  if (performance.now() > expires) throw storeError("MaxTimeMSExpired", "operation exceeded time limit");
}
