import { arrayIndex } from "./walk.ts";
import { Elements, nameAt, nameBytes, T, type RawDoc, type RawValue } from "./scan.ts";
import { DocWriter } from "./write.ts";

/** A field of an opened document: the element as it lies in the source until its node is asked for. */
class Field {
  node: Node | undefined;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly at: number,
    private readonly nameEnd: number,
    private readonly end: number,
  ) {}

  static fresh(name: string, node: Node): Field {
    const key = nameBytes(name);
    const bytes = new Uint8Array(key.length + 2);
    bytes.set(key, 1);
    const field = new Field(bytes, 0, key.length + 1, bytes.length);
    field.node = node;
    return field;
  }

  called(name: Uint8Array): boolean {
    const from = this.at + 1;
    if (this.nameEnd - from !== name.length) return false;
    for (let i = 0; i < name.length; i++) if (this.bytes[from + i] !== name[i]) return false;
    return true;
  }

  open(): Node {
    return (this.node ??= Node.of({ type: this.bytes[this.at]!, bytes: this.bytes, start: this.nameEnd + 1, end: this.end }));
  }

  write(w: DocWriter): void {
    if (this.node) this.node.write(w, nameAt(this.bytes, this.at + 1, this.nameEnd));
    else w.elements(this.bytes, this.at, this.end);
  }
}

/** A value that can be changed in place. It stays raw bytes until someone looks inside; order, types and duplicate names are kept. */
export class Node {
  private raw: RawValue | undefined;
  private fields: Field[] | undefined;
  private list: Node[] | undefined;

  private constructor(raw: RawValue | undefined, fields: Field[] | undefined, list: Node[] | undefined) {
    this.raw = raw;
    this.fields = fields;
    this.list = list;
  }

  static of(value: RawValue): Node {
    return new Node(value, undefined, undefined);
  }

  static document(): Node {
    return new Node(undefined, [], undefined);
  }

  static array(items: readonly Node[]): Node {
    return new Node(undefined, undefined, [...items]);
  }

  static root(doc: RawDoc): Node {
    return Node.of({ type: T.object, bytes: doc, start: 0, end: doc.length });
  }

  get type(): number {
    return this.fields ? T.object : this.list ? T.array : this.raw!.type;
  }

  /** Items of an array, to be read; `setItem` and a new array change them. */
  get items(): readonly Node[] {
    this.open();
    return this.list ?? [];
  }

  private open(): void {
    const { raw } = this;
    if (!raw || (raw.type !== T.object && raw.type !== T.array)) return;
    const it = new Elements(raw.bytes, raw.start);
    if (raw.type === T.object) {
      this.fields = [];
      while (it.next()) this.fields.push(new Field(raw.bytes, it.nameStart - 1, it.nameEnd, it.end));
    } else {
      this.list = [];
      while (it.next()) this.list.push(Node.of(it.value()));
    }
    this.raw = undefined;
  }

  private field(name: string): Field | undefined {
    const key = nameBytes(name);
    return this.fields?.find((f) => f.called(key));
  }

  /** A field of a document, or an item of an array by its index. */
  child(name: string): Node | undefined {
    this.open();
    if (this.list) {
      const index = arrayIndex(name);
      return index < 0 ? undefined : this.list[index];
    }
    return this.field(name)?.open();
  }

  /** Replaces or appends a field of a document, in place or last. */
  set(name: string, node: Node): void {
    this.open();
    const old = this.field(name);
    if (old) old.node = node;
    else this.fields?.push(Field.fresh(name, node));
  }

  /** Replaces an item of an array; gaps before it become null. */
  setItem(index: number, node: Node, filler: RawValue): void {
    this.open();
    const list = this.list ?? [];
    while (list.length < index) list.push(Node.of(filler));
    list[index] = node;
  }

  remove(name: string): void {
    this.open();
    const key = nameBytes(name);
    if (this.fields) this.fields = this.fields.filter((f) => !f.called(key));
  }

  /** The value as bytes. */
  value(): RawValue {
    if (this.raw) return this.raw;
    const w = new DocWriter(256);
    this.write(w, "");
    const bytes = w.done();
    return { type: this.type, bytes, start: 6, end: bytes.length - 1 };
  }

  write(w: DocWriter, name: string): void {
    if (this.raw) {
      w.value(name, this.raw);
      return;
    }
    w.open(name, this.fields ? T.object : T.array);
    this.writeInside(w);
    w.close();
  }

  private writeInside(w: DocWriter): void {
    if (this.fields) for (const f of this.fields) f.write(w);
    else this.list?.forEach((node, i) => node.write(w, String(i)));
  }

  /** The document that this root stands for. */
  toDoc(sizeHint = 256): RawDoc {
    if (this.raw) return this.raw.bytes.subarray(this.raw.start, this.raw.end);
    const w = new DocWriter(sizeHint);
    this.writeInside(w);
    return w.done();
  }
}
