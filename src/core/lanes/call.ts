/** A vendor call that ends within its time, whatever the vendor does. */

/** `late` makes the error to throw when `ms` are over; `work` is told by the signal and may end later, unheard. */
export async function callWithin<T>(ms: number, work: (signal: AbortSignal) => Promise<T>, late: () => Error): Promise<T> {
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => { reject(late()); abort.abort(); }, ms);
  });
  try {
    return await Promise.race([work(abort.signal), over]);
  } finally {
    clearTimeout(timer);
  }
}
