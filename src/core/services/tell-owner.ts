/** A word to whoever owns a conversation that is open again. Pure. */
import type { Conversation, OutboxEntry } from "../model/types.ts";

/** Goes with the entry of the timeline that says so. `why`: "the snooze ended". */
export function tellOfWaking({ number, contactName, subject, assigneeId }: Conversation, why: string): Pick<OutboxEntry, "tell"> {
  if (assigneeId === null) return {};
  return { tell: [{ to: "agent", agentId: assigneeId, text: `#${number} is open again, ${why}: ${contactName}${subject === "" ? "" : ` · ${subject}`}`, buttons: [], while: { owner: true } }] };
}
