/** The fake's time: the machine's, until a test sets it. Milliseconds since 1970. */
export class FakeClock {
  private fixed: number | null = null;
  private offset = 0;
  now(): number { return this.fixed ?? Date.now() + this.offset; }
  /** Time stands still at `ms` until it is set or advanced. */
  set(ms: number): void { this.fixed = ms; }
  advance(ms: number): void { if (this.fixed === null) this.offset += ms; else this.fixed += ms; }
  seconds(): number { return Math.floor(this.now() / 1000); }
}
