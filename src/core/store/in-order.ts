/** Writes that follow each other, of any collections, as one command: each takes effect only after the one before it, and a refused one ends them. */
import type { AnyClientBulkWriteModel, Collection, UpdateFilter } from "mongodb";
import { bulkWrite } from "./bulk.ts";
import type { Row } from "./bulk.ts";
import type { OneFilter } from "./change-together.ts";
import { asSingle } from "./insert.ts";
import type { Store } from "./store.ts";
import { perOwner, together } from "./together.ts";
import type { Outcome } from "./together.ts";

export type Step = { collection: Collection<Row>; insert: Row } | { collection: Collection<Row>; filter: OneFilter<Row>; update: UpdateFilter<Row> };

/** @param document with its `_id` */
export const inserting = <T extends { _id: string }>(collection: Collection<T>, document: T): Step => ({ collection: collection as unknown as Collection<Row>, insert: document as unknown as Row });
export const updating = <T extends { _id: string }>(collection: Collection<T>, filter: OneFilter<T>, update: UpdateFilter<T>): Step =>
  ({ collection: collection as unknown as Collection<Row>, filter: filter as OneFilter<Row>, update: update as UpdateFilter<Row> });

const sequences = perOwner((store: Store) => together<Step[], number[]>((all) => carryOut(store, all)));

/**
 * Answers how many documents each step came upon: one for an insert, none for an update whose condition did not hold, which ends nothing.
 * @throws what the store said to the step that it refused; those before it have taken effect, those behind it have not
 */
export const writeInOrder = (store: Store, steps: Step[]): Promise<number[]> => sequences(store)(steps);

/** Several sequences go one behind the other; those behind a refused one are asked for anew. */
async function carryOut(store: Store, all: Step[][]): Promise<Outcome<number[]>[]> {
  const steps = all.flat();
  const written = steps.length === 1 ? null : await bulkWrite(store, steps.map(modelOf), true);
  if (written === null) return Promise.all(all.map(async (sequence) => oneByOne(sequence).then((ok) => ({ ok }), (error: unknown) => ({ error }))));
  const [failure] = written.errors;
  const outcomes: Outcome<number[]>[] = [];
  let at = 0;
  for (const [n, sequence] of all.entries()) {
    const end = at + sequence.length;
    if (failure !== undefined && failure[0] < end) {
      const refused = asSingle(steps[failure[0]]!.collection.collectionName, { code: failure[1].code, errmsg: failure[1].message });
      const rest = all.slice(n + 1);
      return [...outcomes, { error: refused }, ...(rest.length === 0 ? [] : await carryOut(store, rest))];
    }
    const first = at;
    outcomes.push({ ok: sequence.map((step, i) => ("insert" in step ? 1 : (written.updates.get(first + i)?.matchedCount ?? 0))) });
    at = end;
  }
  return outcomes;
}

const modelOf = (step: Step): AnyClientBulkWriteModel<Row> => ("insert" in step
  ? { namespace: step.collection.namespace, name: "insertOne", document: step.insert }
  : { namespace: step.collection.namespace, name: "updateOne", filter: step.filter, update: step.update });

async function oneByOne(sequence: Step[]): Promise<number[]> {
  const counts: number[] = [];
  for (const step of sequence) {
    if ("insert" in step) await step.collection.insertOne(step.insert);
    counts.push("insert" in step ? 1 : (await step.collection.updateOne(step.filter, step.update)).matchedCount);
  }
  return counts;
}
