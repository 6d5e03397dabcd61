/** A process that dies at any point of a move: it ends in one thread in use, with every line once and in order. */
import { expect, test } from "vitest";
import { freeLeases } from "../../src/core/lanes/after-crash.ts";
import { DeskError } from "../../src/core/errors.ts";
import type { DeskAdapter } from "../../src/core/ports.ts";
import type { Store } from "../../src/core/store/store.ts";
import { LinkedDesk, twoDesks } from "../support/two-desks.ts";

const WRITES = new Set(["insertOne", "insertMany", "bulkWrite", "updateOne", "updateMany", "findOneAndUpdate", "deleteOne"]);
const EFFECTS = new Set(["openThread", "post", "update", "updateCard", "showReceipt", "notify"]);

/** Ends a process behind its `after`th effect: nothing that it begins from then on has any. */
class Death {
  private effects = 0;
  dead = false;
  constructor(private readonly after: number) {}
  /** The same object, as the process that is going to die has it. */
  around<T extends object>(target: T, effects: ReadonlySet<string>): T {
    return new Proxy(target, {
      get: (_target, name) => {
        const value = Reflect.get(target, name, target) as unknown;
        if (typeof value !== "function") return value;
        return (...args: unknown[]): unknown => {
          if (this.dead) throw this.error();
          const result: unknown = value.apply(target, args);
          return typeof name === "string" && effects.has(name) ? this.counted(result) : result;
        };
      },
    });
  }
  private async counted(result: unknown): Promise<unknown> {
    const done: unknown = await result;
    if (this.dead || ++this.effects === this.after) this.dead = true;
    if (this.dead) throw this.error();
    return done;
  }
  private error = () => new DeskError("UNREACHABLE", "This process has died.", { certain: false, retryAfterMs: 60_000 });
  store(store: Store): Store {
    const collections = ["conversations", "messages", "threads", "deskEvents", "settings", "identities", "contacts"] as const;
    return { ...store, ...Object.fromEntries(collections.map((name) => [name, this.around<object>(store[name], WRITES)])) } as Store;
  }
}

/** As a real vendor is: a repeat makes a second thread or post, unless it is asked first what there is. */
class ForgetfulDesk extends LinkedDesk {
  private made = 0;
  override openThread = async (...[target, card, key, signal, mayExist = false]: Parameters<DeskAdapter["openThread"]>) => {
    const there = mayExist ? [...this.threads.values()].find((thread) => thread.key.startsWith(`${key}~`)) : undefined;
    return there?.id ?? super.openThread(target, card, `${key}~${++this.made}`, signal);
  };
  override post: LinkedDesk["post"] = (thread, post, key, signal) => super.post(thread, post, `${key}~${++this.made}`, signal);
  override findPost: LinkedDesk["findPost"] = async (thread, key) => {
    const there = this.threads.get(thread)!.posts.filter((post) => post.key?.startsWith(`${key}~`) === true);
    return there.length === 0 ? null : { ids: there.map(({ id }) => id), at: there.at(-1)!.at };
  };
}

