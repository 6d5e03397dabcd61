/** Posting lines in their order: one message, or the parts of an album, as one post. */
import { call, lead, LeaseLost } from "./mirror-work.ts";
import type { Work } from "./mirror-work.ts";
import { openThread } from "./open-thread.ts";
import { postOf } from "./render-post.ts";
import type { Core } from "../core/core.ts";
import { DeskError } from "../core/errors.ts";
import { retryDelayMs } from "../core/model/retry.ts";
import type { DeskThreadId, Message } from "../core/model/types.ts";
import { canFindPost } from "../core/ports.ts";
import type { Posted } from "../core/ports.ts";
import { recordSeenByTeam, servesFeed } from "../core/services/feed.ts";
import { deskPostKey } from "../core/services/send-reply.ts";
import { updateTogether } from "../core/store/change-together.ts";

/** Posts one message, or an album as one post. False: the head has to wait. */
export async function postMessages(w: Work, parts: Message[]): Promise<boolean> {
  const { core } = w;
  const first = parts[0]!;
  try {
    await lead(w, first._id);
    const thread = await openThread(w, first._id);
    // Opening may have taken most of the lease.
    await lead(w, first._id);
    const post = postOf(w.held.conversation, parts);
    const posted = await call(core, (signal) => w.desk.post(thread, post, first._id, signal));
    await recordPosted(w, parts, thread, posted, "posted");
    return true;
  } catch (error) {
    return postFailed(w, parts, error);
  }
}

/** `found`: the post is of an earlier time, so all it says is shown anew; its parts stay due for that. */
async function recordPosted(w: Work, parts: Message[], thread: DeskThreadId, posted: Posted, state: "posted" | "fallback", found = false): Promise<void> {
  const { core, held } = w;
  const keys = posted.ids.map((id) => deskPostKey(thread, id));
  // The head last: by it the post is found again when we stop between two of these, and then it shows what was noted so far.
  for (const message of [...parts.slice(1), ...parts.slice(0, 1)]) {
    const wasRev = { _id: message._id, "mirror.token": { $lte: held.token } };
    const set = { "mirror.state": state, "mirror.rev": found ? -1 : message.rev, "mirror.token": held.token, "mirror.postedAt": posted.at, "mirror.tries": 0 };
    // What changed while it was posted stays due.
    const { matchedCount } = await updateTogether<Message>(core.store, core.store.messages,
      { ...wasRev, rev: message.rev, "delivery.state": message.delivery.state },
      { $set: set, $addToSet: { deskPosts: { $each: keys } }, $unset: { "mirror.error": "", ...(message.kind === "outgoing" || found ? {} : { "mirror.dueAt": "" }) } },
    );
    if (matchedCount === 0) await core.store.messages.updateOne(wasRev, { $set: set, $addToSet: { deskPosts: { $each: keys } }, $unset: { "mirror.error": "" } });
  }
  const last = parts.at(-1)!;
  if (last.kind === "incoming" && servesFeed(core, last.inboxId)) await recordSeenByTeam(core, last.conversationId, last.seq, "delivered");
}

/** `uncertain`: whatever the error says, an earlier try may have had its effect. */
async function postFailed(w: Work, parts: Message[], thrown: unknown, uncertain = false): Promise<boolean> {
  const { core, held } = w;
  if (thrown instanceof LeaseLost) throw thrown;
  let error = thrown instanceof DeskError ? thrown : unexpected(w, thrown);
  if (error.code === "THREAD_GONE") throw error;
  if (error.o.refused === true && w.thread !== undefined) {
    const plain = { ...postOf(held.conversation, parts), files: [], marks: [`shown without its ${parts.some((p) => p.files.length > 0) ? "files" : "formatting"}: ${error.message}`] };
    try {
      const posted = await call(core, (signal) => w.desk.post(w.thread!, plain, `${parts[0]!._id}:plain`, signal));
      await recordPosted(w, parts, w.thread, posted, "fallback");
      return true;
    } catch (second) {
      error = second instanceof DeskError ? second : unexpected(w, second);
      if (error.code === "THREAD_GONE") throw error;
    }
  }
  const now = core.clock.now();
  for (const message of parts) {
    const tries = message.mirror.tries + 1;
    await core.store.messages.updateOne({ _id: message._id, "mirror.token": { $lte: held.token } }, {
      $set: {
        "mirror.state": error.o.certain && !uncertain ? "queued" : "posting", "mirror.token": held.token, "mirror.tries": tries,
        "mirror.dueAt": new Date(now.getTime() + (error.o.retryAfterMs ?? retryDelayMs(tries))), "mirror.error": { code: error.code, text: error.message },
      },
    });
  }
  w.runner().kickAt(held.conversation._id, error.o.retryAfterMs ?? retryDelayMs(parts[0]!.mirror.tries + 1));
  core.log.warn({ code: error.code, conversationId: held.conversation._id, tries: parts[0]!.mirror.tries + 1 }, "A post did not reach the desk; it is tried again.");
  return false;
}

function unexpected(w: Work, thrown: unknown): DeskError {
  w.core.log.error({ err: thrown, conversationId: w.held.conversation._id }, "A desk failed in an unexpected way; whether the post is there is looked at.");
  return new DeskError("UNREACHABLE", "The desk failed in an unexpected way.", { certain: false, cause: thrown });
}

/** What a dead holder was posting is uncertain until the desk was asked. */
export async function markPosting(core: Core, message: Message): Promise<void> {
  if (message.mirror.state !== "queued") return;
  await core.store.messages.updateOne({ _id: message._id, "mirror.state": "queued" }, { $set: { "mirror.state": "posting" } });
}

/** Looks for the post of these parts where the desk lets us; else posts again, marked: the team must never miss a line. */
export async function settlePosting(w: Work, parts: Message[]): Promise<boolean> {
  const { core, desk } = w;
  const first = parts[0]!;
  try {
    await lead(w, first._id);
    const thread = await openThread(w, first._id, true);
    if (canFindPost(desk)) {
      for (const [key, state] of [[first._id, "posted"], [`${first._id}:plain`, "fallback"]] as const) {
        const found = await call(core, (signal) => desk.findPost(thread, key, signal));
        if (found !== null) { await recordPosted(w, parts, thread, found, state, true); return true; }
      }
    }
  } catch (error) {
    return postFailed(w, parts, error, true);
  }
  if (canFindPost(desk)) return postMessages(w, parts);
  await core.store.messages.updateOne({ _id: first._id }, { $set: { "mirror.mayAppearTwice": true } });
  return postMessages(w, [{ ...first, mirror: { ...first.mirror, mayAppearTwice: true } }, ...parts.slice(1)]);
}
