/** The fake desk, telling of each customer's line that reached its thread. */
import { FakeDesk } from "../fakes/fake-desk.ts";
import type { DeskThreadId } from "../../src/core/model/types.ts";
import type { DeskPost, Posted } from "../../src/core/ports.ts";
import { idOf, type Reporter } from "./wire.ts";

export class BenchDesk extends FakeDesk {
  constructor(private readonly reporter: Reporter) {
    super("fake");
    // Nobody reads them here; they would only grow in the memory that is measured.
    this.keeps = 20;
  }

  override async post(thread: DeskThreadId, post: DeskPost, key: string, signal: AbortSignal): Promise<Posted> {
    const posted = await super.post(thread, post, key, signal);
    if (post.kind === "customer") this.reporter.arrived(idOf(post.text));
    return posted;
  }
}
