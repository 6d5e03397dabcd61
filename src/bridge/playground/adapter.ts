/** The playground as a desk: its database is ours, so what is written under a key happens once and is never uncertain. */
import { randomUUID } from "node:crypto";
import type { Db } from "mongodb";
import { DeskError } from "../../core/errors.ts";
import type { Bus } from "../../core/bus.ts";
import type { DeskThreadId, FileRef } from "../../core/model/types.ts";
import type { Clock, DeskAdapter, DeskHost, FetchingDesk, FileStore, Logger, Posted, SearchableDesk, TypingDesk } from "../../core/ports.ts";
import { createActs } from "./acts.ts";
import { createEvents } from "./events.ts";
import { type Faults, NO_FAULTS, passFaults } from "./faults.ts";
import { makeThreadId, parseThreadId } from "./ids.ts";
import { createInside } from "./inside.ts";
import { createLive } from "./live.ts";
import { createNotices } from "./notices.ts";
import { createPeople } from "./people.ts";
import { renderPost, TEXT_CHARS } from "./render.ts";
import { isDuplicateKey } from "../../core/store/store.ts";
import { openPlaygroundStore, type PlaygroundPost } from "./store.ts";

export interface PlaygroundDeps { db: Db; clock: Clock; bus: Bus; log: Logger; files: FileStore }

/** Bytes of one file on this desk. */
const FILE_BYTES = 25_000_000;

/** A line that moves with its conversation is posted into each of its threads. */
const callKeyOf = (threadId: string, key: string): string => `${threadId}|${key}`;

export type Playground = ReturnType<typeof createPlayground>;

