/** A whole core on a real store with a fake channel and a fake desk: what flow tests drive. */
import { onTestFinished } from "vitest";
import { assemble } from "../../src/assemble.ts";
import type { Assembly } from "../../src/assemble.ts";
import type { CoreLimits } from "../../src/core/core.ts";
import { newId } from "../../src/core/model/ids.ts";
import type { Agent, Conversation, DeskThreadId, Inbox, InboxSettings, Message } from "../../src/core/model/types.ts";
import type { InboundEvent, Logger } from "../../src/core/ports.ts";
import { receiveEvent } from "../../src/core/services/receive-inbound.ts";
import { createSecrets } from "../../src/core/services/secrets.ts";
import type { Store } from "../../src/core/store/store.ts";
import { createFileStore } from "../../src/files/store.ts";
import { FakeChannel } from "../fakes/fake-channel.ts";
import { FakeDesk } from "../fakes/fake-desk.ts";
import { lendStore } from "./lent-store.ts";

/** Real time that a test may push forward. */
export class TestClock {
  private ahead = 0;
  now = (): Date => new Date(Date.now() + this.ahead);
  advance(ms: number): void { this.ahead += ms; }
}

/** Keeps what was logged, so that a test can ask for it and a failure can show it. */
export class TestLog implements Logger {
  readonly lines: { level: string; data: object; text: string }[] = [];
  private keep = (level: string) => (data: object, text: string) => void this.lines.push({ level, data, text });
  info = this.keep("info"); warn = this.keep("warn"); error = this.keep("error"); debug = this.keep("debug");
}

export const TEST_SETTINGS: InboxSettings = { undoSeconds: 0, doubleReplySeconds: 0, noteFirst: false, reopenHours: 48, takeOnReply: true };

export interface TestCoreOptions { settings?: Partial<InboxSettings>; limits?: Partial<CoreLimits>; store?: Store; clock?: TestClock; channel?: FakeChannel; desk?: FakeDesk; /** Where tear-down goes; after the test, unless told. */ atEnd?: (end: () => Promise<void>) => void }

export type TestCore = Awaited<ReturnType<typeof buildTestCore>>;

export async function buildTestCore(options: TestCoreOptions = {}) {
  const atEnd = options.atEnd ?? onTestFinished;
  const clock = options.clock ?? new TestClock();
  const log = new TestLog();
  let { store } = options;
  if (store === undefined) {
    const lent = await lendStore();
    ({ store } = lent);
    atEnd(lent.giveBack);
  }
  const assembly: Assembly = assemble({
    store, clock, log, files: createFileStore(store.db, clock), secrets: createSecrets("a test's secret key, long enough"),
    limits: { sweepMs: 300, rateLimits: false, ...options.limits },
  });
  const { core, host } = assembly;
  const channel = options.channel ?? new FakeChannel();
  const desk = options.desk ?? new FakeDesk("fake", clock.now);
  const seeded = await seed(store, clock, options.settings);
  core.channels.set(seeded.inbox._id, channel);
  core.desks.set("fake", desk);
  assembly.start();
  atEnd(() => assembly.stop());

  let ids = 0;
  const help = {
    core, host, store, clock, log, channel, desk, assembly, ...seeded,
    receive: (event: InboundEvent) => receiveEvent(core, event),
    /** A customer writes; `vendorId` repeats a webhook when it is given twice. */
    async write(text: string, address = "ana", more: Partial<Extract<InboundEvent, { type: "message" }>> = {}) {
      return receiveEvent(core, { type: "message", inboxId: seeded.inbox._id, address, channelMessageId: `v${++ids}`, text, files: [], profile: { name: address === "ana" ? "Ana" : address }, ...more });
    },
    /** An agent writes in the thread of the newest (or named) conversation. */
    async say(text: string, who = "Mara", thread?: DeskThreadId, mentions = 0) {
      const at = thread ?? (await help.conversation()).thread!.id;
      const post = await desk.say(at, who, text, host, mentions);
      await help.settle();
      return post;
    },
    async conversation(address?: string): Promise<Conversation> {
      const identity = address === undefined ? null : await store.identities.findOne({ inboxId: seeded.inbox._id, address });
      const [found] = await store.conversations.find(identity === null ? {} : { identityId: identity._id }).sort({ number: -1 }).limit(1).toArray();
      if (found === undefined) throw new Error("There is no conversation yet.");
      return found;
    },
    messages: async (conversationId?: string): Promise<Message[]> =>
      store.messages.find({ conversationId: conversationId ?? (await help.conversation())._id }).sort({ seq: 1 }).toArray(),
    lines: async (kind: Message["kind"], conversationId?: string): Promise<Message[]> => (await help.messages(conversationId)).filter((m) => m.kind === kind),
    texts: async (): Promise<string[]> => desk.texts((await help.conversation()).thread!.id),
    /** Waits until no lane runs and nothing is due now (40 s at most). */
    async settle(): Promise<void> {
      const end = Date.now() + 40_000;
      for (let calm = 0; calm < 2;) {
        if (Date.now() > end) throw new Error(`The lanes did not come to rest within 40 s. Log: ${JSON.stringify(log.lines.slice(-5), errorsAsText)}`);
        calm = assembly.busy() === 0 && !(await isDue(store, clock.now())) ? calm + 1 : 0;
        if (calm < 2) await new Promise((resolve) => setTimeout(resolve, calm === 0 ? 10 : 5));
      }
    },
  };
  return help;
}

