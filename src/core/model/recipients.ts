/** Who gets a reply where messages have recipients (mail): those whom the customer's line names, and what agents changed. Pure. */
import type { Conversation, RecipientChanges, RecipientRole, ThreadPlace } from "./types.ts";

/** All lower case, each once. `to` null: the customer's own address. */
export interface Recipients { to: string | null; alsoTo: string[]; cc: string[]; bcc: string[]; /** More than one message may go to. */ left: string[] }

/** What the customer's line asks for. */
type Asked = Pick<ThreadPlace, "to" | "cc" | "replyTo">;

/**
 * `before`: the reply's `seq`; somebody who was added after it was written does not get it, somebody who was taken off never does.
 * `most`: addresses in all, the customer's among them. Those whom an agent added come first; of the others the last are left out.
 */
export function recipientsOf(asked: Asked | null, changes: RecipientChanges | undefined, before: number, most: number): Recipients {
  const out = new Set(changes?.out);
  const to = asked?.replyTo !== undefined && !out.has(asked.replyTo) ? asked.replyTo : null;
  const seen = new Set(to === null ? [] : [to]);
  const take = (addresses: readonly string[]): string[] => addresses.filter((address) => !out.has(address) && !seen.has(address) && seen.add(address));
  const added = (role: RecipientRole) => take((changes?.added ?? []).filter((one) => one.as === role && one.afterSeq < before).map(({ address }) => address));
  const chosen = { alsoTo: added("to"), cc: added("cc"), bcc: added("bcc") };
  const room = Math.max(0, most - 1 - chosen.alsoTo.length - chosen.cc.length - chosen.bcc.length);
  const others = take([...(asked?.to ?? []), ...(asked?.cc ?? [])]);
  return { to, alsoTo: chosen.alsoTo, cc: [...others.slice(0, room), ...chosen.cc], bcc: chosen.bcc, left: others.slice(room) };
}

/** Of the next reply, as the conversation knows it. */
export const nextRecipients = ({ answerTo, inCopy, recipients }: Pick<Conversation, "answerTo" | "inCopy" | "recipients">, most: number): Recipients =>
  recipientsOf({ to: [], cc: inCopy ?? [], ...(answerTo == null ? {} : { replyTo: answerTo }) }, recipients, Number.POSITIVE_INFINITY, most);

export const leftOutWords = ({ left }: Recipients, most: number): string => `${left.length} more ${left.length === 1 ? "is" : "are"} left out: a mail goes to ${most} addresses at most`;
