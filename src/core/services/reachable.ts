/** Whether a customer can be reached at an address, as their vendor tells: noted there, and shown on the conversation that goes on there. */
import type { Core } from "../core.ts";
import type { Author, ContactIdentity } from "../model/types.ts";
import { changeConversation } from "./change-conversation.ts";

const SYSTEM: Author = { type: "system", name: "Threadline" };

/** `code`: why not; null when they can be reached again. Answers whether that is news; a repeat shows what a stop in between left out. */
export async function setReachable(core: Core, identity: Pick<ContactIdentity, "_id">, code: string | null): Promise<boolean> {
  const { modifiedCount } = await core.store.identities.updateOne(
    { _id: identity._id, ...(code === null ? { unreachable: { $exists: true } } : { "unreachable.code": { $ne: code } }) },
    code === null ? { $unset: { unreachable: "" } } : { $set: { unreachable: { code, at: core.clock.now() } } },
  );
  const open = await core.store.conversations.findOne({ openKey: identity._id }, { projection: { unreachable: 1 } });
  if (open !== null && (open.unreachable ?? null) !== code) {
    await changeConversation(core, open._id, SYSTEM, code === null
      ? { expect: { unreachable: { $exists: true } }, unset: ["unreachable"], activity: [{ type: "reachable", reachable: true }] }
      : { expect: { unreachable: { $ne: code } }, set: { unreachable: code }, activity: [{ type: "reachable", reachable: false, code }] });
  }
  return modifiedCount > 0;
}
