/**
 * An inbox may hide who its customers are until somebody takes the conversation. The name is hidden where it is stored: a stand-in goes to
 * every desk, list, search and notice alike, and whoever takes the conversation puts the name back with the same write.
 */
import type { Core } from "../core.ts";
import type { Conversation, Inbox } from "../model/types.ts";
import { inboxOf } from "./inbox-settings.ts";

export type Hidden = NonNullable<Inbox["settings"]["hideUntilTaken"]>[number];

/** A name that is an address or a number tells the one as much as the other. */
const tells = (hidden: readonly Hidden[], name: string): boolean =>
  hidden.includes("name") || (hidden.includes("email") && name.includes("@")) || (hidden.includes("phone") && (name.match(/\d/g)?.length ?? 0) >= 5);

/** Of a conversation that begins. */
export function nameShown(inbox: Inbox, number: number, name: string): Pick<Conversation, "contactName" | "hiddenName" | "untaken"> {
  const hidden = inbox.settings.hideUntilTaken ?? [];
  if (hidden.length === 0) return { contactName: name };
  return tells(hidden, name) ? { contactName: `Customer ${number}`, hiddenName: name, untaken: true } : { contactName: name, untaken: true };
}

/** What belongs into the update by which somebody takes it. */
export function revealing({ untaken, hiddenName }: Pick<Conversation, "untaken" | "hiddenName">): { expect: object; set: Partial<Conversation>; unset: (keyof Conversation)[] } {
  if (untaken !== true) return { expect: {}, set: {}, unset: [] };
  return { expect: { hiddenName: hiddenName ?? null }, set: hiddenName === undefined ? {} : { contactName: hiddenName }, unset: ["untaken", "hiddenName"] };
}

/** What of the customer nobody may see yet. */
export async function hiddenOf(core: Core, { untaken, inboxId }: Pick<Conversation, "untaken" | "inboxId">): Promise<readonly Hidden[]> {
  return untaken === true ? ((await inboxOf(core, inboxId)).settings.hideUntilTaken ?? []) : [];
}
