import { nameBytes, T, type RawDoc } from "../values/raw.ts";
import { OP, writeHeader } from "./message.ts";

const HEAD = 21;
/** Bytes of documents after which a batch ends; one document always fits. */
export const BATCH_BYTES = 16 * 1024 * 1024;
const NUMBERS = Array.from({ length: 1000 }, (_, i) => Buffer.from(`${i}\0`));

/** The reply of find, getMore and aggregate, built in place: documents go from the store's bytes into the message with one copy. */
export class CursorReply {
  private out = Buffer.allocUnsafe(4096);
  private at = HEAD;
  private readonly cursorAt: number;
  private readonly batchAt: number;
  count = 0;

  constructor(private readonly ns: string, batch: "firstBatch" | "nextBatch") {
    this.at += 4;
    this.cursorAt = this.open(T.object, "cursor");
    this.batchAt = this.open(T.array, batch);
  }

  /** Bytes of the batch so far. */
  get bytes(): number {
    return this.at - this.batchAt;
  }

  add(doc: RawDoc): void {
    const index = NUMBERS[this.count] ?? Buffer.from(`${this.count}\0`);
    this.room(index.length + 1 + doc.length);
    this.out[this.at++] = T.object;
    this.out.set(index, this.at);
    this.at += index.length;
    this.out.set(doc, this.at);
    this.at += doc.length;
    this.count++;
  }

  /** The finished message. `cursorId` 0n: there is no more. */
  finish(cursorId: bigint, replyTo: number): Buffer {
    this.room(64 + Buffer.byteLength(this.ns));
    this.close(this.batchAt);
    this.name(T.long, "id");
    this.at = this.out.writeBigInt64LE(cursorId, this.at);
    this.name(T.string, "ns");
    const size = this.out.write(this.ns, this.at + 4);
    this.out.writeInt32LE(size + 1, this.at);
    this.at += 4 + size;
    this.out[this.at++] = 0;
    this.close(this.cursorAt);
    this.name(T.double, "ok");
    this.at = this.out.writeDoubleLE(1, this.at);
    this.close(HEAD);
    writeHeader(this.out, this.at, replyTo, OP.msg);
    this.out.fill(0, 16, HEAD);
    return this.out.subarray(0, this.at);
  }

  private room(n: number): void {
    if (this.at + n <= this.out.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.out.length * 2, this.at + n));
    grown.set(this.out.subarray(0, this.at));
    this.out = grown;
  }

  private name(type: number, name: string): void {
    const bytes = nameBytes(name);
    this.out[this.at++] = type;
    this.out.set(bytes, this.at);
    this.at += bytes.length;
    this.out[this.at++] = 0;
  }

  private open(type: number, name: string): number {
    this.name(type, name);
    this.at += 4;
    return this.at - 4;
  }

  private close(start: number): void {
    this.out[this.at++] = 0;
    this.out.writeInt32LE(this.at - start, start);
  }
}
