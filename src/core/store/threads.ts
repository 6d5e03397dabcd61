/** Which conversation a desk thread mirrors: written once, so it is kept in memory. */
import type { DeskThreadId, Thread } from "../model/types.ts";
import type { Store } from "./store.ts";
import { perOwner } from "./together.ts";

const KEPT = 20_000;
const known = perOwner<Store, Map<DeskThreadId, Thread>>(() => new Map());

/** The thread as it was when it was first read: all but its `state` stays so. Null when it is none of ours (yet). */
export async function threadOf(store: Store, id: DeskThreadId): Promise<Thread | null> {
  const map = known(store);
  const kept = map.get(id);
  if (kept !== undefined) return kept;
  const thread = await store.threads.findOne({ _id: id });
  if (thread === null) return null;
  map.set(id, thread);
  if (map.size > KEPT) map.delete(map.keys().next().value!);
  return thread;
}
