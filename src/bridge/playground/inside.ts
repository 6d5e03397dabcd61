/** What core made of the posts that people wrote here: a reply, a note, a command; held, and why. */
import type { Collection, Db } from "mongodb";
import type { Message, StoredDeskEvent, Thread } from "../../core/model/types.ts";
import { makeThreadId, postKey, storedEventKey } from "./ids.ts";
import type { Inside, PlaygroundStore } from "./store.ts";

/** Posts looked at in one pass; the next read takes up the rest. */
const BATCH = 200;

export function createInside(db: Db, store: PlaygroundStore) {
  const messages = db.collection("messages") as unknown as Collection<Message>;
  const deskEvents = db.collection("deskEvents") as unknown as Collection<StoredDeskEvent>;
  const threads = db.collection("threads") as unknown as Collection<Thread>;

  const messagesOf = (posts: { threadId: string; _id: string }[]) =>
    messages.find({ deskPosts: { $in: posts.map((post) => postKey(post.threadId, post._id)) } }, { projection: { deskPosts: 1, kind: 1, held: 1, seq: 1 } }).toArray();

  return {
    /**
     * Brings `inside` of a thread's posts to what core holds now; those that changed are stamped. A post is watched until
     * core has handled its newest event and nobody is asked about it any more. Answers whether anything changed.
     */
    async refresh(threadId: string): Promise<boolean> {
      const watched = await store.posts.find({ threadId, watch: { $exists: true } }).limit(BATCH).toArray();
      if (watched.length === 0) return false;
      // events first: a message that the handling makes between the two reads is then still seen
      const handled = await deskEvents.find({ _id: { $in: watched.map((post) => storedEventKey(threadId, post.watch!)) }, handledAt: { $exists: true } }, { projection: { _id: 1, outcome: 1 } }).toArray();
      const made = await messagesOf(watched);
      let changed = false;
      for (const post of watched) {
        const event = handled.find((one) => one._id === storedEventKey(threadId, post.watch!));
        const message = made.find((one) => one.deskPosts.includes(postKey(threadId, post._id)));
        if (event === undefined && message === undefined) continue;
        const inside = insideOf(message, event);
        const asked = inside.held !== undefined;
        if (inside.kind !== post.inside?.kind || inside.held !== post.inside.held) {
          await store.changePost(threadId, { _id: post._id }, { $set: { inside } });
          changed = true;
        }
        if (event !== undefined && !asked) await store.posts.updateOne({ _id: post._id, watch: post.watch! }, { $unset: { watch: "" } });
      }
      return changed;
    },

    /** The conversation's `seq` up to which a person saw, from the last stamp that they saw; undefined when nothing tells. */
    async seenSeq(threadId: string, stamp: number): Promise<number | undefined> {
      const posts = await store.posts.find({ threadId, first: { $lte: stamp } }, { projection: { _id: 1, threadId: 1 } }).sort({ first: -1 }).limit(50).toArray();
      const seen = (await messagesOf(posts)).map((message) => message.seq);
      return seen.length === 0 ? undefined : Math.max(...seen);
    },

    /** Which of these threads another one has replaced. */
    async retired(ids: string[]): Promise<Set<string>> {
      const found = await threads.find({ _id: { $in: ids.map(makeThreadId) }, state: "retired" }, { projection: { _id: 1 } }).toArray();
      const retired = new Set<string>(found.map((thread) => thread._id));
      return new Set(ids.filter((id) => retired.has(makeThreadId(id))));
    },

    /** The thread and post that core made a message from, when it was made here. */
    async originOf(messageId: string): Promise<{ thread: string } | null> {
      const message = await messages.findOne({ _id: messageId }, { projection: { origin: 1 } });
      return message?.origin?.desk === "playground" ? { thread: message.origin.thread } : null;
    },
  };
}

function insideOf(message: Pick<Message, "kind" | "held"> | undefined, event: Pick<StoredDeskEvent, "outcome"> | undefined): Inside {
  if (message === undefined) return { kind: event?.outcome?.startsWith("command") === true ? "command" : "note" };
  if (message.kind === "outgoing") return { kind: "reply" };
  return message.held !== undefined && message.held.settled === undefined ? { kind: "note", held: message.held.why } : { kind: "note" };
}
