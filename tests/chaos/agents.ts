/** Agents: they answer as soon as a line is in the thread, one line at a time per thread, and settle what they are asked about. */
import { setTimeout as sleep } from "node:timers/promises";
import { words } from "./customers.ts";
import type { Desk, DeskPost, DeskThread, Notice } from "./desk.ts";
import { Broken } from "./http.ts";
import type { Talk, Wrote } from "./journal.ts";
import type { Dice } from "./options.ts";
import { AGENTS, pause, type World } from "./world.ts";

const ANSWERS = 0.75;
const ANSWERS_TWICE = 0.25;
const NOTICES_MS = 2_000;
/** How often an agent does what a notice offers. */
const PRESSES = 0.5;

export class Agents {
  readonly desk: Desk;
  private readonly dice: Dice;
  private readonly writing = new Map<string, Promise<void>>();
  private readonly settled = new Set<string>();

  constructor(private readonly world: World) {
    this.dice = world.dice.of("agents");
    this.desk = world.place.see(world, (thread, post) => this.onLine(thread, post));
  }

  start(): Promise<void>[] {
    return [this.desk.watch(), ...AGENTS.flatMap((name) => [this.readNotices(name), this.followUp(name)])];
  }
  /** Resolves when nobody is writing any more. */
  async rest(): Promise<void> { await Promise.all(this.writing.values()); }

  private onLine(thread: DeskThread, post: DeskPost): void {
    if (post.by !== "customer" || !this.world.loading || !this.dice.chance(ANSWERS)) return;
    this.writeSoon(thread, this.dice.chance(ANSWERS_TWICE) ? 2 : 1);
  }

  /** Agents come back to conversations without a new line too. */
  private async followUp(agent: string): Promise<void> {
    const dice = this.world.dice.of(`follow-ups of ${agent}`);
    while (this.world.loading) {
      await pause(this.world, dice, 100, 900);
      const threads = [...this.desk.threads.values()].filter((thread) => thread.talk !== null);
      if (threads.length > 0) this.writeSoon(dice.pick(threads), 1);
    }
  }

  /** One line at a time in one thread. */
  private writeSoon(thread: DeskThread, lines: number): void {
    const before = this.writing.get(thread.id) ?? Promise.resolve();
    this.writing.set(thread.id, before.then(async () => {
      for (let i = 0; i < lines; i++) {
        await pause(this.world, this.dice, 50, 500);
        if (this.world.loading) await this.write(thread);
      }
    }));
  }

  private async write(thread: DeskThread): Promise<void> {
    const talk = this.world.journal.talks.get(thread.talk ?? "");
    if (talk === undefined) return;
    const line: Wrote = { text: `${talk.name}r${talk.wrote.length + 1} ${words(this.dice)}`, confirmed: false, everHeld: false, everUnknown: false, retries: 0 };
    talk.wrote.push(line);
    const agent = this.dice.pick(AGENTS);
    try {
      const { taken, status } = await this.desk.write(thread, agent, line.text);
      line.confirmed = taken;
      this.world.journal.note(talk.name, `${agent} wrote "${line.text}" (${status})`);
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      this.world.journal.note(talk.name, `${agent} wrote "${line.text}", and the call broke (${error.message})`);
      await sleep(300);
    }
  }

  /** Half of what agents are asked is done: a held line sent, an unknown one tried again. The rest stays as it is. */
  private async readNotices(agent: string): Promise<void> {
    const dice = this.world.dice.of(`notices of ${agent}`);
    while (this.world.running) {
      await pause(this.world, dice, NOTICES_MS / 2, NOTICES_MS);
      if (!this.world.loading) continue;
      for (const notice of (await this.desk.notices(agent)) ?? []) {
        const button = notice.buttons.find((one) => one.id === "send" || one.id === "retry")?.id;
        if (button === undefined || this.settled.has(notice.id)) continue;
        if (!(await this.isPlain(notice))) continue;
        this.settled.add(notice.id);
        if (dice.chance(PRESSES)) await this.press(agent, notice, button);
      }
    }
  }

  private async isPlain(notice: Notice): Promise<boolean> {
    const thread = this.desk.threads.get(notice.threadId ?? "");
    if (thread === undefined) return true;
    try { await this.desk.read(thread); } catch (error) { if (error instanceof Broken) return false; throw error; }
    return this.desk.isPlain(thread, notice);
  }

  private async press(agent: string, notice: Notice, button: string): Promise<void> {
    const thread = this.desk.threads.get(notice.threadId ?? "");
    const talk = this.world.journal.talks.get(thread?.talk ?? "");
    if (thread === undefined || talk === undefined) return;
    try {
      await this.remember(thread, talk, button);
      const status = await this.desk.press(agent, notice, button);
      this.world.journal.note(talk.name, `${agent} pressed ${button} (${status})`);
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      this.world.journal.note(talk.name, `${agent} pressed ${button}, and the call broke`);
    }
  }

  /** What a button may act on is written down before it is pressed. @throws {Broken} */
  private async remember(thread: DeskThread, talk: Talk, button: string): Promise<void> {
    await this.desk.read(thread);
    for (const post of thread.posts.values()) {
      const line = talk.wrote.find((one) => one.text === post.text);
      if (line === undefined) continue;
      if (button === "send" && post.held) line.everHeld = true;
      if (button === "retry" && post.receipt === "❔") { line.everUnknown = true; line.retries++; }
    }
  }
}
