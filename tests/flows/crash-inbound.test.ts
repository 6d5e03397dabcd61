/** The customers' side under repeats, races and backlogs: nothing is lost, nothing hides behind what can't go, and the vendor's answer is cheap. */
import { expect, test } from "vitest";
import type { Collection } from "mongodb";
import { sweepOnce } from "../../src/core/lanes/sweep.ts";
import type { InboundEvent } from "../../src/core/ports.ts";
import { receiveEvent } from "../../src/core/services/receive-inbound.ts";
import { buildTestCore } from "../support/core.ts";

test("two edits at once: the newer one stays, none is taken for a repeat", async () => {
  const help = await buildTestCore();
  await help.write("one", "ana", { channelMessageId: "m1" });
  await help.settle();
  const at = help.clock.now().getTime();
  const edit = (n: number): InboundEvent => ({ type: "edit", inboxId: help.inbox._id, address: "ana", eventId: `e${n}`, channelMessageId: "m1", text: `edit ${n}`, at: new Date(at + n * 1_000) });
  await Promise.all([1, 2].map((n) => help.receive(edit(n))));
  expect((await help.lines("incoming"))[0]!.body).toBe("edit 2");
  await Promise.all([4, 3].map((n) => help.receive(edit(n))));
  await help.settle();
  expect((await help.lines("incoming"))[0]!.body).toBe("edit 4");
  expect(await help.texts()).toEqual(["edit 4"]);
});

test("a customer's first line costs four writes and four reads at most before the vendor is answered", async () => {
  const help = await buildTestCore();
  const counts = { reads: 0, inserts: 0 };
  const counted = <T extends object>(collection: Collection<T>): Collection<T> => new Proxy(collection, {
    get(target, name) {
      if (name === "find" || name === "findOne") counts.reads++;
      if (name === "insertOne") counts.inserts++;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const { messages, conversations, identities, contacts, db } = help.store;
  await help.write("warm up", "bob");
  await help.settle();
  const client = new Proxy(db.client, { get: (target, name) => (name === "bulkWrite" ? (...args: Parameters<typeof target.bulkWrite>) => { counts.inserts++; return target.bulkWrite(...args); } : Reflect.get(target, name) as unknown) });
  const counting = new Proxy(db, { get: (target, name) => (name === "client" ? client : Reflect.get(target, name) as unknown) });
  const core = { ...help.core, store: { ...help.store, db: counting, messages: counted(messages), conversations: counted(conversations), identities: counted(identities), contacts: counted(contacts) } };
  await receiveEvent(core, { type: "message", inboxId: help.inbox._id, address: "cleo", channelMessageId: "c1", text: "Hello", files: [], profile: {} });
  expect(counts.reads).toBeLessThanOrEqual(4);
  expect(counts.inserts).toBe(4);
  await help.settle();
});

test("work that can't go now does not hide what can, however much there is", async () => {
  const help = await buildTestCore({ limits: { sweepMs: 600_000 } });
  await help.write("Hi");
  await help.settle();
  const [line] = await help.lines("incoming");
  const stuck = Array.from({ length: 2_100 }, (_, i) => ({
    ...line!, _id: `s${i}`, source: `s${i}`, conversationId: `stuck${i}`, identityId: `stuck${i}`, inboxId: "switched off", kind: "outgoing" as const, feedSeqs: [1],
    delivery: { ...line!.delivery, state: "queued" as const, dueAt: new Date(i) },
  }));
  await help.store.messages.insertMany(stuck);
  const seen = new Set<string>();
  help.core.bus.on("lane.due", ({ lane, conversationId }) => { if (lane === "delivery") seen.add(conversationId); });
  await help.store.messages.updateOne({ _id: line!._id }, { $set: { "delivery.dueAt": help.clock.now() } });
  await sweepOnce(help.core);
  await sweepOnce(help.core);
  expect(seen.has(line!.conversationId)).toBe(true);
});

test("an outbox that can't be drained does not keep desk events and to-dos from the sweep", async () => {
  const help = await buildTestCore({ limits: { sweepMs: 600_000 } });
  await help.write("Hi");
  await help.settle();
  const broken = { ...(await help.conversation()), _id: "broken", number: 9_999, outbox: [{ id: "x", at: new Date(0), actor: { type: "system" as const, name: "x" }, what: null as never }] };
  delete (broken as { openKey?: string }).openKey;
  await help.store.conversations.insertOne(broken);
  await help.store.deskEvents.insertOne({ _id: "fake:t9:x:new", desk: "fake", thread: "fake:t9" as never, at: new Date(), receivedAt: new Date(), dueAt: new Date(0), tries: 0, event: { type: "delete", postId: "x" } });
  const threads: string[] = [];
  help.core.bus.on("intake.due", ({ thread }) => { threads.push(thread); });
  await expect(sweepOnce(help.core)).rejects.toThrow();
  expect(threads).toEqual(["fake:t9"]);
});

test("an album whose first file is there early still waits for its other parts", async () => {
  const help = await buildTestCore({ limits: { albumMs: 60_000, fileWaitMs: 5_000 } });
  const picture = (name: string) => {
    help.channel.remoteFiles.set(name, { name, type: "image/png", content: Buffer.from(name) });
    return { fileId: "", name, type: "image/png", bytes: 1, state: "pending" as const, remote: name };
  };
  await help.write("one", "ana", { groupId: "g", files: [picture("a.png")] });
  while ((await help.lines("incoming"))[0]!.files[0]!.state === "pending") await new Promise((resolve) => setTimeout(resolve, 10));
  await help.write("two", "ana", { groupId: "g", files: [picture("b.png")] });
  await help.settle();
  expect(help.desk.threads.size).toBe(0);
  help.clock.advance(60_000);
  while ((await help.lines("incoming")).some((m) => m.mirror.state !== "posted")) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(await help.texts()).toEqual(["one\ntwo"]);
});
