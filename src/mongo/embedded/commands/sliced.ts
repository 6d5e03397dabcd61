import { NeedRoom } from "../storage/room.ts";
import type { Store } from "../storage/store.ts";
import { checkTime } from "./context.ts";

/** Documents that one write batch changes for one statement, at most. */
export const CHUNK_DOCS = 100;
/** Table writes that such a batch makes for it, or hardly more. */
export const MANY_WRITES = 800;
/** Runs `step` on documents of the collection `ns` in one write batch after the other until it answers true, letting others write between. When it throws
 *  NeedRoom it is asked again, with that room. */
export async function sliced(store: Store, ns: string, step: (deadline: number) => boolean, o: { many: boolean; bytes: number; expires: number }): Promise<void> {
  let more = 0;
  const run = (deadline: number): boolean => {
    try {
      return step(deadline);
    } catch (error) {
      if (!(error instanceof NeedRoom)) throw error;
      more = Math.max(more, error.bytes);
      return false;
    }
  };
  for (let done = false, first = true; !done; first = false) {
    if (!first) checkTime(o.expires);
    const each = store.catalog.get(ns)?.widest ?? 1;
    done = await store.writer.submit(run, o.many ? MANY_WRITES : each, o.bytes + more, !o.many);
  }
}
