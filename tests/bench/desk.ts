/** The fake desk, telling of each customer's line that reached its thread. */
import { FakeDesk } from "../fakes/fake-desk.ts";
import type { DeskTarget, DeskThreadId } from "../../src/core/model/types.ts";
import type { Card, DeskPost, Posted } from "../../src/core/ports.ts";
import { idOf, type Reporter } from "./wire.ts";

const SEED = "fake:seed-";

export class BenchDesk extends FakeDesk {
  /** Cards that were shown anew. */
  cards = 0;

  constructor(private readonly reporter: Reporter) {
    super("fake");
    // Nobody reads them here; they would only grow in the memory that is measured.
    this.keeps = 20;
  }

  /** Threads of the seed, which no process of this run has opened, are there from now on. */
  remembers(target: DeskTarget, card: Card): void {
    const known = this.threads.get.bind(this.threads);
    this.threads.get = (id) => {
      if (known(id) === undefined && id.startsWith(SEED)) this.threads.set(id, { id, key: id, target, card, posts: [], gone: false });
      return known(id);
    };
  }

  override async updateCard(thread: DeskThreadId, card: Card, signal: AbortSignal): Promise<void> {
    await super.updateCard(thread, card, signal);
    this.cards++;
  }

  override async post(thread: DeskThreadId, post: DeskPost, key: string, signal: AbortSignal): Promise<Posted> {
    const posted = await super.post(thread, post, key, signal);
    if (post.kind === "customer") this.reporter.arrived(idOf(post.text));
    return posted;
  }
}
