/** What the processes of the bench say to each other over Node's IPC, and the clock that they share. */
import { fork, type ChildProcess } from "node:child_process";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** Milliseconds of the machine's monotonic clock: the same in every process (CLOCK_MONOTONIC). */
export const machineMs = (): number => Number(process.hrtime.bigint()) / 1e6;

export const TOKEN = "700000001:fake-telegram-token";
export const AGENT = "Mara";
/** Chat ids of the customers under test. */
export const FIRST_CHAT = 10_000;
export const CHATS = 256;
/** Chat ids of a campaign's recipients, and how many of them the fake Telegram knows: more than a bench reaches. */
export const FIRST_RECIPIENT = 50_000;
export const REACHABLE = 4_000;

/** Lines that ended their way, with the time when they did. */
export interface Arrivals { type: "arrivals"; list: [id: string, at: number][] }
/** A Slack workspace with its app, a channel and the agent there. */
export interface SlackPlace { desk: "slack"; settings: { apiUrl: string; botToken: string; appToken: string }; channel: string; user: string }
/** A Discord server with its bot, a forum and the agent there; the floor posts into a channel of its own, without threads. */
export interface DiscordPlace { desk: "discord"; settings: { apiUrl: string; botToken: string; guild: string }; gatewayUrl: string; channel: string; floorChannel: string; user: string }
export type VendorPlace = SlackPlace | DiscordPlace;
/** What the floor does at a desk: one call for each customer's line. */
export interface FloorDesk { post(chat: number, text: string): Promise<void>; close(): void }
export interface Ready { type: "ready"; port: number; uri?: string; apiRoot?: string; place?: VendorPlace; hook?: { path: string; secret: string } }
export interface Done { type: "done"; asked: number; result: unknown }
export type FromChild = Arrivals | Ready | Done;

export type Ask =
  | { do: "learnThreads" }
  | { do: "settle" }
  | { do: "crowd"; people: number }
  | { do: "campaign" }
  | { do: "recipients" }
  | { do: "count"; on: boolean }
  /** Due work begins; how many snoozes are due and not over yet, and how many cards were shown anew. */
  | { do: "schedule" }
  | { do: "asleep" }
  | { do: "stop" };
export type ToChild = { type: "say"; chat: number; id: string } | ({ type: "ask"; asked: number } & Ask);

/** Sends what has arrived once per turn of the event loop. */
export class Reporter {
  private list: [string, number][] = [];
  arrived(id: string): void {
    if (this.list.length === 0) setImmediate(() => { const list = this.list; this.list = []; tell({ type: "arrivals", list }); });
    this.list.push([id, machineMs()]);
  }
}
export const tell = (message: FromChild): void => { process.send?.(message); };

/** The id that a line begins with: `m<n>` inbound, `r<n>` outbound. */
export const idOf = (text: string): string => text.slice(0, text.indexOf(" "));

/** One of the bench's processes as one file, built as the server is: a loader of TypeScript would be measured with it. */
async function bundle(file: string): Promise<string> {
  const outfile = fileURLToPath(new URL(`../../dist/bench/${basename(file, ".ts")}.js`, import.meta.url));
  await build({ entryPoints: [file], outfile, bundle: true, packages: "external", platform: "node", target: "node20", format: "esm", sourcemap: true, logLevel: "warning" });
  return outfile;
}

/** A child process of the bench, and questions to it. */
export class Child {
  private asked = 0;
  private stopping = false;
  private readonly answers = new Map<number, (result: unknown) => void>();
  private constructor(private readonly child: ChildProcess, readonly ready: Ready) {}

  /** Resolves once it is ready. `onArrival` hears of every line that ended its way there. A child that ends by itself ends the bench. @throws Error when it ends before it is ready */
  static async start(url: URL, args: string[], onArrival: (id: string, at: number) => void, execArgv: string[] = []): Promise<Child> {
    const source = fileURLToPath(url);
    // A profile names rooms and functions, so it is taken of the sources.
    const profiled = execArgv.some((arg) => arg.startsWith("--cpu-prof"));
    const file = profiled ? source : await bundle(source);
    const child = fork(file, args, { execArgv: [...(profiled ? ["--import", "tsx"] : []), ...execArgv] });
    let self: Child | undefined;
    const ready = await new Promise<Ready>((done, fail) => {
      child.once("exit", (code) => fail(new Error(`${file} ended with ${code} before it was ready.`)));
      child.on("message", (message: FromChild) => {
        if (message.type === "ready") done(message);
        else if (message.type === "arrivals") for (const [id, at] of message.list) onArrival(id, at);
        else { self!.answers.get(message.asked)?.(message.result); self!.answers.delete(message.asked); }
      });
    });
    self = new Child(child, ready);
    child.once("exit", (code, signal) => { if (!self!.stopping) { console.error(`${file} ended by itself (${signal ?? code}).`); process.exit(1); } });
    return self;
  }
  get pid(): number { return this.child.pid!; }
  say(chat: number, id: string): void { this.child.send({ type: "say", chat, id } satisfies ToChild); }

  async ask<T>(what: Ask): Promise<T> {
    const asked = ++this.asked;
    return new Promise<T>((done) => {
      this.answers.set(asked, (result) => done(result as T));
      this.child.send({ type: "ask", asked, ...what } satisfies ToChild);
    });
  }
  /** Resolves when it has ended. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.stopping = true;
    const gone = new Promise<void>((done) => { this.child.once("exit", () => done()); });
    this.child.send({ type: "ask", asked: 0, do: "stop" } satisfies ToChild);
    const timer = setTimeout(() => this.child.kill("SIGKILL"), 15_000);
    await gone;
    clearTimeout(timer);
  }
}

/** In a child: answers questions one by one. */
export function listen(say: (chat: number, id: string) => void, answer: (ask: Ask) => Promise<unknown>): void {
  process.on("message", (message: ToChild) => {
    if (message.type === "say") { say(message.chat, message.id); return; }
    answer(message).then((result) => tell({ type: "done", asked: message.asked, result })).catch((error: unknown) => { console.error(error); process.exit(1); });
  });
  process.on("disconnect", () => process.exit(0));
}
