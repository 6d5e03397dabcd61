/** The playground's own documents. Each visible change of a post stamps it anew: `after=` misses nothing. */
import type { Collection, Db, Filter, IndexDescription, UpdateFilter } from "mongodb";
import type { DeliveryStatus, FileRef, HeldReason } from "../../core/model/types.ts";
import type { Span } from "../../core/model/rich-text.ts";
import type { Card, CardButton, DeskPost } from "../../core/ports.ts";
import { isDuplicateKey } from "../../core/store/store.ts";

export interface PlaygroundThread {
  _id: string;
  /** The key it was opened under; gone once the thread is deleted. */
  key?: string;
  channel: string;
  card: Card;
  createdAt: Date;
  lastMessageAt: Date;
  deletedAt?: Date;
}
export interface PostAuthor { name: string; kind: "customer" | "agent" | "bot" | "guest"; avatar?: string; /** Set on posts that a person wrote here. */ userId?: string }
export interface PostReaction { emoji: string; by: string; userId: string; at: Date }
/** What core made of a person's post. */
export interface Inside { kind: "reply" | "note" | "command"; held?: HeldReason }

export interface PlaygroundPost {
  _id: string;
  threadId: string;
  /** All its stamps; `first` is its place on screen, `last` its newest visible change. */
  seqs: number[];
  first: number;
  last: number;
  /** The bridge's call that made it, and which of its parts this is. */
  callKey?: string;
  part?: number;
  parts?: number;
  author: PostAuthor;
  kind: "person" | DeskPost["kind"];
  text: string;
  /** Formatting of a customer's text. */
  spans?: Span[];
  files: FileRef[];
  marks: string[];
  reactions: PostReaction[];
  receipt?: DeliveryStatus;
  at: Date;
  changedAt: Date;
  editedAt?: Date;
  deletedAt?: Date;
  inside?: Inside;
  /** The newest event whose outcome core has not told yet; indexed. */
  watch?: string;
  /** Set while an event of this post has not been handed to the bridge; indexed. */
  pending?: true;
}
export interface PlaygroundNotice { _id: string; userId: string; threadId: string | null; text: string; buttons: CardButton[]; messageId?: string; at: Date; doneAt?: Date }
export interface PlaygroundForm { _id: string; userId: string; threadId: string | null; verb: string; args: string; seen?: number; messageId?: string; at: Date }
/** `_id` is the name in small letters: two guests never share one. */
export interface PlaygroundGuest { _id: string; name: string; at: Date }

const present = (field: string) => ({ partialFilterExpression: { [field]: { $exists: true } } });
const indexes: Record<string, IndexDescription[]> = {
  playgroundThreads: [
    { name: "openThreadOnce", key: { key: 1 }, unique: true, ...present("key") },
    { name: "listThreads", key: { lastMessageAt: -1 } },
  ],
  playgroundPosts: [
    { name: "stampOnce", key: { threadId: 1, seqs: 1 }, unique: true },
    { name: "postsAfter", key: { threadId: 1, last: 1 } },
    { name: "postsSeen", key: { threadId: 1, first: -1 } },
    { name: "postOnce", key: { callKey: 1, part: 1 }, unique: true, ...present("callKey") },
    { name: "history", key: { threadId: 1, changedAt: 1 } },
    { name: "watched", key: { threadId: 1, watch: 1 }, ...present("watch") },
    { name: "catchUp", key: { pending: 1 }, ...present("pending") },
    { name: "fileShown", key: { "files.fileId": 1 } },
  ],
  playgroundNotices: [
    { name: "noticesOf", key: { userId: 1, at: -1 } },
    { name: "forgetNotices", key: { at: 1 }, expireAfterSeconds: 7 * 86_400 },
  ],
  playgroundForms: [{ name: "forgetForms", key: { at: 1 }, expireAfterSeconds: 86_400 }],
};

