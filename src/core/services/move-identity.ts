/** A customer goes on under another address of the same inbox: a new number, or an id that the channel now tells. */
import type { Core } from "../core.ts";
import type { ContactIdentity } from "../model/types.ts";
import { isDuplicateKey } from "../store/store.ts";

/** Answers the identity as it stands at `to`, or null when nobody was at `from`, or somebody is at `to` already (both stay). */
export async function moveIdentity(core: Core, inboxId: string, from: string, to: string): Promise<ContactIdentity | null> {
  try {
    return await core.store.identities.findOneAndUpdate({ inboxId, address: from }, { $set: { address: to } }, { returnDocument: "after" });
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    core.log.info({ inboxId }, "A customer came under a new address at which they are known already; both are kept.");
    return null;
  }
}
