/** Stands in for the bridge behind a desk's routes: records what it is told, answers what a test lays down. */
import type { ActResult, DeskAct, DeskHost, IncomingDeskEvent, Suggestion } from "../../src/core/ports.ts";
import type { DeskThreadId } from "../../src/core/model/types.ts";

export class FakeDeskHost implements DeskHost {
  stream = async (): Promise<void> => undefined;
  missed = async (): Promise<number> => 0;
  /** By event id: what comes twice is there once, as in the bridge's intake. */
  readonly events = new Map<string, IncomingDeskEvent>();
  readonly acts: DeskAct[] = [];
  readonly typings: { thread: DeskThreadId; userId: string; typing: boolean }[] = [];
  /** Thrown by `accept` until it is unset. */
  fail: Error | undefined;
  answer: (act: DeskAct) => ActResult | Promise<ActResult> = () => ({ ok: true });
  suggestions: Suggestion[] = [];
  /** Where the text was typed for which suggestions were asked last. */
  completedIn: DeskThreadId | null = null;

  async accept(_desk: string, events: IncomingDeskEvent[]): Promise<void> {
    if (this.fail !== undefined) throw this.fail;
    for (const event of events) if (!this.events.has(event.id)) this.events.set(event.id, event);
  }
  async act(act: DeskAct): Promise<ActResult> {
    this.acts.push(act);
    return this.answer(act);
  }
  async complete(_desk: string, _userId: string, text: string, thread: DeskThreadId | null): Promise<Suggestion[]> {
    this.completedIn = thread;
    return this.suggestions.filter((one) => one.text.startsWith(text));
  }
  async typing(_desk: string, thread: DeskThreadId, userId: string, typing: boolean): Promise<void> {
    this.typings.push({ thread, userId, typing });
  }
}
