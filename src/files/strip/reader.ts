/** Reads a stream by counted bytes, so that a picture is taken apart while it passes; holds one piece at a time. */
export class Reader {
  #held: Buffer = Buffer.alloc(0);
  readonly #source: AsyncIterator<Buffer>;
  constructor(source: AsyncIterable<Buffer>) { this.#source = source[Symbol.asyncIterator](); }

  /** Holds at least `count` bytes, or all that is left. */
  async #fill(count: number): Promise<void> {
    if (this.#held.length >= count) return;
    const parts = [this.#held];
    for (let bytes = this.#held.length; bytes < count;) {
      const next = await this.#source.next();
      if (next.done === true) break;
      parts.push(next.value);
      bytes += next.value.length;
    }
    this.#held = Buffer.concat(parts);
  }

  /** The next `count` bytes without going past them; fewer only at the end. */
  async peek(count: number): Promise<Buffer> {
    await this.#fill(count);
    return this.#held.subarray(0, count);
  }

  /** The next `count` bytes; fewer only at the end. */
  async take(count: number): Promise<Buffer> {
    const taken = await this.peek(count);
    this.#held = this.#held.subarray(taken.length);
    return taken;
  }

  /** Up to `most` bytes as they lie in memory, at least one unless the content has ended. */
  async some(most: number): Promise<Buffer> {
    await this.#fill(1);
    return this.take(Math.min(most, this.#held.length));
  }

  /** What is held now, `least` bytes or more unless the content ends before; go past it by `take`. */
  async window(least: number): Promise<Buffer> {
    await this.#fill(least);
    return this.#held;
  }

  /** The next `count` bytes in pieces, of which none is kept. */
  async *pass(count: number): AsyncGenerator<Buffer> {
    for (let left = count; left > 0;) {
      const piece = await this.some(left);
      if (piece.length === 0) return;
      left -= piece.length;
      yield piece;
    }
  }

  async skip(count: number): Promise<void> {
    for await (const piece of this.pass(count)) void piece;
  }
}
