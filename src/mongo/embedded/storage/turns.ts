import { matchingMs, restMatching } from "../values/regex.ts";

/** Longest stretch of one request's work between two turns of the event loop, in milliseconds. */
export const SLICE_MS = 3;
/** What all requests together may work in one turn from when the first of them has paused, however many there are. */
const TURN_MS = 6;
/** What a request may work even when the turn's time is used up: most are done within it. */
export const LEAST_MS = 0.25;
/** Requests that had fewer turns than this go before those that had more: what is nearly done does not wait behind long scans. */
const SHORT = 4;
const LONG_EVERY = 4;

/** When the slices of this turn are over; 0 before the first of them began, or while nobody waits. */
let turnEnd = 0;
let ticking = false;
let ticks = 0;
const short: (() => void)[] = [];
const long: (() => void)[] = [];

function tick(): void {
  const first = ++ticks % LONG_EVERY === 0 ? long : short;
  const next = first.shift() ?? short.shift() ?? long.shift();
  turnEnd = 0;
  ticking = next !== undefined;
  if (!next) return;
  setImmediate(tick);
  next();
}

/** When (by performance.now()) work that begins now must pause. */
export function sliceEnd(): number {
  const now = performance.now();
  if (!ticking) return now + SLICE_MS;
  if (turnEnd === 0) turnEnd = now + TURN_MS;
  return Math.max(Math.min(now + SLICE_MS, turnEnd), now + LEAST_MS);
}

/** Waits for a later turn of the event loop. One waiting request goes on in each, so that the sockets are read between any two of them.
 *  `had`: how many turns the request has waited for before. */
export const nextTurn = (had: number) => new Promise<void>((resolve) => {
  (had < SHORT ? short : long).push(resolve);
  if (ticking) return;
  ticking = true;
  setImmediate(tick);
});

/** Does work that yields between its pieces: at once when one slice suffices, else in as many turns as it takes. */
export function inSlices<R>(work: Iterator<void, R>): R | Promise<R> {
  const begun = work.next();
  if (begun.done) return begun.value;
  const go = (): IteratorReturnResult<R> | undefined => {
    for (const deadline = sliceEnd(); ;) {
      const step = work.next();
      if (step.done) return step;
      if (performance.now() > deadline) return undefined;
    }
  };
  const first = go();
  return first ? first.value : later(go);
}

async function later<R>(go: () => IteratorReturnResult<R> | undefined): Promise<R> {
  for (let turns = 0; ; turns++) {
    await nextTurn(turns);
    const done = go();
    if (done) return done.value;
  }
}

const MOST_LOOKS = 16;
const QUICK_MS = 0.1;
const SLOW_MS = 0.4;

/** Tells whether a deadline is over. It looks at the time the less often the quicker it is asked. */
export class Clock {
  private left = 2;
  private every = 1;
  private last = 0;

  over(deadline: number): boolean {
    if (--this.left > 0 && matchingMs() === 0) return false;
    const now = performance.now();
    const took = now - this.last;
    if (took > SLOW_MS) this.every = 1;
    else if (took < QUICK_MS) this.every = Math.min(this.every * 2, MOST_LOOKS);
    this.left = this.every;
    this.last = now;
    if (now <= deadline) return false;
    restMatching();
    return true;
  }
}
