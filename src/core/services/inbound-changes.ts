/** A customer's edit, deletion or reaction: a revision of the message, deduped by the vendor's event id. */
import type { Core } from "../core.ts";
import { activityText } from "../model/activity-text.ts";
import { draftMessage } from "../model/draft.ts";
import { newId } from "../model/ids.ts";
import { termsOf } from "../model/terms.ts";
import type { ActivityFact, Author, Message, Revision } from "../model/types.ts";
import type { InboundEvent } from "../ports.ts";
import { appendMessage, updateInFeed } from "../store/messages.ts";
import { applyUpTo } from "./apply.ts";
import { keepEarly } from "./early-changes.ts";
import { inboundSource } from "./receive-inbound.ts";
import type { InboundResult } from "./receive-inbound.ts";

type Inbound<T extends InboundEvent["type"]> = Extract<InboundEvent, { type: T }>;

export async function editByContact(core: Core, event: Inbound<"edit">): Promise<InboundResult> {
  const source = inboundSource(event.inboxId, event.address, event.channelMessageId);
  const message = await core.store.messages.findOne({ source });
  if (message === null) return keepEarly(core, source, event);
  // Vendors report edits without a visible change (a link preview came): nothing to show.
  if (message.body === event.text || message.deletedAt !== undefined) return { outcome: "ignored" };
  if (message.editedAt !== undefined && message.editedAt > event.at) return { outcome: "ignored", message };
  const now = core.clock.now();
  const revision: Revision = { key: `edit:${event.eventId}`, at: event.at, by: "contact", was: message.body };
  const after = await updateInFeed(core, message, { "revisions.key": { $ne: revision.key }, body: message.body }, {
    $set: { body: event.text, ...(event.spans === undefined ? {} : { spans: event.spans }), terms: termsOf(event.text), editedAt: event.at, "mirror.dueAt": now },
    ...(event.spans === undefined ? { $unset: { spans: "" } } : {}),
    $push: { revisions: revision },
    $inc: { rev: 1 },
  });
  // Another edit was faster: which of them is the newer one is looked at again.
  if (after === null) return message.revisions.some(({ key }) => key === revision.key) ? { outcome: "duplicate", message } : editByContact(core, event);
  core.bus.publish({ type: "lane.due", lane: "mirror", conversationId: message.conversationId });
  return { outcome: "applied", message: after };
}

export async function deleteByContact(core: Core, event: Inbound<"delete">): Promise<InboundResult> {
  const source = inboundSource(event.inboxId, event.address, event.channelMessageId);
  const message = await core.store.messages.findOne({ source });
  if (message === null) return keepEarly(core, source, event);
  if (message.deletedAt !== undefined) return { outcome: "ignored" };
  const revision: Revision = { key: `delete:${event.eventId}`, at: event.at, by: "contact", was: message.body, deleted: true };
  const after = await updateInFeed(core, message, { deletedAt: { $exists: false } }, {
    $set: { deletedAt: event.at, "mirror.dueAt": core.clock.now() }, $push: { revisions: revision }, $inc: { rev: 1 },
  });
  core.bus.publish({ type: "lane.due", lane: "mirror", conversationId: message.conversationId });
  return after === null ? { outcome: "duplicate", message } : { outcome: "applied", message: after };
}

/** A reaction to one of our messages becomes a line of the timeline; to their own line, a mark on it. */
export async function reactByContact(core: Core, event: Inbound<"reaction">): Promise<InboundResult> {
  const { messages, conversations } = core.store;
  const message = (await messages.findOne({ inboxId: event.inboxId, "delivery.parts.vendorId": event.vendorId }))
    ?? (await messages.findOne({ source: inboundSource(event.inboxId, event.address, event.vendorId) }));
  const conversation = message === null ? null : await conversations.findOne({ _id: message.conversationId });
  if (message === null || conversation === null) return { outcome: "ignored" };
  const now = core.clock.now();
  const fact: ActivityFact = { type: "reaction", messageId: message._id, emojis: event.emojis };
  const author: Author = { type: "contact", id: conversation.contactId, name: conversation.contactName };
  const { message: line, duplicate } = await appendMessage(core.store, conversation._id, conversation.identityId, conversation.appliedSeq, (seq) => {
    const draft = draftMessage({
      id: newId(now), conversationId: conversation._id, inboxId: conversation.inboxId, identityId: conversation.identityId, kind: "activity",
      source: `react:${event.inboxId}:${event.eventId}`, author, body: activityText(author.name, fact), files: [], now, seq,
    });
    return { ...draft, activity: fact, mirror: { ...draft.mirror, state: "queued", dueAt: now } };
  }, false);
  // A repeat marks again only what a stop may have left unmarked: a newer reaction is not taken back by an older one.
  const newest = !duplicate || (await messages.findOne({ conversationId: conversation._id, seq: { $gt: line.seq }, "activity.type": "reaction", "activity.messageId": message._id }, { projection: { _id: 1 } })) === null;
  if (newest) await markReactions(core, message._id, event.emojis.map((emoji) => ({ emoji, by: conversation.contactName, from: "contact" as const })));
  if (duplicate) return { outcome: "duplicate", message: line };
  await applyUpTo(core, conversation._id, line.seq, line);
  core.bus.publish({ type: "lane.due", lane: "mirror", conversationId: conversation._id });
  return { outcome: "applied", message: line };
}

/** The customer's reactions as they are now, beside the agents'; conditional on what they were, so that two at once leave no mixture. */
async function markReactions(core: Core, messageId: string, theirs: Message["reactions"]): Promise<void> {
  for (;;) {
    const message = await core.store.messages.findOne({ _id: messageId }, { projection: { reactions: 1 } });
    if (message === null) return;
    const { matchedCount } = await core.store.messages.updateOne(
      { _id: messageId, reactions: message.reactions },
      { $set: { reactions: [...message.reactions.filter((one) => one.from !== "contact"), ...theirs] } },
    );
    if (matchedCount > 0) return;
  }
}
