/** A desk in memory that records what it is told and can be told to fail. Zero latency by default. */
import { setTimeout as sleep } from "node:timers/promises";
import { DeskError } from "../../src/core/errors.ts";
import type { DeliveryStatus, DeskPostId, DeskTarget, DeskThreadId } from "../../src/core/model/types.ts";
import type { AdoptingDesk, Card, DeskHost, DeskPost, IncomingDeskEvent, Notice, Posted, SearchableDesk, StreamingDesk, TypingDesk } from "../../src/core/ports.ts";

export interface FakePost { id: DeskPostId; key: string | null; post: DeskPost; at: Date; receipt?: DeliveryStatus; removed: boolean; edits: number }
export interface FakeThread { id: DeskThreadId; key: string; target: DeskTarget; card: Card; posts: FakePost[]; gone: boolean }

export class FakeDesk implements SearchableDesk, TypingDesk, StreamingDesk, AdoptingDesk {
  readonly limits: { textChars: number; fileBytes: number; burstChars?: number } = { textChars: 4_000, fileBytes: 10_000_000 };
  readonly threads = new Map<DeskThreadId, FakeThread>();
  readonly notices: { userId: string; thread: DeskThreadId | null; notice: Notice }[] = [];
  readonly typing: { thread: DeskThreadId; name: string; typing: boolean }[] = [];
  /** Vendor calls that came in, failed ones too. */
  calls = 0;
  /** Thrown by each call before any effect, until it is unset. */
  fail: DeskError | undefined;
  /** The next call has its effect, then times out. */
  timeoutAfterEffect = false;
  /** Newest posts and events that a thread keeps. */
  keeps = Number.POSITIVE_INFINITY;
  /** Each call takes this long. */
  delayMs = 0;
  readonly #events = new Map<DeskThreadId, IncomingDeskEvent[]>();
  #ids = 0;

  constructor(readonly kind = "fake", private readonly now: () => Date = () => new Date()) {}

