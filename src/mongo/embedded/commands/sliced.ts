import { NeedRoom } from "../storage/room.ts";
import type { Store } from "../storage/store.ts";
import { SLICE_MS } from "../storage/turns.ts";
import { checkTime } from "./context.ts";

/** Documents that one write batch changes for one statement, at most. */
export const CHUNK_DOCS = 100;
/** Upper guess of the table writes of one document: itself and its index entries. */
export const WRITES_PER_DOC = 8;

/** Runs `step` in one write batch after the other until it answers true, letting others write between. When it throws NeedRoom it is asked
 *  again, with that room. */
export async function sliced(store: Store, step: (deadline: number) => boolean, o: { many: boolean; bytes: number; expires: number }): Promise<void> {
  const weight = o.many ? CHUNK_DOCS * WRITES_PER_DOC : WRITES_PER_DOC;
  let more = 0;
  const run = (): boolean => {
    try {
      return step(performance.now() + SLICE_MS);
    } catch (error) {
      if (!(error instanceof NeedRoom)) throw error;
      more = Math.max(more, error.bytes);
      return false;
    }
  };
  for (let done = false, first = true; !done; first = false) {
    if (!first) checkTime(o.expires);
    done = await store.writer.submit(run, weight, o.bytes + more, !o.many);
  }
}
