/** What a desk's connection missed: the threads in use are compared with what is stored. It never sends: what is late is held (guard). */
import { acceptDeskEvents } from "./intake.ts";
import { call } from "./mirror-work.ts";
import type { Core } from "../core/core.ts";
import type { DeskKind, DeskPostId, DeskThreadId } from "../core/model/types.ts";
import type { StreamingDesk } from "../core/ports.ts";
import { threadOf } from "../core/store/threads.ts";

/** Threads of conversations without a line for longer are not looked at, unless something is heard from them. */
const LOOK_BACK_MS = 30 * 86_400_000;
/** What happened this long before the connection broke is compared too: the desk's clock and ours differ, and its last events may have been lost with it. */
const OVERLAP_MS = 10 * 60_000;
const THREADS_AT_ONCE = 200;
const LINES_AT_ONCE = 50;

/** Answers how many events were found that were not stored yet. `since`: when the desk was last heard. */
export async function catchUp(core: Core, desk: StreamingDesk, since: Date): Promise<number> {
  const from = new Date(since.getTime() - OVERLAP_MS);
  let found = 0;
  for await (const threads of threadsInUse(core, desk.kind)) {
    for (const thread of await call(core, (signal) => desk.changedSince(threads, from, signal))) {
      const events = await call(core, async (signal) => desk.history(thread, from, signal, await knownPosts(core, thread, from)));
      found += await acceptDeskEvents(core, desk.kind, events);
    }
  }
  if (found > 0) core.log.info({ desk: desk.kind, events: found }, "Caught up with what happened on the desk while it could not be heard.");
  return found;
}

/** The threads in which something may be said, newest conversations first, in pages. */
async function* threadsInUse(core: Core, desk: DeskKind): AsyncGenerator<DeskThreadId[]> {
  const cursor = core.store.conversations
    .find({ lastMessageAt: { $gte: new Date(core.clock.now().getTime() - LOOK_BACK_MS) }, "thread.id": { $exists: true } }, { projection: { thread: 1 } })
    .sort({ lastMessageAt: -1 });
  let page: DeskThreadId[] = [];
  for await (const { thread } of cursor) {
    if (thread === undefined || !thread.id.startsWith(`${desk}:`)) continue;
    page.push(thread.id);
    if (page.length === THREADS_AT_ONCE) { yield page; page = []; }
  }
  if (page.length > 0) yield page;
  // Where a conversation moved on, somebody may still write in the thread that it left.
  const left = await core.store.threads.find({ desk, leftAt: { $gte: new Date(core.clock.now().getTime() - LOOK_BACK_MS) } }, { projection: { _id: 1 } }).toArray();
  for (let at = 0; at < left.length; at += THREADS_AT_ONCE) yield left.slice(at, at + THREADS_AT_ONCE).map((thread) => thread._id);
}

/** People's posts of that time in a thread that we believe to be there. */
async function knownPosts(core: Core, thread: DeskThreadId, from: Date): Promise<DeskPostId[]> {
  const mirrored = await threadOf(core.store, thread);
  if (mirrored === null) return [];
  // Line by line from the newest on, so that a long conversation costs what was said since and no more.
  const recent = core.store.messages
    .find({ conversationId: mirrored.conversationId }, { projection: { origin: 1, createdAt: 1, deletedAt: 1 }, batchSize: LINES_AT_ONCE })
    .sort({ seq: -1 });
  const posts: DeskPostId[] = [];
  for await (const { createdAt, deletedAt, origin } of recent) {
    if (createdAt < from) break;
    if (deletedAt === undefined && origin?.thread === thread) posts.push(origin.postId);
  }
  return posts;
}
