/** The team has read what a customer wrote: they see it in their feed where that is ours, else where their channel can show it. */
import type { Core } from "../core.ts";
import type { Conversation } from "../model/types.ts";
import { canMarkRead } from "../ports.ts";
import { addressOf } from "../store/identities.ts";
import { recordSeenByTeam, servesFeed } from "./feed.ts";
import { inboundSource } from "./receive-inbound.ts";

/** Lines up to `seq` count as read. Only the newest is told, once; telling it is a courtesy, so it is neither awaited nor tried again. */
export async function teamHasRead(core: Core, conversation: Pick<Conversation, "_id" | "inboxId">, seq: number): Promise<void> {
  if (servesFeed(core, conversation.inboxId)) return recordSeenByTeam(core, conversation._id, seq, "read");
  const adapter = core.channels.get(conversation.inboxId);
  if (adapter === undefined || !canMarkRead(adapter)) return;
  const line = await core.store.messages.findOne({ conversationId: conversation._id, seq: { $lte: seq }, kind: "incoming" }, { sort: { seq: -1 }, projection: { source: 1, identityId: 1, seen: 1 } });
  if (line === null || line.seen === "read") return;
  const [{ modifiedCount }, to] = await Promise.all([core.store.messages.updateOne({ _id: line._id, seen: { $ne: "read" } }, { $set: { seen: "read" } }), addressOf(core.store, line.identityId)]);
  if (modifiedCount === 0 || to === null) return;
  adapter.markRead(to, line.source.slice(inboundSource(to.inboxId, to.address, "").length), AbortSignal.timeout(core.limits.vendorCallMs))
    .catch((error: unknown) => { core.log.debug({ err: error, conversationId: conversation._id }, "That the team has read a line could not be told."); });
}
