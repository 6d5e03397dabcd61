import { FakeDesk } from "../fakes/fake-desk.ts";
import { DeskError } from "../../src/core/errors.ts";
import { deskContract } from "../contracts/desk-contract.ts";
import { expect, test } from "vitest";
import { sampleCard } from "../contracts/desk-contract.ts";

const target = { _id: "d1", name: "Fake", kind: "fake", identity: "fake", channel: "support", createdAt: new Date(0) };

deskContract("fake", {
  async make() {
    const desk = new FakeDesk();
    return {
      desk, target,
      posts: async (thread) => desk.threads.get(thread)!.posts.map((one) => ({ id: one.id, text: one.post.text, author: one.post.author.name, removed: one.removed, receipts: one.receipt === undefined ? [] : [one.receipt] })),
      card: async (thread) => desk.threads.get(thread)!.card,
      noticesTo: async (userId) => desk.notices.filter((one) => one.userId === userId).map((one) => one.notice.text),
      person: {
        userId: "Ben",
        write: async (thread, text) => (await desk.say(thread, "Ben", text)).id,
        edit: (thread, post, text) => desk.editSaid(thread, post, "Ben", text),
        remove: (thread, post) => desk.deleteSaid(thread, post, "Ben"),
      },
      deleteThread: async (thread) => desk.deleteThread(thread),
      async breakDown() { desk.fail = new DeskError("UNREACHABLE", "The desk is down.", { certain: true }); },
      async recover() { desk.fail = undefined; },
    };
  },
});

test("a call that times out after its effect is uncertain, and can be looked up", async () => {
  const desk = new FakeDesk();
  const thread = await desk.openThread(target, sampleCard(), "c1:0", AbortSignal.timeout(1_000));
  desk.timeoutAfterEffect = true;
  const post = { kind: "customer" as const, author: { name: "Ana · Widget" }, text: "one", files: [], marks: [] };
  await expect(desk.post(thread, post, "m1", AbortSignal.timeout(1_000))).rejects.toMatchObject({ code: "TIMEOUT", o: { certain: false } });
  expect(await desk.findPost(thread, "m1", AbortSignal.timeout(1_000))).toMatchObject({ ids: [expect.any(String)] });
});

test("a slow call ends with its signal, without an effect", async () => {
  const desk = new FakeDesk();
  desk.delayMs = 5_000;
  await expect(desk.openThread(target, sampleCard(), "c1:0", AbortSignal.timeout(20))).rejects.toMatchObject({ code: "TIMEOUT", o: { certain: true } });
  expect(desk.threads.size).toBe(0);
});
