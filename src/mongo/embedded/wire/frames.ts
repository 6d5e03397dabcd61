import { BadMessage, MAX_MESSAGE_BYTES } from "./message.ts";

/** Cuts a stream of socket chunks into whole messages. Chunks of a long message are kept in a list and joined once. */
export class Frames {
  private chunks: Buffer[] = [];
  private have = 0;
  private need = 0;

  /** Takes one chunk and answers the messages that it completes. @throws BadMessage for an impossible length. */
  push(chunk: Buffer): Buffer[] {
    const out: Buffer[] = [];
    this.chunks.push(chunk);
    this.have += chunk.length;
    while (this.have >= 4) {
      if (this.need === 0) {
        this.need = this.peekLength();
        if (this.need < 16 || this.need > MAX_MESSAGE_BYTES) throw new BadMessage(`impossible message length ${this.need}`);
      }
      if (this.have < this.need) break;
      out.push(this.cut(this.need));
      this.need = 0;
    }
    return out;
  }

  private peekLength(): number {
    if (this.chunks[0]!.length < 4) this.chunks = [Buffer.concat(this.chunks)];
    return this.chunks[0]!.readInt32LE(0);
  }

  private cut(size: number): Buffer {
    const whole = this.chunks.length === 1 ? this.chunks[0]! : Buffer.concat(this.chunks);
    this.have -= size;
    this.chunks = this.have > 0 ? [whole.subarray(size)] : [];
    return whole.subarray(0, size);
  }
}
