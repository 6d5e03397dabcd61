/** What happens is told to programs of the administrator's: signed, once by its id, in order, whatever stops in between. */
import { expect, onTestFinished, test } from "vitest";
import { webhooks as command } from "../../src/cli/webhooks.ts";
import { sweepOnce } from "../../src/core/lanes/sweep.ts";
import { newId } from "../../src/core/model/ids.ts";
import { WEBHOOK_EVENTS, type Webhook } from "../../src/core/model/webhooks.ts";
import { forgetSettings, inboxOf } from "../../src/core/services/inbox-settings.ts";
import { isWatched, watchMessages } from "../../src/core/store/watch.ts";
import { listCalls } from "../../src/core/services/call-log.ts";
import { addNote } from "../../src/core/services/add-note.ts";
import { beginErasure } from "../../src/core/services/erase-contact.ts";
import { agentAuthor, sendReply } from "../../src/core/services/send-reply.ts";
import { replayFailed, replayWebhook, webhookStates } from "../../src/core/services/webhook-log.ts";
import { queueWebhooks } from "../../src/core/services/webhooks.ts";
import { buildTestCore, type TestCore, type TestCoreOptions } from "../support/core.ts";
import { Receiver, WEBHOOK_SECRET } from "../fakes/receiver.ts";

const WAIT = { timeout: 40_000 };

async function told(options: TestCoreOptions = {}) {
  const receiver = await Receiver.start();
  onTestFinished(() => receiver.close());
  const help = await buildTestCore(options);
  return { help, receiver, hook: await subscribe(help, receiver) };
}

async function subscribe(help: TestCore, receiver: Receiver, more: Partial<Webhook> = {}): Promise<Webhook> {
  const { core, store } = help;
  const hook: Webhook = {
    _id: newId(core.clock.now()), name: `CRM ${newId(core.clock.now())}`, url: receiver.url, events: [...WEBHOOK_EVENTS], when: "", enabled: true, allowPrivateAddress: true,
    secrets: { signing: core.secrets.seal(WEBHOOK_SECRET) }, createdAt: core.clock.now(), ...more,
  };
  await store.webhooks.insertOne(hook);
  forgetSettings(core);
  return hook;
}

const kinds = (receiver: Receiver): string[] => receiver.taken.map(({ event }) => event);
/** Nothing is left to tell. */
async function quiet({ store }: TestCore): Promise<void> {
  await expect.poll(async () => [await store.messages.countDocuments({ "todo.for": "webhooks" }), await store.webhookDeliveries.countDocuments({ dueAt: { $exists: true } })], WAIT).toEqual([0, 0]);
}

test("a conversation is told from its first line on, in order, signed, each event once under an id of its own", async () => {
  const { help, receiver } = await told();
  await help.write("Where is my parcel?");
  await help.settle();
  await help.say("On its way.");
  await help.say("note: he is angry");
  await help.host.act({ desk: "fake", userId: "Mara", thread: (await help.conversation()).thread!.id, verb: "resolve", args: "--anyway" });
  await quiet(help);
  expect(receiver.unsigned).toEqual([]);
  expect(kinds(receiver).slice(0, 2)).toEqual(["conversation.created", "message.created"]);
  expect(kinds(receiver).toSorted()).toEqual(["conversation.created", "conversation.status_changed", "conversation.updated", "message.created", "message.created", "note.created"]);
  expect(receiver.taken[1]).toMatchObject({ conversation: { contact: { name: "Ana" } }, message: { text: "Where is my parcel?", kind: "incoming" } });
  expect(receiver.taken.find(({ event }) => event === "conversation.status_changed")).toMatchObject({ conversation: { status: "resolved" }, change: { type: "status", from: "open", to: "resolved" } });
  expect(new Set(receiver.calls.map(({ id }) => id)).size).toBe(6);
});

test("the first message after a start is told too: one that the sweep makes, and one that comes while settings are forgotten as they load", async () => {
  const { help: first, receiver } = await told({ limits: { sweepMs: 3_600_000 } });
  const { store } = first;
  await first.write("Where is my parcel?");
  await quiet(first);
  const { _id } = await first.conversation();
  const actor = agentAuthor(first.mara);
  await store.conversations.updateOne({ _id }, { $push: { outbox: { id: newId(new Date()), at: new Date(0), actor, what: { type: "labelled", label: "bug" } } } });

  watchMessages(store, "webhooks", null);
  await sweepOnce(first.core);
  await quiet(first);
  expect(kinds(receiver)).toContain("conversation.updated");

  watchMessages(store, "webhooks", null);
  const { find } = store.webhooks;
  store.webhooks.find = ((...args: Parameters<typeof find>) => { forgetSettings(first.core); return find.apply(store.webhooks, args); }) as typeof find;
  try {
    forgetSettings(first.core);
    await inboxOf(first.core, first.inbox._id);
    expect(isWatched(store, "webhooks")).toBe(true);
  } finally {
    delete (store.webhooks as Partial<typeof store.webhooks>).find;
  }
});