/** Answers whether it got to the end before the `after`th effect. */
async function dieAfter(after: number, help: Awaited<ReturnType<typeof twoDesks>>): Promise<boolean> {
  const customer = `customer-${after}`;
  await help.write("before", customer);
  await help.settle();
  const { number, _id, thread } = await help.conversation(customer);
  await help.say("a reply", "Mara", thread!.id);
  await help.assembly.stop();
  // a word of the vendor's on it is due to be shown, before any line
  await help.store.messages.updateOne({ conversationId: _id, kind: "outgoing" }, { $set: { "delivery.state": "read", "mirror.dueAt": help.clock.now() } });

  const death = new Death(after);
  const ends: (() => Promise<void>)[] = [];
  const dying = await twoDesks({ store: death.store(help.store), clock: help.clock, channel: help.channel, desk: death.around(help.desk, EFFECTS), other: death.around(help.other, EFFECTS), atEnd: (end) => { ends.push(end); } });
  const line = (text: string) => ({ type: "message" as const, inboxId: help.inbox._id, address: customer, channelMessageId: `${customer}:${text}`, text, files: [], profile: {} });
  const moved = dying.host.act({ desk: "fake", userId: "Mara", thread: null, verb: "transfer", args: `#${number} Escalations with a note` }).then(() => true, () => false);
  const unheard = (await Promise.all(["one", "two"].map(async (text) => dying.receive(line(text)).then(() => null, () => text)))).filter((text) => text !== null);
  const done = await moved;
  const wholeMove = async () => (await help.store.conversations.findOne({ number }))?.move === undefined && (await help.store.messages.findOne({ conversationId: (await help.conversation(customer))._id, "mirror.dueAt": { $exists: true } })) === null;
  await expect.poll(async () => death.dead || (done && (await wholeMove())), { timeout: 40_000, interval: 20 }).toBe(true);
  for (const end of ends) await end();

  // the next process: the vendor repeats what was not accepted, and nobody holds a lease
  await freeLeases(help.store);
  const again = await twoDesks({ store: help.store, clock: help.clock, channel: help.channel, desk: help.desk, other: help.other, atEnd: (end) => { ends.push(end); } });
  for (const text of unheard) await again.receive(line(text));
  const conversation = () => again.conversation(customer);
  const mirrored = async () => {
    const { _id, thread, move } = await conversation();
    const due = await again.store.messages.countDocuments({ conversationId: _id, "mirror.dueAt": { $exists: true } });
    return thread !== undefined && move === undefined && due === 0 && (await again.store.messages.countDocuments({ conversationId: _id, kind: "incoming" })) === 3;
  };
  await expect.poll(mirrored, { timeout: 40_000, interval: 20 }).toBe(true);

  const now = await conversation();
  const threads = await again.store.threads.find({ conversationId: now._id }).toArray();
  expect(threads.filter(({ state }) => state === "active").map(({ _id }) => _id), `${after}: one thread in use`).toEqual([now.thread!.id]);
  const there = [...help.other.threads.values()].filter(({ card }) => card.number === number);
  const [here, ...more] = [...help.desk.threads.values()].filter(({ card }) => card.number === number);
  expect([there.length <= 1, more], `${after}: no second thread on either desk`).toEqual([true, []]);
  const lines = [...here!.posts, ...(there[0]?.posts ?? [])].map(({ post }) => post).filter(({ kind }) => kind === "customer").map(({ text }) => text);
  expect(lines[0]).toBe("before");
  expect(lines.slice(1).toSorted(), `${after}: every line once`).toEqual(["one", "two"]);
  const bySeq = (await again.lines("incoming", now._id)).map(({ body }) => body);
  expect(lines, `${after}: in order`).toEqual(bySeq);
  if (now.deskTargetId === "target-Escalations") {
    const [summary, ...others] = there[0]!.posts.filter(({ post }) => post.kind === "system").map(({ post }) => post.text);
    expect([summary?.includes("🔒 Note from Mara: with a note"), summary?.includes("before"), others], `${after}: the summary, once`).toEqual([true, true, []]);
    expect(there[0]!.posts[0]!.post.text, `${after}: and first`).toBe(summary);
    for (const text of [...lines, "a reply"]) expect(summary!.includes(`: ${text}`) || there[0]!.posts.some(({ post }) => post.text === text), `${after}: ${text} is known there`).toBe(true);
    expect(here!.card.moved, `${after}: the pointer`).toMatchObject({ arrived: true, link: help.other.linkTo(now.thread!.id) });
  } else expect(here!.card.moved).toBeUndefined();
  expect(here!.posts.find(({ post }) => post.text === "a reply")!.receipt, `${after}: the receipt`).toBe("read");
  for (const end of ends.splice(0).toReversed()) await end();
  return !death.dead;
}

test("whatever was the last thing that it did", { timeout: 180_000 }, async () => {
  const now: { clock?: { now(): Date } } = {};
  const make = (kind: string) => new ForgetfulDesk(kind, () => now.clock!.now());
  const first = await twoDesks({ desk: make("fake"), other: make("other") });
  now.clock = first.clock;
  const shared = { store: first.store, clock: first.clock, channel: first.channel, desk: first.desk, other: first.other };
  await first.assembly.stop();
  for (let after = 1; ; after++) {
    const ends: (() => Promise<void>)[] = [];
    const help = await twoDesks({ ...shared, atEnd: (end) => { ends.push(end); } });
    const survived = await dieAfter(after, help);
    for (const end of ends) await end();
    if (!survived) continue;
    expect(after).toBeGreaterThan(20);
    return;
  }
});
