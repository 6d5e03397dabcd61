/** What core relies on in every desk, real or fake. */
import { describe, expect, test } from "vitest";
import { DeskError } from "../../src/core/errors.ts";
import type { DeliveryStatus, DeskPostId, DeskThreadId } from "../../src/core/model/types.ts";
import type { Card, DeskAdapter, DeskPost, IncomingDeskEvent } from "../../src/core/ports.ts";
import { canFindPost } from "../../src/core/ports.ts";

/** What a suite sees of one post, whoever made it. */
export interface SeenPost { id: DeskPostId; text: string; author: string; removed: boolean; receipts: string[] }

/** One desk and a person on it, made anew for each test. */
export interface DeskBench {
  desk: DeskAdapter;
  target: { _id: string; name: string; kind: string; identity: string; channel: string; createdAt: Date };
  /** All posts of a thread, in order, without its card. */
  posts(thread: DeskThreadId): Promise<SeenPost[]>;
  card(thread: DeskThreadId): Promise<Card>;
  noticesTo(userId: string): Promise<string[]>;
  person: { userId: string; write(thread: DeskThreadId, text: string): Promise<DeskPostId>; edit(thread: DeskThreadId, post: DeskPostId, text: string): Promise<void>; remove(thread: DeskThreadId, post: DeskPostId): Promise<void> };
  deleteThread(thread: DeskThreadId): Promise<void>;
  /** From now on the desk takes nothing. */
  breakDown(): Promise<void>;
  recover(): Promise<void>;
}

export const sampleCard = (title = "Where is my order?"): Card => ({
  conversationId: "c1", number: 1042, title, status: "open", priority: null, collapsed: false, lastLine: "Ana: Where is my order?",
  facts: [{ label: "Contact", value: "Ana · Widget" }, { label: "Inbox", value: "Website" }, { label: "Status", value: "Open" }, { label: "Owner", value: "Nobody yet" }],
  buttons: [{ id: "take", label: "Take" }, { id: "resolve", label: "Resolve", style: "main" }],
});
const line = (text: string, more: Partial<DeskPost> = {}): DeskPost => ({ kind: "customer", author: { name: "Ana · Widget" }, text, files: [], marks: [], ...more });
const signal = () => AbortSignal.timeout(5_000);
const ids = (events: IncomingDeskEvent[]) => events.map((event) => event.id);