/** Tries for a stamp that others want too; each failure means that another post got it. */
const STAMP_TRIES = 200;

/** This very post got the stamp (or a later one) by another change: the unique index does not compare a document with itself. */
class StampTaken extends Error {}

export type PlaygroundStore = ReturnType<typeof openPlaygroundStore>;

export function openPlaygroundStore(db: Db) {
  const of = <T extends object>(name: string) => db.collection(name) as unknown as Collection<T>;
  const threads = of<PlaygroundThread>("playgroundThreads");
  const posts = of<PlaygroundPost>("playgroundPosts");

  type Top = Pick<PlaygroundPost, "first" | "last" | "at">;
  const topBy = (threadId: string, stamp: "first" | "last"): Promise<Top | null> =>
    posts.find({ threadId }, { projection: { first: 1, last: 1, at: 1 } }).sort({ [stamp]: -1 }).limit(1).next();

  /** `write` gets the next stamp and the post that has the last one. */
  async function stamped<T>(threadId: string, write: (stamp: number, top: Top | null) => Promise<T>): Promise<T> {
    for (let n = 1; ; n++) {
      try {
        const top = await topBy(threadId, "last");
        return await write((top?.last ?? 0) + 1, top);
      } catch (error) {
        const taken = error instanceof StampTaken || (isDuplicateKey(error) && !isDuplicateKey(error, "callKey"));
        if (!taken || n === STAMP_TRIES) throw error;
      }
    }
  }

  return {
    threads, posts,
    notices: of<PlaygroundNotice>("playgroundNotices"),
    forms: of<PlaygroundForm>("playgroundForms"),
    guests: of<PlaygroundGuest>("playgroundGuests"),

    async ensureIndexes(): Promise<void> {
      for (const [name, wanted] of Object.entries(indexes)) await db.collection(name).createIndexes(wanted);
    },

    /**
     * Adds a post at the end of its thread, with a time after that of the post before it: order on screen and order of time are one.
     * Under a `callKey` and `part` that are there already, it answers that one.
     */
    async insertPost(post: Omit<PlaygroundPost, "seqs" | "first" | "last">): Promise<PlaygroundPost> {
      try {
        const saved = await stamped(post.threadId, async (stamp, top) => {
          const before = top === null || top.first === top.last ? top : await topBy(post.threadId, "first");
          const at = before === null || before.at < post.at ? post.at : new Date(before.at.getTime() + 1);
          const whole: PlaygroundPost = { ...post, at, changedAt: at, seqs: [stamp], first: stamp, last: stamp };
          await posts.insertOne(whole);
          return whole;
        });
        await threads.updateOne({ _id: post.threadId }, { $max: { lastMessageAt: saved.at } });
        return saved;
      } catch (error) {
        const there = post.callKey === undefined || !isDuplicateKey(error) ? null : await posts.findOne({ callKey: post.callKey, part: post.part! });
        if (there === null) throw error;
        return there;
      }
    },

    /** Changes what is seen of a post that still is as `expect` says, and stamps it; null when it is not. */
    changePost(threadId: string, expect: Filter<PlaygroundPost> & { _id: string }, change: UpdateFilter<PlaygroundPost>): Promise<PlaygroundPost | null> {
      return stamped(threadId, async (stamp) => {
        const changed = await posts.findOneAndUpdate(
          { $and: [{ threadId, ...expect }, { last: { $lt: stamp } }] } as Filter<PlaygroundPost>,
          { ...change, $set: { ...change.$set, last: stamp }, $push: { ...change.$push, seqs: stamp } } as UpdateFilter<PlaygroundPost>,
          { returnDocument: "after" },
        );
        if (changed === null && (await posts.findOne({ $and: [{ threadId, ...expect }, { last: { $gte: stamp } }] } as Filter<PlaygroundPost>, { projection: { _id: 1 } })) !== null) throw new StampTaken();
        return changed;
      });
    },
  };
}
