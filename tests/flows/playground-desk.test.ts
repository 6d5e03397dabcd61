import { describe, expect, test } from "vitest";
import { storedEventId } from "../../src/bridge/intake.ts";
import { deskContract } from "../contracts/desk-contract.ts";
import { buildPlayground, soon, TARGET } from "../support/playground.ts";

interface Seen { messages: { id: string; text: string; author: { name: string }; deleted: boolean; reactions: { emoji: string; by: string }[]; position: number; seq: number }[] }

deskContract("playground", {
  async make() {
    const { playground, call, host } = await buildPlayground();
    const { acts, notices, people } = playground.vendor;
    const ben = await people.find("Ben");
    const idOf = (thread: string) => thread.slice("playground:".length);
    return {
      desk: playground, target: TARGET,
      async posts(thread) {
        const { messages } = (await call("GET", `/threads/${idOf(thread)}/messages`)).body as unknown as Seen;
        return messages.sort((a, b) => a.position - b.position).map((one) => ({
          id: one.id, text: one.text, author: one.author.name, removed: one.deleted, receipts: one.reactions.filter((reaction) => reaction.by === "Threadline").map((reaction) => reaction.emoji),
        }));
      },
      card: async (thread) => (await acts.threadOf(idOf(thread))).card,
      noticesTo: async (userId) => (await notices.list({ ...ben, userId })).map((notice) => notice.text),
      person: {
        userId: "Ben",
        write: async (thread, text) => (await acts.write(host, ben, idOf(thread), text, []))._id,
        edit: async (thread, post, text) => { await acts.edit(host, ben, idOf(thread), post, text); },
        remove: (thread, post) => acts.remove(host, ben, idOf(thread), post),
      },
      deleteThread: (thread) => acts.deleteThread(idOf(thread)),
      async breakDown() { playground.setFaults({ refusePosts: true }); },
      async recover() { playground.setFaults({ refusePosts: false }); },
    };
  },
});

describe("what the playground keeps", () => {
  test("stamps are gap-free and unique, however many write at once", async () => {
    const { playground, call, id, thread } = await buildPlayground();
    await Promise.all(Array.from({ length: 20 }, (_, n) => playground.post(thread, { kind: "customer", author: { name: "Ana · Widget" }, text: `line ${n}`, files: [], marks: [] }, `m${n}`, soon())));
    const { messages } = (await call("GET", `/threads/${id}/messages?after=0`)).body as unknown as Seen;
    expect(messages.map((one) => one.seq)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
    expect(new Set(messages.map((one) => one.text)).size).toBe(20);
  });

  test("what became of a person's post shows once the bridge has handled it", async () => {
    const { playground, call, host, store, bus, thread, id } = await buildPlayground();
    const ben = await playground.vendor.people.find("Ben");
    const post = await playground.vendor.acts.write(host, ben, id, "@Front Desk can you look?", []);
    const heldOf = async () => ((await call("GET", `/threads/${id}/messages?view=page`)).body as unknown as { messages: { inside: string; held?: string }[] }).messages[0]!;
    expect(await heldOf()).toMatchObject({ inside: "unknown" });
    expect(await heldOf()).not.toHaveProperty("held");

    await store.messages.insertOne({
      _id: "m1", conversationId: "c1", inboxId: "i1", identityId: "x1", seq: 1, kind: "note", source: "desk:1", author: { type: "agent", name: "Ben" }, body: post.text, files: [], createdAt: new Date(),
      terms: [], rev: 1, revisions: [], reactions: [], mirror: { state: "posted", turn: 1, tries: 0, token: 0, rev: 1 }, delivery: { state: "none", turn: 1, tries: 0, token: 0, parts: [], rev: 0 },
      todo: [], held: { why: "mention", at: new Date() }, deskPosts: [`${thread}|${post._id}`], origin: { thread, postId: post._id, desk: "playground", userId: "Ben" }, schema: 1,
    });
    await store.deskEvents.insertOne({ _id: storedEventId("playground", thread, `${post._id}:new`), desk: "playground", thread, event: host.events.get(`${post._id}:new`)!.data, at: post.at, receivedAt: post.at, tries: 0, handledAt: new Date(), outcome: "note" });
    expect(await heldOf()).toMatchObject({ inside: "note", held: "mention" });

    await store.messages.updateOne({ _id: "m1" }, { $set: { kind: "outgoing", "held.settled": "sent" } });
    bus.publish({ type: "message.stored", conversationId: "c1", messageId: "m1" });
    expect(await heldOf()).toMatchObject({ inside: "reply" });
    expect(await heldOf()).not.toHaveProperty("held");
  });
});
