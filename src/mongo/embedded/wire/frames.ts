import { BadMessage, MAX_MESSAGE_BYTES } from "./message.ts";

/** Bytes that say how long a message is. */
const HEAD = 4;
const NONE = Buffer.alloc(0);

/** Cuts a stream of socket chunks into whole messages. What comes of a long one is copied to its place at once: joining 48 MB at its end kept everybody waiting. */
export class Frames {
  /** Room for the message that has begun, or for its head while that has not come whole. */
  private part: Buffer = NONE;
  private have = 0;

  /** Takes one chunk and answers the messages that it completes. @throws BadMessage for an impossible length. */
  push(chunk: Buffer): Buffer[] {
    const out: Buffer[] = [];
    for (let at = 0; at < chunk.length;) {
      const rest = chunk.length - at;
      if (this.have === 0) {
        const size = rest < HEAD ? HEAD : sizeAt(chunk, at);
        if (size > HEAD && size <= rest) {
          out.push(chunk.subarray(at, at + size));
          at += size;
          continue;
        }
        this.part = Buffer.allocUnsafeSlow(size);
      }
      const n = Math.min(this.part.length - this.have, rest);
      this.part.set(chunk.subarray(at, at + n), this.have);
      this.have += n;
      at += n;
      if (this.have < this.part.length) break;
      if (this.have === HEAD) {
        const head = this.part;
        this.part = Buffer.allocUnsafeSlow(sizeAt(head, 0));
        this.part.set(head);
      } else {
        out.push(this.part);
        this.part = NONE;
        this.have = 0;
      }
    }
    return out;
  }
}

function sizeAt(bytes: Buffer, at: number): number {
  const size = bytes.readInt32LE(at);
  if (size < 16 || size > MAX_MESSAGE_BYTES) throw new BadMessage(`impossible message length ${size}`);
  return size;
}
