/** What a person does in a thread: write, edit, delete, react. Stored here first, then handed to the bridge as an event. */
import { randomUUID } from "node:crypto";
import { UserError } from "../../core/errors.ts";
import type { FileRef } from "../../core/model/types.ts";
import type { Clock, DeskHost } from "../../core/ports.ts";
import type { PlaygroundEvents } from "./events.ts";
import type { Live } from "./live.ts";
import { deleteEvent, editEvent, newEvent, reactionEvent } from "./parse.ts";
import type { Person } from "./people.ts";
import type { PlaygroundPost, PlaygroundStore, PlaygroundThread } from "./store.ts";

export function createActs({ store, events, live, clock }: { store: PlaygroundStore; events: PlaygroundEvents; live: Live; clock: Clock }) {
  /** @throws {UserError} THREAD_UNKNOWN */
  async function threadOf(id: string): Promise<PlaygroundThread> {
    const thread = await store.threads.findOne({ _id: id, deletedAt: { $exists: false } });
    if (thread === null) throw new UserError("THREAD_UNKNOWN", "There is no such thread on this desk; it may have been deleted. GET /playground/v1/threads lists those there are.");
    return thread;
  }

  async function postOf(threadId: string, id: string): Promise<PlaygroundPost> {
    await threadOf(threadId);
    const post = await store.posts.findOne({ _id: id, threadId, deletedAt: { $exists: false } });
    if (post === null) throw new UserError("MESSAGE_UNKNOWN", "There is no such message in this thread; it may have been deleted.");
    return post;
  }

  async function ownPostOf(person: Person, threadId: string, id: string): Promise<PlaygroundPost> {
    const post = await postOf(threadId, id);
    if (post.author.userId !== person.userId) throw new UserError("NOT_ALLOWED", "Only its author can change or delete a message.");
    return post;
  }

  const changed = (threadId: string) => live.publish({ type: "changed", what: "thread", threadId });
  const gone = () => new UserError("MESSAGE_UNKNOWN", "This message has just been deleted.");

  return {
    threadOf,

    async write(host: DeskHost, person: Person, threadId: string, text: string, files: FileRef[]): Promise<PlaygroundPost> {
      await threadOf(threadId);
      const at = clock.now();
      const id = randomUUID();
      const post = await store.insertPost({
        _id: id, threadId, author: { name: person.name, kind: person.kind, userId: person.userId, ...(person.avatar === undefined ? {} : { avatar: person.avatar }) },
        kind: "person", text, files, marks: [], reactions: [], at, changedAt: at, watch: `${id}:new`, pending: true,
      });
      changed(threadId);
      await events.handOver(host, post, newEvent(post, await events.mentionCount(text)));
      return post;
    },

    async edit(host: DeskHost, person: Person, threadId: string, id: string, text: string): Promise<PlaygroundPost> {
      const before = await ownPostOf(person, threadId, id);
      if (before.text === text) return before;
      // two edits within a millisecond are two events
      const editedAt = new Date(Math.max(clock.now().getTime(), before.changedAt.getTime() + 1));
      const post = await store.changePost(threadId, { _id: id, deletedAt: { $exists: false } }, {
        $set: { text, editedAt, changedAt: editedAt, watch: `${id}:edit:${editedAt.toISOString()}`, pending: true },
      });
      if (post === null) throw gone();
      changed(threadId);
      await events.handOver(host, post, editEvent({ ...post, editedAt }, await events.mentionCount(text)));
      return post;
    },

    async remove(host: DeskHost, person: Person, threadId: string, id: string): Promise<void> {
      await ownPostOf(person, threadId, id);
      const deletedAt = clock.now();
      const post = await store.changePost(threadId, { _id: id, deletedAt: { $exists: false } }, {
        $set: { text: "", files: [], deletedAt, changedAt: deletedAt, pending: true }, $unset: { watch: "" },
      });
      if (post === null) throw gone();
      changed(threadId);
      await events.handOver(host, post, deleteEvent({ ...post, deletedAt }));
    },

    async react(host: DeskHost, person: Person, threadId: string, id: string, emoji: string, removed: boolean): Promise<void> {
      await postOf(threadId, id);
      const at = clock.now();
      const mine = { emoji, userId: person.userId };
      const post = removed
        ? await store.changePost(threadId, { _id: id, reactions: { $elemMatch: mine } }, { $pull: { reactions: mine }, $set: { changedAt: at, pending: true } })
        : await store.changePost(threadId, { _id: id, reactions: { $not: { $elemMatch: mine } } }, { $push: { reactions: { ...mine, by: person.name, at } }, $set: { changedAt: at, pending: true } });
      if (post === null) return;
      changed(threadId);
      await events.handOver(host, post, reactionEvent(post, { ...mine, at }, removed));
    },

    async deleteThread(threadId: string): Promise<void> {
      await threadOf(threadId);
      await store.threads.updateOne({ _id: threadId }, { $set: { deletedAt: clock.now() }, $unset: { key: "" } });
      live.publish({ type: "changed", what: "threads" });
    },
  };
}
