/** Where a customer is: kept in memory, since on most channels an identity's inbox and address never change. */
import type { ChannelAddress } from "../ports.ts";
import type { Store } from "./store.ts";
import { perOwner } from "./together.ts";

const KEPT = 20_000;
const known = perOwner<Store, Map<string, ChannelAddress>>(() => new Map());

/** Null when there is no such identity (any more). `fresh`: asked anew, for channels on which addresses change. */
export async function addressOf(store: Store, identityId: string, fresh = false): Promise<ChannelAddress | null> {
  const map = known(store);
  const kept = fresh ? undefined : map.get(identityId);
  if (kept !== undefined) return kept;
  const identity = await store.identities.findOne({ _id: identityId }, { projection: { inboxId: 1, address: 1 } });
  if (identity === null) return null;
  const address = { inboxId: identity.inboxId, address: identity.address };
  map.set(identityId, address);
  if (map.size > KEPT) map.delete(map.keys().next().value!);
  return address;
}