test("a reply that is taken back in its undo window was never said", async () => {
  const { help, receiver } = await told({ settings: { undoSeconds: 60 } });
  await help.write("Hi");
  await help.settle();
  const reply = await sendReply(help.core, { conversation: await help.conversation(), agent: help.mara, body: "Oops", files: [], source: "test:oops" });
  await help.store.messages.updateOne({ _id: reply._id }, { $set: { "delivery.state": "cancelled" }, $unset: { "delivery.dueAt": "" } });
  help.clock.advance(61_000);
  await quiet(help);
  expect(JSON.stringify(receiver.calls)).not.toContain("Oops");
});

test("events and a filter choose what is told; without subscriptions a message carries nothing", async () => {
  const { help, receiver, hook } = await told();
  await help.store.webhooks.updateOne({ _id: hook._id }, { $set: { events: ["message.created"], when: "label:billing" } });
  forgetSettings(help.core);
  await help.write("Hi");
  await help.settle();
  await help.host.act({ desk: "fake", userId: "Mara", thread: (await help.conversation()).thread!.id, verb: "label", args: "billing" });
  await help.write("And now?");
  await quiet(help);
  expect(receiver.taken.map(({ message }) => message?.text)).toEqual(["And now?"]);
  await help.store.webhooks.updateOne({ _id: hook._id }, { $set: { enabled: false } });
  forgetSettings(help.core);
  await help.write("Anybody?");
  expect((await help.lines("incoming")).at(-1)!.todo).toEqual([]);
});

test("a crash after each step loses nothing and doubles nothing", async () => {
  const { help, receiver, hook } = await told({ limits: { sweepMs: 600_000 } });
  await help.write("One");
  await help.settle();
  await quiet(help);
  // stored, and the process ends: the to-do is in the very insert
  await help.assembly.stop();
  const note = await addNote(help.core, { conversation: await help.conversation(), author: agentAuthor(help.mara), body: "inside", files: [], source: "test:note" });
  expect(note.todo).toMatchObject([{ for: "webhooks" }]);
  // queued, and the process ends before the to-do is gone: done again, it stores the same
  await queueWebhooks(help.core, note);
  await queueWebhooks(help.core, note);
  expect(await help.store.webhookDeliveries.countDocuments({ webhookId: hook._id, event: "note.created" })).toBe(1);
  // claimed by a process that died in the call: due again when its claim is over
  await help.store.webhookDeliveries.updateOne({ event: "note.created" }, { $set: { dueAt: new Date(help.clock.now().getTime() + 30_000) }, $inc: { tries: 1 } });
  const again = await buildTestCore({ store: help.store, channel: help.channel, desk: help.desk, clock: help.clock });
  help.clock.advance(31_000);
  await quiet(again);
  expect(kinds(receiver)).toEqual(["conversation.created", "message.created", "note.created"]);
  // known for a week: what was taken is not told anew
  await queueWebhooks(again.core, note);
  await sweepOnce(again.core);
  await quiet(again);
  expect(receiver.calls).toHaveLength(3);
});

test("what a process was about to store when it died goes before what came later", async () => {
  const { help, receiver } = await told({ limits: { sweepMs: 600_000 } });
  await help.write("One");
  await help.settle();
  await quiet(help);
  await help.assembly.stop();
  const [first, second] = [await noteOf(help, "first"), await noteOf(help, "second")];
  const over = new Date(help.clock.now().getTime() + 60_000);
  await help.store.messages.updateOne({ _id: first._id }, { $set: { "todo.0.claim": { holder: "dead", until: over }, "todo.0.dueAt": over, "todo.0.tries": 1 } });
  const again = await buildTestCore({ store: help.store, channel: help.channel, desk: help.desk, clock: help.clock, limits: { sweepMs: 600_000 } });
  await sweepOnce(again.core);
  await expect.poll(() => help.store.webhookDeliveries.countDocuments({ seq: second.seq }), WAIT).toBe(1);
  await expect.poll(() => again.assembly.busy(), WAIT).toBe(0);
  expect(kinds(receiver)).toEqual(["conversation.created", "message.created"]);
  help.clock.advance(61_000);
  await expect.poll(async () => { await sweepOnce(again.core); return receiver.taken.slice(2).map(({ message }) => message?.text); }, WAIT).toEqual(["first", "second"]);
});
const noteOf = async (help: TestCore, body: string) => addNote(help.core, { conversation: await help.conversation(), author: agentAuthor(help.mara), body, files: [], source: `test:${body}` });