  async openThread(target: DeskTarget, card: Card, key: string, signal: AbortSignal): Promise<DeskThreadId> {
    return this.#call(signal, () => {
      const there = [...this.threads.values()].find((thread) => thread.key === key && !thread.gone);
      if (there !== undefined) return there.id;
      const id = `${this.kind}:t${++this.#ids}` as DeskThreadId;
      this.threads.set(id, { id, key, target, card, posts: [], gone: false });
      return id;
    });
  }

  async post(thread: DeskThreadId, post: DeskPost, key: string, signal: AbortSignal): Promise<Posted> {
    return this.#call(signal, () => {
      const { posts } = this.#open(thread);
      const there = posts.filter((one) => one.key === key);
      if (there.length > 0) return postedAs(there);
      // a character of this pattern may take two UTF-16 units
      const texts = post.text.match(new RegExp(`[^]{1,${this.limits.textChars / 2}}`, "gu")) ?? [""];
      const made = texts.map((text): FakePost => ({ id: `p${++this.#ids}`, key, post: { ...post, text }, at: this.now(), removed: false, edits: 0 }));
      posts.push(...made);
      posts.splice(0, Math.max(0, posts.length - this.keeps));
      return postedAs(made);
    });
  }

  async update(thread: DeskThreadId, posts: DeskPostId[], post: DeskPost, signal: AbortSignal): Promise<void> {
    return this.#call(signal, () => {
      for (const [n, id] of posts.entries()) {
        const one = this.#post(thread, id);
        one.post = { ...post, text: n === 0 ? post.text : "" };
        one.edits++;
      }
    });
  }

  async remove(thread: DeskThreadId, posts: DeskPostId[], signal: AbortSignal): Promise<void> {
    return this.#call(signal, () => { for (const id of posts) this.#post(thread, id).removed = true; });
  }

  async updateCard(thread: DeskThreadId, card: Card, signal: AbortSignal): Promise<void> {
    return this.#call(signal, () => { this.#open(thread).card = card; });
  }

  async showReceipt(thread: DeskThreadId, postId: DeskPostId, now: DeliveryStatus, _was: DeliveryStatus | undefined, signal: AbortSignal): Promise<void> {
    return this.#call(signal, () => { this.#post(thread, postId).receipt = now; });
  }

  async notify(userId: string, thread: DeskThreadId | null, notice: Notice): Promise<void> {
    return this.#call(undefined, () => { this.notices.push({ userId, thread, notice }); });
  }

  async history(thread: DeskThreadId, since: Date, signal: AbortSignal): Promise<IncomingDeskEvent[]> {
    return this.#call(signal, () => {
      this.#open(thread);
      return (this.#events.get(thread) ?? []).filter((event) => event.at >= since).sort((a, b) => a.at.getTime() - b.at.getTime());
    });
  }

  async changedSince(threads: DeskThreadId[], since: Date, signal: AbortSignal): Promise<DeskThreadId[]> {
    return this.#call(signal, () => threads.filter((thread) => this.#events.get(thread)?.some((event) => event.at >= since) === true));
  }

  async conversationOf(thread: DeskThreadId, signal: AbortSignal): Promise<string | null> {
    return this.#call(signal, () => this.threads.get(thread)?.card.conversationId ?? null);
  }

  async findPost(thread: DeskThreadId, key: string, signal: AbortSignal): Promise<Posted | null> {
    return this.#call(signal, () => {
      const there = this.#open(thread).posts.filter((one) => one.key === key);
      return there.length === 0 ? null : postedAs(there);
    });
  }

  async showTyping(thread: DeskThreadId, name: string, typing: boolean): Promise<void> {
    this.typing.push({ thread, name, typing });
  }

  /** A person writes in a thread; with a host it is handed over at once, else `history` alone knows. */
  async say(thread: DeskThreadId, userId: string, text: string, host?: DeskHost, mentions = 0): Promise<FakePost> {
    const at = this.now();
    const made: FakePost = { id: `p${++this.#ids}`, key: null, at, removed: false, edits: 0, post: { kind: "agent", author: { name: userId }, text, files: [], marks: [] } };
    this.#open(thread).posts.push(made);
    await this.#happened(host, { id: `${made.id}:new`, thread, at, data: { type: "message", postId: made.id, userId, userName: userId, userKind: "person", text, mentions, files: [] } });
    return made;
  }

  async editSaid(thread: DeskThreadId, post: DeskPostId, userId: string, text: string, host?: DeskHost, mentions = 0): Promise<void> {
    const at = this.now();
    const one = this.#post(thread, post);
    one.post = { ...one.post, text };
    await this.#happened(host, { id: `${post}:edit:${at.toISOString()}`, thread, at, data: { type: "edit", postId: post, userId, text, mentions, editedAt: at } });
  }

  async deleteSaid(thread: DeskThreadId, post: DeskPostId, userId: string, host?: DeskHost): Promise<void> {
    this.#post(thread, post).removed = true;
    await this.#happened(host, { id: `${post}:delete`, thread, at: this.now(), data: { type: "delete", postId: post, userId } });
  }

  deleteThread(thread: DeskThreadId): void { this.#open(thread).gone = true; }

  /** The texts of a thread in order, without removed posts. */
  texts(thread: DeskThreadId): string[] { return this.#open(thread).posts.filter((one) => !one.removed).map((one) => one.post.text); }

  async #happened(host: DeskHost | undefined, event: IncomingDeskEvent): Promise<void> {
    const events = this.#events.get(event.thread) ?? [];
    this.#events.set(event.thread, events);
    events.push(event);
    events.splice(0, Math.max(0, events.length - this.keeps));
    await host?.accept(this.kind, [event]);
  }

  async #call<T>(signal: AbortSignal | undefined, effect: () => T): Promise<T> {
    this.calls++;
    if (this.delayMs > 0) {
      await sleep(this.delayMs, undefined, signal === undefined ? {} : { signal })
        .catch((cause: unknown) => { throw new DeskError("TIMEOUT", "The fake desk was too slow.", { certain: true, cause }); });
    }
    if (this.fail !== undefined) throw this.fail;
    const result = effect();
    if (!this.timeoutAfterEffect) return result;
    this.timeoutAfterEffect = false;
    throw new DeskError("TIMEOUT", "The fake desk answered too late.", { certain: false });
  }

  #open(id: DeskThreadId): FakeThread {
    const thread = this.threads.get(id);
    if (thread === undefined || thread.gone) throw new DeskError("THREAD_GONE", "The thread was deleted.", { certain: true, refused: true });
    return thread;
  }

  #post(thread: DeskThreadId, id: DeskPostId): FakePost {
    const post = this.#open(thread).posts.find((one) => one.id === id);
    if (post === undefined) throw new DeskError("POST_GONE", "The post was deleted.", { certain: true, refused: true });
    return post;
  }
}

const postedAs = (posts: FakePost[]): Posted => ({ ids: posts.map((post) => post.id), at: posts.at(-1)!.at });
