/** Makes messages of both directions and hears when they have arrived. Runs in the bench's own process. */
import { Agent, request } from "node:http";
import { CHATS, FIRST_CHAT, machineMs, type Child } from "./wire.ts";

export type Way = "inbound" | "outbound";
/** What a message may take before the bench gives up; an overloaded machine takes long to work off an open loop. */
const LOST_MS = 180_000;

export class Generator {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 512 });
  private readonly waiting = new Map<string, { at: number; arrived(ms: number): void }>();
  private next = 0;
  app: Child | undefined;
  /** Where agents write; the application itself when the desk is in it. */
  desk: Child | undefined;

  /** For the children's `onArrival`. */
  readonly onArrival = (id: string, at: number): void => {
    const line = this.waiting.get(id);
    if (line === undefined) return;
    this.waiting.delete(id);
    line.arrived(at - line.at);
  };
  get inFlight(): number { return this.waiting.size; }

  /** One message of the customer or agent number `n`; answers the milliseconds until it had arrived. @throws Error when it does not within 3 minutes */
  async send(way: Way, n: number): Promise<number> {
    const chat = FIRST_CHAT + (n % CHATS);
    const id = `${way === "inbound" ? "m" : "r"}${++this.next}`;
    let timer: NodeJS.Timeout | undefined;
    const arrival = new Promise<number>((done, fail) => {
      timer = setTimeout(() => { this.waiting.delete(id); fail(new Error(`The ${way} message ${id} did not arrive within ${LOST_MS / 1_000} s.`)); }, LOST_MS);
      this.waiting.set(id, { at: machineMs(), arrived: done });
    });
    try {
      if (way === "outbound") (this.desk ?? this.app!).say(chat, id);
      else await this.hook(chat, id);
      return await arrival;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Calls the webhook as Telegram does. */
  private async hook(chat: number, id: string): Promise<void> {
    const { port, hook } = this.app!.ready;
    const person = { id: chat, is_bot: false, first_name: "Ana", last_name: `Nr ${chat}` };
    const body = JSON.stringify({ update_id: this.next, message: { message_id: this.next, date: Math.floor(Date.now() / 1_000), chat: { id: chat, type: "private", first_name: "Ana" }, from: person, text: `${id} where is my order, I wait for it since Monday` } });
    const status = await new Promise<number>((done, fail) => {
      request({ host: "127.0.0.1", port, path: hook!.path, method: "POST", agent: this.agent, headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body), "x-telegram-bot-api-secret-token": hook!.secret } },
        (answer) => { answer.resume().on("end", () => done(answer.statusCode ?? 0)).on("error", fail); }).on("error", fail).end(body);
    });
    if (status !== 200) throw new Error(`The webhook answered ${status}.`);
  }
  close(): void { this.agent.destroy(); }
}

export interface Latency { p50: number; p95: number; p99: number; count: number }

/** In milliseconds, to two places. */
export function percentiles(values: number[]): Latency {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN) * 100) / 100;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), count: sorted.length };
}

/** `concurrency` senders, each writes again when its line has arrived. Answers messages per second. */
export async function closedLoop(generator: Generator, ways: Way[], concurrency: number, ms: number): Promise<number> {
  const began = machineMs();
  let arrived = 0;
  await Promise.all(Array.from({ length: concurrency }, async (_, worker) => {
    for (let turn = 0; machineMs() - began < ms; turn++) {
      // No two senders meet in one conversation.
      await generator.send(ways[turn % ways.length]!, worker + concurrency * (turn % Math.max(1, Math.floor(CHATS / concurrency))));
      arrived++;
    }
  }));
  return Math.round((arrived * 10_000) / (machineMs() - began)) / 10;
}

/** So many a second whatever comes back, evenly, to the chats from number `first` on. Answers how long each took from its due time on, so that a stall counts for all that it delayed. */
export async function openLoop(generator: Generator, way: Way, perSecond: number, ms: number, first = 0): Promise<Latency> {
  const total = Math.round((perSecond * ms) / 1_000);
  const began = machineMs();
  const lines: Promise<number>[] = [];
  while (lines.length < total) {
    const due = Math.min(total, Math.floor(((machineMs() - began) * perSecond) / 1_000) + 1);
    while (lines.length < due) {
      const late = machineMs() - (began + (lines.length * 1_000) / perSecond);
      lines.push(generator.send(way, first + lines.length).then((took) => took + Math.max(0, late)));
    }
    await new Promise((done) => { setTimeout(done, 1); });
  }
  return percentiles(await Promise.all(lines));
}
