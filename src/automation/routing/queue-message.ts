/** Tells customers once for each wait that nobody is free, and their place. */
import type { Core } from "../../core/core.ts";
import type { Author, Conversation } from "../../core/model/types.ts";
import { sendAutomatic } from "../../core/services/send-automatic.ts";
import type { Policies } from "../../core/services/routing-policy.ts";
import { positionOf } from "./queue.ts";

/** Customers told in one look. */
const AT_ONCE = 20;
const QUEUE: Author = { type: "bot", name: "Support" };

export async function tellQueued(core: Core, policies: Policies, left: Conversation[]): Promise<void> {
  const due = left.filter((one) => policies.of(one).queueMessage !== undefined && one.queueToldFor?.getTime() !== one.waitingSince!.getTime()).slice(0, AT_ONCE);
  for (const conversation of due) {
    const { _id, waitingSince } = conversation;
    const position = await positionOf(core, conversation);
    await sendAutomatic(core, { conversation, author: QUEUE, body: policies.of(conversation).queueMessage!.replaceAll(/\{\{\s*position\s*\}\}/g, String(position)), source: `queue:${_id}:${waitingSince!.getTime()}` });
    // Should this stop before, the line's key keeps it from being said again.
    await core.store.conversations.updateOne({ _id }, { $set: { queueToldFor: waitingSince! } });
  }
}
