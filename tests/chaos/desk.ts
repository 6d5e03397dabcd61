/** The desk as those who use it see it, whichever it is: threads, posts with their receipts, what an agent does there. */
import { setTimeout as sleep } from "node:timers/promises";
import { Broken } from "./http.ts";
import { talkOf, type Shown } from "./journal.ts";
import type { World } from "./world.ts";

export interface DeskPost extends Shown {
  id: string;
  /** The order on screen. */
  position: number;
  deleted: boolean;
}
export interface DeskThread { id: string; talk: string | null; posts: Map<string, DeskPost> }
/** What only one agent is shown, with buttons. */
export interface Notice { id: string; threadId: string | null; buttons: { id: string }[] }
export type OnLine = (thread: DeskThread, post: DeskPost) => void;

const LOOK_MS = 250;
/** Every so many looks all threads are read, since receipts come without a new line. */
const WHOLE_LOOK = 12;

export abstract class Desk {
  readonly threads = new Map<string, DeskThread>();
  constructor(protected readonly world: World, private readonly onLine: OnLine) {}

  /** Reads what changed; `all` also where no line is new. @throws {Broken} */
  abstract look(all: boolean): Promise<void>;
  /** All that is new in one thread. @throws {Broken} */
  abstract read(thread: DeskThread): Promise<void>;
  /** An agent writes. Answers the status in words; `taken` false: nobody knows whether the desk has it. @throws {Broken} */
  abstract write(thread: DeskThread, agent: string, text: string): Promise<{ taken: boolean; status: string }>;
  /** Null when it could not be asked. */
  abstract notices(agent: string): Promise<Notice[] | null>;
  /** Whether all that was written before the notice shows by now what became of it, so that what a press acts on can be seen. */
  isPlain(_thread: DeskThread, _notice: Notice): boolean { return true; }
  /** Answers the status in words. @throws {Broken} */
  abstract press(agent: string, notice: Notice, button: string): Promise<string>;

  async watch(): Promise<void> {
    for (let look = 0; this.world.running; look++) {
      try { await this.look(look % WHOLE_LOOK === 0); } catch (error) { if (!(error instanceof Broken)) throw error; }
      await sleep(LOOK_MS);
    }
  }

  protected thread(id: string): DeskThread {
    const known = this.threads.get(id) ?? { id, talk: null, posts: new Map<string, DeskPost>() };
    this.threads.set(id, known);
    return known;
  }
  protected saw(thread: DeskThread, post: DeskPost): void {
    const known = thread.posts.has(post.id);
    thread.posts.set(post.id, post);
    thread.talk ??= talkOf(post.text);
    if (!known) this.onLine(thread, post);
  }

  /** The posts of a thread in the order on screen. */
  shown(thread: DeskThread): Shown[] {
    return [...thread.posts.values()].filter((post) => !post.deleted && talkOf(post.text) !== null).sort((a, b) => a.position - b.position)
      .map(({ text, by, held, receipt }) => ({ text, by, held, receipt }));
  }
}
