/**
 * Conversations in which the customer has gone silent after our last line: nudged once, then resolved. When that is due follows from
 * `lastMessageAt` (indexed for open ones that nobody waits in), so no message costs anything more and a changed setting counts at once.
 */
import type { Filter } from "mongodb";
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import type { AutoResolve } from "../model/care.ts";
import type { Author, Conversation, Inbox } from "../model/types.ts";
import { allInboxes } from "./inbox-settings.ts";
import { whyWindowClosed } from "./reply-window.ts";
import { sendAutomatic } from "./send-automatic.ts";
import { resolve } from "./set-status.ts";

const HOUR_MS = 3_600_000;
const BATCH = 100;
const AT_ONCE = 10;
const SYSTEM: Author = { type: "system", name: "Threadline" };

/** Answers how many were nudged or resolved. */
export async function closeIdle(core: Core): Promise<number> {
  let done = 0;
  for (const inbox of await allInboxes(core)) {
    const auto = inbox.settings.autoResolve ?? null;
    if (auto === null || !inbox.enabled) continue;
    if (auto.nudge !== undefined) done += await each(core, inbox, null, auto.nudgeAfterHours, (one) => nudge(core, one, inbox, auto.nudge!));
    done += await each(core, inbox, auto.nudge === undefined ? null : true, auto.afterHours, (one) => close(core, one, auto));
  }
  return done;
}

/** `nudged` as the conversation says it. Whoever `act` leaves as it was is not looked at again in this look. */
async function each(core: Core, inbox: Inbox, nudged: true | null, hours: number, act: (conversation: Conversation) => Promise<void>): Promise<number> {
  let count = 0;
  for (let from = new Date(0); ;) {
    const until = new Date(core.clock.now().getTime() - hours * HOUR_MS);
    const idle: Filter<Conversation> = { inboxId: inbox._id, status: "open", waitingSince: null, nudged, lastMessageAt: { $gt: from, $lte: until } };
    const batch = await core.store.conversations.find(idle).sort({ lastMessageAt: 1 }).limit(BATCH).toArray();
    // where only we never wrote, nobody has answered yet
    const answered = batch.filter(({ firstReplyAt, erased }) => firstReplyAt !== null && erased !== true);
    for (let i = 0; i < answered.length; i += AT_ONCE) await Promise.all(answered.slice(i, i + AT_ONCE).map(act));
    count += answered.length;
    if (batch.length < BATCH) return count;
    from = batch.at(-1)!.lastMessageAt;
  }
}

/** Once while the customer is silent: the line's source names their last one. */
async function nudge(core: Core, conversation: Conversation, inbox: Inbox, body: string): Promise<void> {
  const { _id, lastIncomingSeq, mode, contactBlocked, unreachable } = conversation;
  const can = mode !== "team-only" && contactBlocked !== true && unreachable === undefined && (await whyWindowClosed(core, conversation)) === null;
  if (can) await sendAutomatic(core, { conversation, author: { type: "bot", name: inbox.name }, body, source: `nudge:${_id}:${lastIncomingSeq}` });
  await core.store.conversations.updateOne({ _id, status: "open", waitingSince: null, lastIncomingSeq }, { $set: { nudged: true } });
}

/** A line that the customer writes at this moment wins. */
async function close(core: Core, conversation: Conversation, { afterHours }: AutoResolve): Promise<void> {
  try {
    await resolve(core, { conversation, actor: SYSTEM, seen: conversation.lastIncomingSeq, automatic: true, reason: `the customer wrote nothing for ${afterHours} ${afterHours === 1 ? "hour" : "hours"}` });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
  }
}
