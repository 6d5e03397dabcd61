/** What stands around an agent's line when it was written: the guard's questions that need the store. */
import type { GuardInput } from "../core/model/guard.ts";
import type { Core } from "../core/core.ts";
import type { Agent, Conversation, DeliveryStatus, Inbox } from "../core/model/types.ts";
import { newestLines, RECENT_LINE } from "../core/store/look-together.ts";
import type { RecentLine } from "../core/store/look-together.ts";

const LOOK_BACK = 15;
/** How far a desk's clock and ours may be apart. */
const CLOCKS_MS = 30_000;

type LineContext = Pick<GuardInput, "ownerConflict" | "unseen" | "doubleReply" | "overtaken"> & { turn?: number };

/**
 * `at`: the desk's own time of the agent's line. Compares only desk times with it.
 * unseen: the customer's newest line, or a colleague's reply from elsewhere, was not in the thread yet.
 * doubleReply: such a line came less than `doubleReplySeconds` before, with an older unanswered customer line already there.
 * overtaken: a reply that was written later has left for the customer.
 * turn: its place before what is queued already though it was written later; absent when it is not a straggler.
 */
export async function lineContext(core: Core, conversation: Conversation, inbox: Inbox, agent: Agent, at: Date): Promise<LineContext> {
  const recent = await newestLines(core, { conversationId: conversation._id, after: conversation.appliedSeq - LOOK_BACK, most: LOOK_BACK });
  const lines = recent.filter((m) => m.deletedAt === undefined && (m.kind === "incoming" || isColleagueReply(m, agent)));
  const newestIncoming = lines.find((m) => m.kind === "incoming");
  const unseen = (newestIncoming !== undefined && !wasThere(newestIncoming, at)) || lines.some((m) => m.kind === "outgoing" && !wasThere(m, at) && m.origin === undefined);
  const turn = turnOfStraggler(await withQueued(core, conversation, recent, at), at);
  return {
    overtaken: recent.some((m) => wasWrittenAfter(m, at) && HAS_LEFT.has(m.delivery.state)),
    ownerConflict: conversation.assigneeId !== null && conversation.assigneeId !== agent._id, unseen,
    doubleReply: isDouble(recent, lines, inbox.settings.doubleReplySeconds, at), ...(turn === undefined ? {} : { turn }),
  };
}

/** After a long silence more is read back than is looked at: then what is queued is looked for by itself. */
async function withQueued(core: Core, conversation: Conversation, recent: RecentLine[], at: Date): Promise<RecentLine[]> {
  const oldest = recent.at(-1);
  if (oldest === undefined || oldest.seq === 1 || oldest.createdAt.getTime() < at.getTime() - CLOCKS_MS) return recent;
  const queued = await core.store.messages.find<RecentLine>({ conversationId: conversation._id, "delivery.dueAt": { $exists: true }, seq: { $lt: oldest.seq } }, { projection: RECENT_LINE }).sort({ "delivery.turn": 1 }).toArray();
  return [...recent, ...queued];
}

/** A line that was handled late still goes before those that were written after it. */
function turnOfStraggler(recent: RecentLine[], at: Date): number | undefined {
  const replies = recent.filter((m) => m.kind === "outgoing" && m.origin !== undefined);
  const later = replies.filter((m) => m.delivery.state === "queued" && wasWrittenAfter(m, at)).map((m) => m.delivery.turn);
  if (later.length === 0) return undefined;
  const next = Math.min(...later);
  const previous = Math.max(0, ...replies.map((m) => m.delivery.turn).filter((turn) => turn < next));
  return Math.max((previous + next) / 2, next - 0.5);
}

const HAS_LEFT: ReadonlySet<DeliveryStatus> = new Set(["sending", "sent", "delivered", "read", "unknown"]);
const wasWrittenAfter = (m: RecentLine, at: Date): boolean => m.kind === "outgoing" && m.origin !== undefined && m.mirror.postedAt !== undefined && m.mirror.postedAt > at;
const isColleagueReply = (m: RecentLine, agent: Agent): boolean => m.kind === "outgoing" && m.delivery.state !== "cancelled" && m.author.id !== agent._id;
const wasThere = (m: RecentLine, at: Date): boolean => m.mirror.postedAt !== undefined && m.mirror.postedAt <= at;

function isDouble(recent: RecentLine[], lines: RecentLine[], seconds: number, at: Date): boolean {
  if (seconds <= 0) return false;
  const justBefore = lines.filter((m) => wasThere(m, at) && at.getTime() - m.mirror.postedAt!.getTime() < seconds * 1_000);
  if (justBefore.length === 0) return false;
  const newest = Math.max(...justBefore.map((m) => m.seq));
  const lastAnswer = recent.find((m) => m.kind === "outgoing" && m.delivery.state !== "cancelled" && m.seq < newest)?.seq ?? 0;
  return recent.some((m) => m.kind === "incoming" && m.deletedAt === undefined && m.seq > lastAnswer && m.seq < newest && wasThere(m, at));
}
