/** Store commands that many conversations ask for at the same time go as one: a command costs the same for one as for ten. */

/** What became of one item of a batch. */
export type Outcome<O> = { ok: O } | { error: unknown };

const MOST = 100;
/** Batches of one kind under way; what is asked for meanwhile gathers, so that batches grow with the load. */
const AT_ONCE = 2;

/**
 * A function that carries out `run` for all items that gathered, at most 100 a time, and answers each caller its own outcome.
 * `run` answers as many outcomes as it got items, in their order; what it throws is everybody's.
 */
export function together<I, O>(run: (items: I[]) => Promise<Outcome<O>[]>): (item: I) => Promise<O> {
  interface Asked { item: I; done(value: O): void; fail(error: unknown): void }
  const asked: Asked[] = [];
  let underWay = 0;
  let planned = false;

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
  const begin = (): void => {
    planned = false;
    while (asked.length > 0 && underWay < AT_ONCE) {
      underWay++;
      void carryOut(asked.splice(0, MOST)).then(() => { underWay--; plan(); });
    }
  };
  /** Callers of the same turn of the event loop share a batch. */
  const plan = (): void => {
    if (planned || asked.length === 0 || underWay >= AT_ONCE) return;
    planned = true;
    setImmediate(begin);
  };
  return (item) => new Promise<O>((done, fail) => {
    asked.push({ item, done, fail });
    plan();
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