const errorsAsText = (_key: string, value: unknown): unknown => (value instanceof Error ? value.stack : value);

async function isDue(store: Store, now: Date): Promise<boolean> {
  const due = { $lte: now };
  const [messages, conversations, events, tellings] = await Promise.all([
    store.messages.findOne({ $or: [{ "mirror.dueAt": due, "mirror.tries": 0 }, { "delivery.dueAt": due, "delivery.tries": 0 }, { "todo.dueAt": due }] }, { projection: { _id: 1 } }),
    store.conversations.findOne({ $or: [{ cardDueAt: due, "thread.id": { $exists: true } }, { moveDueAt: due }] }, { projection: { _id: 1 } }),
    store.deskEvents.findOne({ dueAt: due }, { projection: { _id: 1 } }),
    store.tellings.findOne({ dueAt: due, tries: 0 }, { projection: { _id: 1 } }),
  ]);
  return messages !== null || conversations !== null || events !== null || tellings !== null;
}

/** An inbox on a fake channel, a fake desk, an administrator and an agent; what exists already is found again. */
async function seed(store: Store, clock: TestClock, settings: Partial<InboxSettings> = {}): Promise<{ inbox: Inbox; mara: Agent; jonas: Agent }> {
  const known = await store.inboxes.findOne({ channel: "fake" });
  if (known !== null) return { inbox: known, mara: (await store.agents.findOne({ name: "Mara" }))!, jonas: (await store.agents.findOne({ name: "Jonas" }))! };
  const createdAt = clock.now();
  const deskTargetId = newId(createdAt);
  await store.deskTargets.insertOne({ _id: deskTargetId, name: "Support", kind: "fake", identity: "fake", channel: "support", createdAt });
  const inbox: Inbox = { _id: newId(createdAt), name: "Website", channel: "fake", identity: "fake", enabled: true, config: {}, secrets: {}, settings: { ...TEST_SETTINGS, ...settings }, deskTargetId, createdAt };
  await store.inboxes.insertOne(inbox);
  const agent = (name: string, role: Agent["role"]): Agent =>
    ({ _id: newId(createdAt), name, email: `${name.toLowerCase()}@example.com`, role, active: true, links: [{ desk: "fake", userId: name }], inboxIds: "all", timeZone: "Europe/Berlin", createdAt });
  const mara = agent("Mara", "administrator");
  const jonas = agent("Jonas", "agent");
  await store.agents.insertMany([mara, jonas]);
  await store.labels.insertMany([{ _id: newId(createdAt), name: "billing", color: "#b45309" }, { _id: newId(createdAt), name: "bug", color: "#b91c1c" }]);
  return { inbox, mara, jonas };
}