export function deskContract(name: string, { make }: { make(): Promise<DeskBench> }): void {
  describe(`desk contract: ${name}`, () => {
    async function opened(): Promise<DeskBench & { thread: DeskThreadId }> {
      const bench = await make();
      return { ...bench, thread: await bench.desk.openThread(bench.target, sampleCard(), "c1:0", signal()) };
    }

    test("opens a thread with its card, once for each key", async () => {
      const { desk, target, thread, card } = await opened();
      expect(thread.startsWith(`${desk.kind}:`)).toBe(true);
      expect(await desk.openThread(target, sampleCard(), "c1:0", signal())).toBe(thread);
      expect(await desk.openThread(target, sampleCard(), "c2:0", signal())).not.toBe(thread);
      expect(await card(thread)).toMatchObject({ number: 1042, title: "Where is my order?" });
    });

    test("shows the newest card", async () => {
      const { desk, thread, card } = await opened();
      await desk.updateCard(thread, { ...sampleCard("Two questions"), status: "resolved", collapsed: true }, signal());
      expect(await card(thread)).toMatchObject({ title: "Two questions", status: "resolved" });
    });

    test("posts in the order of the calls, under the given name and text", async () => {
      const { desk, thread, posts } = await opened();
      const first = await desk.post(thread, line("one"), "m1", signal());
      const second = await desk.post(thread, line("two <b>@everyone</b>"), "m2", signal());
      expect((await posts(thread)).map((post) => [post.id, post.author, post.text])).toEqual([
        [first.ids[0], "Ana · Widget", "one"], [second.ids[0], "Ana · Widget", "two <b>@everyone</b>"],
      ]);
      expect(second.at.getTime()).toBeGreaterThanOrEqual(first.at.getTime());
    });

    test("splits what is too long and loses nothing", async () => {
      const { desk, thread, posts } = await opened();
      const text = "🚲".repeat(desk.limits.textChars);
      const { ids: made } = await desk.post(thread, line(text), "long", signal());
      expect(made.length).toBeGreaterThan(1);
      const seen = await posts(thread);
      expect(seen.map((post) => post.id)).toEqual(made);
      expect(seen.map((post) => post.text).join("")).toBe(text);
    });

    test("finds what was posted under a key, and posting again under it adds nothing", async () => {
      const { desk, thread, posts } = await opened();
      if (!canFindPost(desk)) return;
      expect(await desk.findPost(thread, "m1", signal())).toBeNull();
      const posted = await desk.post(thread, line("one"), "m1", signal());
      expect(await desk.findPost(thread, "m1", signal())).toEqual(posted);
      expect((await desk.post(thread, line("one"), "m1", signal())).ids).toEqual(posted.ids);
      expect(await posts(thread)).toHaveLength(1);
    });

    test("a line that moves with its conversation is posted under its key into each of its threads", async () => {
      const { desk, target, thread, posts } = await opened();
      const other = await desk.openThread(target, sampleCard(), "c1:1", signal());
      const first = await desk.post(thread, line("one"), "m1", signal());
      if (canFindPost(desk)) expect(await desk.findPost(other, "m1", signal())).toBeNull();
      const second = await desk.post(other, line("one"), "m1", signal());
      expect([(await posts(thread)).map((post) => post.id), (await posts(other)).map((post) => post.id)]).toEqual([first.ids, second.ids]);
      expect(second.ids).not.toEqual(first.ids);
    });

    test("changes and removes posts in place", async () => {
      const { desk, thread, posts } = await opened();
      const one = await desk.post(thread, line("one"), "m1", signal());
      const two = await desk.post(thread, line("two"), "m2", signal());
      await desk.update(thread, one.ids, line("one, edited", { marks: ["edited"] }), signal());
      await desk.remove(thread, two.ids, signal());
      expect((await posts(thread)).map((post) => [post.text, post.removed])).toEqual([["one, edited", false], [expect.any(String), true]]);
    });

    test("replaces the receipt on a person's own message", async () => {
      const { desk, thread, posts, person } = await opened();
      const id = await person.write(thread, "On its way!");
      let was: DeliveryStatus | undefined;
      const shown: string[][] = [];
      for (const now of ["queued", "sending", "sent", "delivered", "read"] as const) {
        await desk.showReceipt(thread, id, now, was, signal());
        was = now;
        shown.push((await posts(thread)).find((post) => post.id === id)!.receipts);
      }
      expect(shown.map((receipts) => receipts.length)).toEqual([1, 1, 1, 1, 1]);
      // a desk whose reactions are scarce shows "delivered" elsewhere
      expect(new Set(shown.flat()).size).toBeGreaterThanOrEqual(3);
    });

    test("tells one person alone", async () => {
      const { desk, thread, noticesTo, posts, person } = await opened();
      await desk.notify(person.userId, thread, { text: "Kept as a note: it mentions a teammate.", buttons: [{ id: "send", label: "Send to customer" }] });
      await desk.notify(person.userId, null, { text: "Nothing is waiting.", buttons: [] });
      expect(await noticesTo(person.userId)).toEqual(["Kept as a note: it mentions a teammate.", "Nothing is waiting."]);
      expect(await noticesTo("somebody else")).toEqual([]);
      expect(await posts(thread)).toEqual([]);
    });

    test("history tells what people did since, never what we posted", async () => {
      const { desk, thread, person } = await opened();
      await desk.post(thread, line("from the customer"), "m1", signal());
      const kept = await person.write(thread, "Hello");
      const removed = await person.write(thread, "Oops");
      await person.edit(thread, kept, "Hello Ana");
      await person.remove(thread, removed);
      // a desk that keeps no deletions learns from these which post is gone, though not by whom
      const known = [kept, removed];
      const events = await desk.history(thread, new Date(0), signal(), known);
      expect(ids(events).some((id) => id === `${kept}:new`)).toBe(true);
      expect(ids(events).some((id) => id.startsWith(`${kept}:edit:`))).toBe(true);
      expect(ids(events).at(-1)).toBe(`${removed}:delete`);
      expect(events.every((event) => event.thread === thread)).toBe(true);
      const mine = events.filter(({ data }) => data.userId === person.userId || (data.type === "delete" && data.userId === undefined));
      expect(mine).toHaveLength(events.length);
      expect(ids(await desk.history(thread, new Date(0), signal(), known))).toEqual(ids(events));
      expect(await desk.history(thread, new Date(Date.now() + 86_400_000), signal())).toEqual([]);
    });

    test("a deleted thread is gone for good: refused, certain", async () => {
      const { desk, thread, target, deleteThread } = await opened();
      await deleteThread(thread);
      const error = await desk.post(thread, line("one"), "m1", signal()).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(DeskError);
      expect(error).toMatchObject({ code: "THREAD_GONE", o: { certain: true, refused: true } });
      expect(await desk.openThread(target, sampleCard(), "c1:1", signal())).not.toBe(thread);
    });

    test("an unknown post is gone", async () => {
      const { desk, thread } = await opened();
      await expect(desk.showReceipt(thread, "no-such-post", "sent", undefined, signal())).rejects.toMatchObject({ code: "POST_GONE" });
    });

    test("while it is down nothing is posted, and it says that it will be taken later", async () => {
      const { desk, thread, posts, breakDown, recover } = await opened();
      await breakDown();
      const error = await desk.post(thread, line("one"), "m1", signal()).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: "UNREACHABLE", o: { certain: true } });
      expect((error as DeskError).o.refused).not.toBe(true);
      await recover();
      expect(await posts(thread)).toEqual([]);
      await desk.post(thread, line("one"), "m1", signal());
      expect(await posts(thread)).toHaveLength(1);
    });
  });
}
