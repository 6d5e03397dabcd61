/** What the bridge hears of this desk: each act at once, and what it missed by reading the thread again. */
import type { DeskHost, IncomingDeskEvent, Logger } from "../../core/ports.ts";
import type { Faults } from "./faults.ts";
import { makeThreadId } from "./ids.ts";
import { deleteEvent, editEvent, mentionsIn, newEvent, reactionEvent } from "./parse.ts";
import type { People } from "./people.ts";
import type { PlaygroundPost, PlaygroundStore } from "./store.ts";

/** Posts read in one pass of a catch-up. */
const BATCH = 500;

export function createEvents({ store, people, faults, log }: { store: PlaygroundStore; people: People; faults: () => Faults; log: Logger }) {
  const mentionCount = async (text: string) => (text.includes("@") || text.includes("＠") ? mentionsIn(text, (await people.agents()).map((agent) => agent.name)).length : 0);

  /** The events that lead to a post as it is now; what it was in between is gone, as on any desk. */
  async function eventsOf(post: PlaygroundPost, since: Date): Promise<IncomingDeskEvent[]> {
    const events: IncomingDeskEvent[] = [];
    if (post.author.userId !== undefined) {
      if (post.deletedAt !== undefined) return [deleteEvent({ ...post, deletedAt: post.deletedAt })];
      const mentions = await mentionCount(post.text);
      events.push(newEvent(post, mentions));
      if (post.editedAt !== undefined) events.push(editEvent({ ...post, editedAt: post.editedAt }, mentions));
    }
    if (post.deletedAt === undefined) for (const reaction of post.reactions) if (reaction.userId !== "") events.push(reactionEvent(post, reaction, false));
    return events.filter((event) => event.at >= since);
  }

  async function history(threadId: string, since: Date): Promise<IncomingDeskEvent[]> {
    const changed = await store.posts.find({ threadId, changedAt: { $gte: since } }).sort({ changedAt: 1 }).toArray();
    const events = (await Promise.all(changed.map((post) => eventsOf(post, since)))).flat();
    return events.sort((a, b) => a.at.getTime() - b.at.getTime());
  }

  return {
    mentionCount,
    history,

    /**
     * Hands over what a person just did to `post`, after the posts above it that did not arrive yet (their process died, or is slow).
     * What does not arrive stays marked, and `catchUp` brings it.
     */
    async handOver(host: DeskHost, post: PlaygroundPost, event: IncomingDeskEvent): Promise<void> {
      if (faults().dropEvents) return;
      try {
        const above = await store.posts.find({ pending: true, threadId: post.threadId, first: { $lt: post.first } }).sort({ first: 1 }).toArray();
        const missed = (await Promise.all(above.map((one) => eventsOf(one, one.at)))).flat();
        await host.accept("playground", [...missed, event]);
        for (const one of [...above, post]) await store.posts.updateOne({ _id: one._id, changedAt: one.changedAt }, { $unset: { pending: "" } });
      } catch (error) {
        log.warn({ err: error, event: event.id }, "The bridge did not take a playground event; it will be caught up.");
      }
    },

    /** Brings the bridge everything that it has not taken, oldest first. Answers how many posts that were. */
    async catchUp(host: DeskHost): Promise<number> {
      if (faults().dropEvents) return 0;
      const missed = await store.posts.find({ pending: true }).limit(BATCH).toArray();
      const oldest = new Map<string, Date>();
      for (const post of missed) {
        const since = oldest.get(post.threadId);
        if (since === undefined || post.at < since) oldest.set(post.threadId, post.at);
      }
      for (const [threadId, since] of oldest) {
        const events = await history(threadId, since);
        if (events.length > 0) await host.accept("playground", events);
      }
      for (const post of missed) await store.posts.updateOne({ _id: post._id, changedAt: post.changedAt }, { $unset: { pending: "" } });
      if (missed.length > 0) log.info({ posts: missed.length, threads: [...oldest.keys()].map(makeThreadId) }, "Caught up with the playground.");
      return missed.length;
    },
  };
}
export type PlaygroundEvents = ReturnType<typeof createEvents>;
