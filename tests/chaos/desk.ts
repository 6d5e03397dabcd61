/** The desk as its page sees it: threads and their messages over the playground's calls. */
import { setTimeout as sleep } from "node:timers/promises";
import { Broken, call } from "./http.ts";
import { talkOf, type Shown } from "./journal.ts";
import type { Dice } from "./options.ts";
import { anyServer, type World } from "./world.ts";

export interface DeskMessage {
  id: string; seq: number; position: number; author: { name: string; kind: "customer" | "agent" | "bot" | "guest" }; text: string; held?: string; reactions: { emoji: string; by: string }[]; deleted: boolean;
}
interface ThreadEntry { id: string; lastMessageAt: string }
export interface DeskThread { id: string; talk: string | null; after: number; posts: Map<string, DeskMessage>; lastMessageAt: string }

const PAGE = 1_000;
const LOOK_MS = 250;
/** Every so many looks all threads are read, since receipts come without a new line. */
const WHOLE_LOOK = 12;

/** What the bot shows as a reaction on an agent's own message. */
export const receiptOf = (message: DeskMessage): string | null => message.reactions.find((one) => one.by === "Threadline")?.emoji ?? null;

export class Desk {
  readonly threads = new Map<string, DeskThread>();
  private readonly dice: Dice;
  constructor(private readonly world: World, private readonly onLine: (thread: DeskThread, message: DeskMessage) => void) { this.dice = world.dice.of("desk"); }

  async watch(): Promise<void> {
    for (let look = 0; this.world.running; look++) {
      try { await this.look(look % WHOLE_LOOK === 0); } catch (error) { if (!(error instanceof Broken)) throw error; }
      await sleep(LOOK_MS);
    }
  }

  private async get(path: string): Promise<unknown> {
    const { status, body } = await call(anyServer(this.world, this.dice), { path, timeoutMs: 5_000 });
    if (status !== 200) throw new Broken(true, `${path}: ${status}`);
    return body;
  }

  /** Reads what changed; `all` also where no line is new. @throws {Broken} */
  async look(all: boolean): Promise<void> {
    const { threads } = (await this.get("/playground/v1/threads")) as { threads: ThreadEntry[] };
    await Promise.all(threads.map(async ({ id, lastMessageAt }) => {
      const thread = this.threads.get(id) ?? { id, talk: null, after: 0, posts: new Map<string, DeskMessage>(), lastMessageAt: "" };
      this.threads.set(id, thread);
      if (all || thread.lastMessageAt !== lastMessageAt) await this.read(thread);
      thread.lastMessageAt = lastMessageAt;
    }));
  }

  /** All that is new in one thread. @throws {Broken} */
  async read(thread: DeskThread): Promise<void> {
    for (;;) {
      const { messages } = (await this.get(`/playground/v1/threads/${thread.id}/messages?after=${thread.after}`)) as { messages: DeskMessage[] };
      for (const message of messages) {
        const known = thread.posts.has(message.id);
        thread.posts.set(message.id, message);
        thread.after = Math.max(thread.after, message.seq);
        thread.talk ??= talkOf(message.text);
        if (!known) this.onLine(thread, message);
      }
      if (messages.length < PAGE) return;
    }
  }

  /** The posts of a thread in the order on screen. */
  shown(thread: DeskThread): Shown[] {
    return [...thread.posts.values()].filter((post) => !post.deleted && talkOf(post.text) !== null).sort((a, b) => a.position - b.position)
      .map((post) => ({ text: post.text, by: post.author.kind, held: post.held !== undefined, receipt: receiptOf(post) }));
  }
}