test("what fails is tried again with back-off in its order, given up after a day, and replayed under its id", async () => {
  const { help, receiver, hook } = await told();
  receiver.answers.push({ status: 500 }, { status: 503 });
  await help.write("First");
  await help.settle();
  await expect.poll(() => receiver.calls.length, WAIT).toBe(1);
  await help.write("Second");
  await expect.poll(async () => { help.clock.advance(5_000); return receiver.taken.length; }, WAIT).toBe(3);
  expect(receiver.calls.slice(0, 2).map(({ id }) => id)).toEqual([receiver.taken[0]!.id, receiver.taken[0]!.id]);
  expect(receiver.taken.map(({ message }) => message?.text)).toEqual(["First", "First", "Second"]);

  receiver.answers.push(...Array.from({ length: 50 }, () => ({ status: 500 })));
  await help.write("Third");
  await expect.poll(() => receiver.calls.length, WAIT).toBeGreaterThan(5);
  help.clock.advance(25 * 3_600_000);
  await quiet(help);
  receiver.answers.length = 0;
  expect(await webhookStates(help)).toMatchObject([{ waiting: 0, failed: 1 }]);
  const [failed] = (await listCalls(help.core, hook._id, { taken: false, limit: 10 })).calls;
  expect(failed).toMatchObject({ event: "message.created", attempts: expect.arrayContaining([expect.objectContaining({ status: 500, fault: "The receiver answered 500." })]) });
  expect(await replayFailed(help, hook)).toBe(1);
  await quiet(help);
  expect(receiver.taken.at(-1)).toMatchObject({ id: receiver.calls[5]!.id, message: { text: "Third" } });
  await replayWebhook(help, hook, receiver.taken[0]!.id);
  await quiet(help);
  expect(receiver.taken.at(-1)).toEqual(receiver.taken[0]);
});

test("a receiver that hangs delays only itself, and a redirect is checked like the address", async () => {
  const { help, receiver } = await told({ limits: { vendorCallMs: 3_000 } });
  const slow = await Receiver.start(), inside = await Receiver.start(), leading = await Receiver.start();
  onTestFinished(async () => { await slow.close(); await inside.close(); await leading.close(); });
  slow.answers.push("hang");
  await subscribe(help, slow, { events: ["message.created"] });
  const led = await subscribe(help, leading, { events: ["message.created"] });
  leading.answers.push({ status: 307, headers: { location: inside.url } });
  const closed = await subscribe(help, inside, { events: ["message.created"], allowPrivateAddress: false, url: inside.url.replace("127.0.0.1", "localhost") });
  await help.write("Hi");
  await expect.poll(() => [receiver.taken.length, inside.taken.length, slow.calls.length], WAIT).toEqual([2, 1, 1]);
  expect(slow.taken).toEqual([]);
  await expect.poll(async () => (await listCalls(help.core, closed._id, { limit: 1 })).calls[0]?.attempts[0]?.fault, WAIT).toContain("private network");
  expect((await listCalls(help.core, led._id, { limit: 1 })).calls[0]).toMatchObject({ taken: true });
});

test("nothing of an erased customer stays in what waits or in the log", async () => {
  const { help, receiver, hook } = await told();
  receiver.answers.push(...Array.from({ length: 50 }, () => ({ status: 500 })));
  await help.write("My number is 1234");
  await help.settle();
  await expect.poll(() => receiver.calls.length, WAIT).toBeGreaterThan(0);
  const { _id: conversationId, contactId } = await help.conversation();
  await beginErasure(help.core, { contactId, conversationId, agent: help.mara });
  await expect.poll(async () => { await sweepOnce(help.core); return JSON.stringify([await help.store.calls.find({ inboxId: hook._id }).toArray(), await help.store.webhookDeliveries.find({ webhookId: hook._id }).toArray()]); }, WAIT).not.toContain("1234");
});

test("the command says what it takes", async () => {
  await expect(command.run({ args: ["replay", "CRM"], config: {} as never, print: () => undefined, signal: new AbortController().signal })).rejects.toMatchObject({ exitCode: 2 });
});
