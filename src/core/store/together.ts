/** Store commands of many conversations that are asked for in one turn of the event loop go as one: a command costs the same for one as for ten. */

/** What became of one item of a batch. */
export type Outcome<O> = { ok: O } | { error: unknown };

const MOST = 100;

/**
 * A function that carries out `run` for all items of the same turn at once, at most 100 a time, and answers each caller its own outcome.
 * `run` answers as many outcomes as it got items, in their order; what it throws is everybody's.
 */
export function together<I, O>(run: (items: I[]) => Promise<Outcome<O>[]>): (item: I) => Promise<O> {
  interface Asked { item: I; done(value: O): void; fail(error: unknown): void }
  let asked: Asked[] = [];

  const carryOut = async (batch: Asked[]): Promise<void> => {
    try {
      const outcomes = await run(batch.map(({ item }) => item));
      for (const [n, one] of batch.entries()) {
        const outcome = outcomes[n]!;
        if ("ok" in outcome) one.done(outcome.ok);
        else one.fail(outcome.error);
      }
    } catch (error) {
      for (const one of batch) one.fail(error);
    }
  };
  return (item) => new Promise<O>((done, fail) => {
    if (asked.length === 0) {
      setImmediate(() => {
        const all = asked;
        asked = [];
        for (let from = 0; from < all.length; from += MOST) void carryOut(all.slice(from, from + MOST));
      });
    }
    asked.push({ item, done, fail });
  });
}

/** One value per owner (a store, a core), made when it is first asked for and gone with its owner. */
export function perOwner<K extends object, V>(make: (owner: K) => V): (owner: K) => V {
  const made = new WeakMap<K, V>();
  return (owner) => {
    let value = made.get(owner);
    if (value === undefined) { value = make(owner); made.set(owner, value); }
    return value;
  };
}
