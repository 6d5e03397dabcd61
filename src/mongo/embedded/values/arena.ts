import type { RawValue } from "./scan.ts";

const FIRST = 1024;
const MOST = 256 * 1024;

/** Keeps copies of many bytes in few pieces of memory, which the collector has far less work with. All of them live as long as one does. */
export class Arena {
  private piece = new Uint8Array(FIRST);
  private at = 0;

  private room(n: number): void {
    if (this.at + n <= this.piece.length) return;
    this.piece = new Uint8Array(Math.max(n, Math.min(this.piece.length * 2, MOST)));
    this.at = 0;
  }

  bytes(from: Uint8Array): Uint8Array {
    this.room(from.length);
    this.piece.set(from, this.at);
    this.at += from.length;
    return this.piece.subarray(this.at - from.length, this.at);
  }

  value({ type, bytes, start, end }: RawValue): RawValue {
    this.room(end - start);
    for (let i = start; i < end; i++) this.piece[this.at++] = bytes[i]!;
    return { type, bytes: this.piece, start: this.at - (end - start), end: this.at };
  }
}
