/** Who gets the replies of a conversation beside the customer, on channels whose messages go to several people. */
import { z } from "zod";
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import { nextRecipients, type Recipients } from "../model/recipients.ts";
import type { ActivityFact, Author, Conversation, RecipientChanges, RecipientRole } from "../model/types.ts";
import { isThreading, type ThreadingChannel } from "../ports.ts";
import { addressOf } from "../store/identities.ts";
import { changeConversation } from "./change-conversation.ts";
import { reread } from "./set-status.ts";

/** `as` null takes the address off. */
export interface RecipientChange { address: string; as: RecipientRole | null }

const Address = z.email().max(200);
const ATTEMPTS = 5;
/** Addresses that were taken off and stay so. */
const KEPT_OUT = 200;

/** Addresses that one message of this inbox goes to; without a limit where it does not apply. */
export function mostRecipients(core: Core, inboxId: string): number {
  const adapter = core.channels.get(inboxId);
  return adapter !== undefined && isThreading(adapter) ? adapter.capabilities.recipients.is : Number.POSITIVE_INFINITY;
}

/** @throws {UserError} NOT_POSSIBLE where a message goes to one person alone */
function threadingOf(core: Core, { inboxId }: Conversation): ThreadingChannel {
  const adapter = core.channels.get(inboxId);
  if (adapter !== undefined && isThreading(adapter)) return adapter;
  throw new UserError("NOT_POSSIBLE", "On this channel a reply goes to the customer alone; only mail has other recipients.");
}

/** Who gets the next reply. @throws {UserError} NOT_POSSIBLE */
export async function recipientsNow(core: Core, conversation: Conversation): Promise<Recipients & { customer: string; most: number }> {
  const most = threadingOf(core, conversation).capabilities.recipients.is;
  const customer = await addressOf(core.store, conversation.identityId);
  return { ...nextRecipients(conversation, most), customer: customer?.address ?? "", most };
}

/**
 * All or nothing. Who is added gets what is written from now on; who is taken off gets nothing any more, also of what waits to leave.
 * @throws {UserError} NOT_POSSIBLE, BAD_TEXT, ALREADY_SO
 */
export async function changeRecipients(core: Core, act: { conversation: Conversation; actor: Author; changes: RecipientChange[] }): Promise<Conversation> {
  const adapter = threadingOf(core, act.conversation);
  const customer = (await addressOf(core.store, act.conversation.identityId))?.address;
  const wanted = act.changes.map(({ address, as }) => ({ address: readAddress(address), as }));
  for (const { address, as } of wanted) {
    if (adapter.isOwnAddress(address)) throw new UserError("NOT_POSSIBLE", `${address} is this inbox's own address: what is sent there comes back. Nothing was changed.`);
    if (address === customer) throw new UserError("NOT_POSSIBLE", as === null ? "The customer gets every reply; a line for the team alone is a note: /note. Nothing was changed." : "The customer gets every reply already. Nothing was changed.");
  }
  let current = await reread(core, act.conversation._id);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const { recipients, activity } = changed(current, wanted, adapter.capabilities.recipients.is);
    if (activity.length === 0) throw new UserError("ALREADY_SO", "That is who gets the replies already; nothing was changed.");
    const after = await changeConversation(core, current._id, act.actor, {
      expect: current.recipients === undefined ? { recipients: { $exists: false } } : { "recipients.rev": current.recipients.rev }, set: { recipients }, activity,
    });
    if (after !== null) return after;
    current = await reread(core, current._id);
  }
  throw new UserError("NOT_POSSIBLE", "Others are changing the recipients at this moment. Try again.");
}

function readAddress(text: string): string {
  const read = Address.safeParse(text.trim().toLowerCase());
  if (!read.success) throw new UserError("BAD_TEXT", `"${text.slice(0, 60)}" is not an e-mail address. Nothing was changed.`);
  return read.data;
}

function changed(conversation: Conversation, wanted: RecipientChange[], most: number): { recipients: RecipientChanges; activity: ActivityFact[] } {
  const before = conversation.recipients ?? { rev: 0, added: [], out: [] };
  const now = nextRecipients(conversation, Number.POSITIVE_INFINITY);
  const roleOf = new Map<string, RecipientRole>([...now.bcc.map((one) => [one, "bcc"] as const), ...now.cc.map((one) => [one, "cc"] as const), ...now.alsoTo.map((one) => [one, "to"] as const), ...(now.to === null ? [] : [[now.to, "to"] as const])]);
  let { added } = before;
  const out = new Set(before.out), activity: ActivityFact[] = [];
  for (const { address, as } of wanted) {
    if ((roleOf.get(address) ?? null) === as) continue;
    added = added.filter((one) => one.address !== address);
    out.delete(address);
    if (as === null) { out.add(address); roleOf.delete(address); }
    else { added = [...added, { address, as, afterSeq: conversation.appliedSeq }]; roleOf.set(address, as); }
    activity.push({ type: "recipient", address, as });
  }
  if (added.length > most - 1) throw new UserError("NOT_POSSIBLE", `A mail goes to ${most} addresses at most, the customer's among them. Take somebody off first. Nothing was changed.`);
  return { recipients: { rev: before.rev + 1, added, out: [...out].slice(-KEPT_OUT) }, activity };
}
