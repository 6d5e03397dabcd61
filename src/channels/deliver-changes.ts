/** Carries an agent's edit, deletion or reaction to what the customer already has. */
import type { Core } from "../core/core.ts";
import { DeliveryError } from "../core/errors.ts";
import { callWithin } from "../core/lanes/call.ts";
import { nameHead } from "../core/lanes/lease.ts";
import type { Held } from "../core/lanes/lease.ts";
import { retryDelayMs } from "../core/model/retry.ts";
import type { Message } from "../core/model/types.ts";
import { canDelete, canEdit, canReact, isOwnStore } from "../core/ports.ts";
import type { ChannelAdapter, ChannelAddress } from "../core/ports.ts";
import { vendorIdOf } from "../core/services/quote.ts";
import { outboundOf } from "./outbound.ts";

/** Repeating such a change does no harm, so an uncertain outcome is simply tried again. False: the lease is lost. */
export async function carryOutChange(core: Core, held: Held, adapter: ChannelAdapter, to: ChannelAddress, message: Message): Promise<boolean> {
  if (!(await nameHead(core, held, message._id))) return false;
  // A reaction raises no revision: what was changed since makes it due anew, and stays so.
  const settled = { _id: message._id, rev: message.rev, "delivery.state": message.delivery.state, "delivery.dueAt": message.delivery.dueAt!, "delivery.token": { $lte: held.token } };
  try {
    await callWithin(core.limits.vendorCallMs, async (signal) => {
      if (message.kind === "incoming") await reactTo(adapter, to, message, signal);
      else if (message.rev > message.delivery.rev && !isOwnStore(adapter)) await changeSent(adapter, to, message, signal);
    }, () => new DeliveryError("TIMEOUT", "The channel did not answer in time.", { certain: false }));
    await core.store.messages.updateOne(settled, { $set: { "delivery.rev": message.rev, "delivery.tries": 0, "delivery.token": held.token }, $unset: { "delivery.dueAt": "" } });
  } catch (thrown) {
    const error = thrown instanceof DeliveryError ? thrown : new DeliveryError("UNREACHABLE", "Changing a sent message failed.", { certain: false, cause: thrown });
    const tries = message.delivery.tries + 1;
    const givenUp = error.o.permanent === true || tries > core.limits.maxTries;
    core.log.warn({ err: thrown, messageId: message._id, tries }, givenUp ? "A change of a sent message was given up." : "A change of a sent message failed; it is tried again.");
    await core.store.messages.updateOne(settled, givenUp
      ? { $set: { "delivery.rev": message.rev, "delivery.error": { code: error.code, text: error.tellAgent }, ...(message.kind === "outgoing" ? { "mirror.untold": true, "mirror.dueAt": core.clock.now() } : {}) }, $unset: { "delivery.dueAt": "" } }
      : { $set: { "delivery.tries": tries, "delivery.dueAt": new Date(core.clock.now().getTime() + retryDelayMs(tries, error.o.retryAfterMs)) } });
    if (givenUp) core.bus.publish({ type: "lane.due", lane: "mirror", conversationId: message.conversationId });
  }
  return true;
}

async function changeSent(adapter: ChannelAdapter, to: ChannelAddress, message: Message, signal: AbortSignal): Promise<void> {
  const sent = [...message.delivery.parts.entries()].flatMap(([i, part]) => (part.vendorId === undefined ? [] : [{ i, vendorId: part.vendorId }]));
  if (message.deletedAt !== undefined) {
    if (canDelete(adapter)) for (const { vendorId } of sent) await adapter.deletePart(to, vendorId, signal);
    return;
  }
  if (!canEdit(adapter)) return;
  const plan = adapter.plan(outboundOf(message));
  if (needsOthers(message, plan.length)) {
    throw new DeliveryError("TOO_LARGE", "the new text needs another number of messages than were sent, and those can only be changed one by one. Nothing was changed there; send a correction.", { certain: true, permanent: true });
  }
  for (const { i, vendorId } of sent) {
    const wanted = plan[i];
    if (wanted !== undefined) await adapter.editPart(to, vendorId, wanted, signal);
    else if (canDelete(adapter)) await adapter.deletePart(to, vendorId, signal);
  }
}

/**
 * A reply that arrived whole has no place for a further part between what came after it, and beside files each part would meet the
 * wrong one. What failed half-way gets its missing parts by Retry.
 */
function needsOthers(message: Message, planned: number): boolean {
  const { state, parts } = message.delivery;
  const whole = state === "sent" || state === "delivered" || state === "read";
  return whole && (planned > parts.length || (planned < parts.length && message.files.length > 0));
}

async function reactTo(adapter: ChannelAdapter, to: ChannelAddress, message: Message, signal: AbortSignal): Promise<void> {
  if (!canReact(adapter)) return;
  const vendorId = vendorIdOf(message, to);
  await adapter.react(to, vendorId, message.reactions.filter((r) => r.from === "agent").map((r) => r.emoji), signal);
}