/** Makes the desk; call `ensureIndexes` before its first use, `close` at the end. */
export function createPlayground({ db, clock, bus, log, files }: PlaygroundDeps) {
  const store = openPlaygroundStore(db);
  const live = createLive();
  const people = createPeople(db, store);
  let faults: Faults = NO_FAULTS;
  const events = createEvents({ store, people, faults: () => faults, log });
  const notices = createNotices({ store, clock, live, mentionCount: events.mentionCount });
  const inside = createInside(db, store);
  const acts = createActs({ store, events, live, clock });

  async function openThreadOf(id: DeskThreadId): Promise<string> {
    const thread = parseThreadId(id);
    if ((await store.threads.findOne({ _id: thread, deletedAt: { $exists: false } }, { projection: { _id: 1 } })) === null) {
      throw new DeskError("THREAD_GONE", "This thread was deleted on the playground.", { certain: true, refused: true });
    }
    return thread;
  }
  const changed = (threadId: string) => live.publish({ type: "changed", what: "thread", threadId });
  const postedAs = (posts: PlaygroundPost[]): Posted => ({ ids: posts.map((post) => post._id), at: posts.at(-1)!.at });
  const postGone = () => new DeskError("POST_GONE", "This post was deleted on the playground.", { certain: true, refused: true });

  const desk = {
    kind: "playground",
    limits: { textChars: TEXT_CHARS, fileBytes: FILE_BYTES },

    async openThread(target, card, key, signal) {
      await passFaults(faults, signal);
      const now = clock.now();
      const id = randomUUID();
      try {
        await store.threads.insertOne({ _id: id, key, channel: target.channel, card, createdAt: now, lastMessageAt: now });
      } catch (error) {
        const there = isDuplicateKey(error) ? await store.threads.findOne({ key }) : null;
        if (there === null) throw error;
        return makeThreadId(there._id);
      }
      live.publish({ type: "changed", what: "threads" });
      return makeThreadId(id);
    },

    async post(thread, post, key, signal) {
      await passFaults(faults, signal);
      const threadId = await openThreadOf(thread);
      const at = clock.now();
      const { texts, fields } = renderPost(post, at);
      const posted: PlaygroundPost[] = [];
      for (const [part, text] of texts.entries()) {
        const last = part === texts.length - 1;
        posted.push(await store.insertPost({
          _id: randomUUID(), threadId, callKey: callKeyOf(threadId, key), part, parts: texts.length, ...fields, files: last ? fields.files : [], text, at, changedAt: at,
        }));
      }
      changed(threadId);
      return postedAs(posted);
    },

    async update(thread, posts, post, signal) {
      await passFaults(faults, signal);
      const threadId = await openThreadOf(thread);
      const at = clock.now();
      const { texts, fields } = renderPost(post, at);
      const pieces = texts.length <= posts.length ? texts : [...texts.slice(0, posts.length - 1), texts.slice(posts.length - 1).join("\n")];
      for (const [n, id] of posts.entries()) {
        const { deletedAt, ...seen } = fields;
        const text = pieces[n];
        const deleted = text === undefined ? at : deletedAt;
        const done = await store.changePost(threadId, { _id: id }, {
          $set: { ...seen, files: n === pieces.length - 1 ? fields.files : [], text: text ?? "", changedAt: at, ...(deleted === undefined ? {} : { deletedAt: deleted }) },
          ...(deleted === undefined ? { $unset: { deletedAt: "" } } : {}),
        });
        if (done === null) throw postGone();
      }
      changed(threadId);
    },

    async remove(thread, posts, signal) {
      await passFaults(faults, signal);
      const threadId = await openThreadOf(thread);
      const at = clock.now();
      for (const id of posts) {
        await store.changePost(threadId, { _id: id, deletedAt: { $exists: false } }, { $set: { text: "", files: [], marks: [], deletedAt: at, changedAt: at } });
        await store.posts.updateOne({ _id: id, threadId, "author.kind": "customer" }, { $set: { "author.name": "Customer" }, $unset: { "author.avatar": "" } });
      }
      changed(threadId);
    },

    async updateCard(thread, card, signal) {
      await passFaults(faults, signal);
      const threadId = await openThreadOf(thread);
      await store.threads.updateOne({ _id: threadId }, { $set: { card } });
      changed(threadId);
    },

    async showReceipt(thread, postId, now, _was, signal) {
      await passFaults(faults, signal);
      const threadId = await openThreadOf(thread);
      const post = await store.posts.findOne({ _id: postId, threadId }, { projection: { receipt: 1, deletedAt: 1 } });
      if (post === null || post.deletedAt !== undefined) throw postGone();
      if (post.receipt === now) return;
      await store.changePost(threadId, { _id: postId }, { $set: { receipt: now } });
      await inside.refresh(threadId);
      changed(threadId);
    },

    async notify(userId, thread, notice) {
      // what is said to one person is slowed but never refused: nobody would say it again
      await passFaults({ ...faults, refusePosts: false }, undefined);
      const threadId = thread === null ? null : parseThreadId(thread);
      await notices.tell(userId, threadId, notice);
      if (threadId !== null && (await inside.refresh(threadId))) changed(threadId);
    },

    async history(thread, since, signal) {
      signal.throwIfAborted();
      return events.history(await openThreadOf(thread), since);
    },

    async findPost(thread, key, signal) {
      signal.throwIfAborted();
      const threadId = parseThreadId(thread);
      // posts of an earlier version bear the bare key
      const found = await store.posts.find({ threadId, callKey: { $in: [callKeyOf(threadId, key), key] } }).sort({ part: 1 }).toArray();
      const whole = found.length > 0 && found.length === found[0]!.parts;
      return whole ? postedAs(found) : null;
    },

    async fetchFile(file, signal): Promise<FileRef> {
      signal.throwIfAborted();
      // the desk keeps its files where core does: nothing has to be brought over
      const stored = await files.open(file.ref);
      stored.stream.destroy();
      return { fileId: file.ref, name: stored.name, type: stored.type, bytes: stored.bytes, state: "ready" };
    },

    async showTyping(thread, name, typing) {
      live.publish({ type: "typing", threadId: parseThreadId(thread), name, from: "customer", typing });
    },
  } satisfies DeskAdapter & TypingDesk & SearchableDesk & FetchingDesk;

  const unsubscribe = bus.on("message.stored", ({ messageId }) => {
    inside.originOf(messageId)
      .then(async (origin) => {
        if (origin === null) return;
        const threadId = parseThreadId(origin.thread as DeskThreadId);
        if (await inside.refresh(threadId)) changed(threadId);
      })
      .catch((error: unknown) => log.warn({ err: error }, "The playground could not look up what became of a post; the next look will."));
  });

  return {
    ...desk,
    ensureIndexes: () => store.ensureIndexes(),
    close: unsubscribe,
    catchUp: (host: DeskHost) => events.catchUp(host),
    faults: () => faults,
    setFaults(next: Partial<Faults>): Faults {
      faults = { ...faults, ...next };
      live.publish({ type: "changed", what: "faults" });
      return faults;
    },
    /** The vendor's side, for this desk's own routes. */
    vendor: { store, live, people, notices, inside, acts, files, clock },
  };
}
