/** Channels that take a free reply only for a time after the customer's last line: until when, and what an agent reads when it is over. */
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import type { Conversation, Message } from "../model/types.ts";
import { hasTemplates } from "../ports.ts";

/** The customer's own time of a line, never later than ours: a clock that is ahead must not keep the window open. */
const writtenAt = ({ sentAt, createdAt }: Message): Date => (sentAt !== undefined && sentAt < createdAt ? sentAt : createdAt);

const windowOf = (core: Core, inboxId: string): number | null => core.channels.get(inboxId)?.capabilities.window.is ?? null;

/** What a customer's line means for the window of its conversation: kept only where the channel has one. */
export function windowFromLine(core: Core, conversation: Conversation, message: Message): Partial<Conversation> {
  const windowMs = windowOf(core, message.inboxId);
  if (windowMs === null) return {};
  const at = writtenAt(message);
  return conversation.windowFrom !== undefined && conversation.windowFrom >= at ? {} : { windowFrom: at, windowEndsAt: new Date(at.getTime() + windowMs), windowShut: false };
}

/** Until when a free reply may go; null where it may go at any time, or the customer has not written yet. */
export function replyUntil(core: Core, { inboxId, windowFrom }: Pick<Conversation, "inboxId" | "windowFrom">): Date | null {
  const windowMs = windowOf(core, inboxId);
  return windowMs === null || windowFrom === undefined ? null : new Date(windowFrom.getTime() + windowMs);
}

/** Marks every conversation whose time is over, and has the cards of those in work drawn anew: two writes, however many there are. Answers how many. */
export async function shutDueWindows(core: Core): Promise<number> {
  const now = core.clock.now(), over = { windowEndsAt: { $gt: new Date(0), $lte: now } };
  const inWork = await core.store.conversations.updateMany({ ...over, status: { $ne: "resolved" } }, { $set: { windowShut: true, cardDueAt: now }, $inc: { cardRev: 1 }, $unset: { windowEndsAt: "" } });
  const done = await core.store.conversations.updateMany(over, { $set: { windowShut: true }, $unset: { windowEndsAt: "" } });
  return inWork.modifiedCount + done.modifiedCount;
}

const hours = (ms: number): string => (ms % 3_600_000 === 0 ? `${ms / 3_600_000} hours` : `${Math.round(ms / 60_000)} minutes`);

/** Why a free reply can't go now, in words; null when it can. A line in another conversation with the same customer opens the window too. */
export async function whyWindowClosed(core: Core, conversation: Conversation): Promise<string | null> {
  const adapter = core.channels.get(conversation.inboxId), windowMs = windowOf(core, conversation.inboxId);
  if (adapter === undefined || windowMs === null) return null;
  const now = core.clock.now();
  if ((replyUntil(core, conversation) ?? now) > now) return null;
  const opened = new Date(now.getTime() - windowMs);
  const fresh = await core.store.conversations.findOne({ identityId: conversation.identityId, windowFrom: { $gt: opened } }, { projection: { _id: 1 } });
  if (fresh !== null) return null;
  return `The customer last wrote more than ${hours(windowMs)} ago, and this channel takes free replies only that long.${hasTemplates(adapter) ? " Until they write again, only an approved template reaches them: /template." : ""}`;
}

/** @throws {UserError} WINDOW_CLOSED, before anything is queued */
export async function mustBeInWindow(core: Core, conversation: Conversation): Promise<void> {
  const why = await whyWindowClosed(core, conversation);
  if (why !== null) throw new UserError("WINDOW_CLOSED", `Nothing was sent. ${why}`);
}
