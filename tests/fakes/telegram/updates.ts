/** Updates on their way to the bot: kept until confirmed by offset, or until the webhook answered 2xx. */
import { Agent, request } from "node:http";
import { ApiFault } from "./faults.ts";

export interface FakeUpdate { update_id: number; [kind: string]: unknown }
interface Pending { update: FakeUpdate; kind: string; chat: number; inFlight: boolean; /** Its call failed; the next one is not yet due. */ rests: boolean; /** Handed out once more whatever the offset says. */ repeat: boolean }
export interface Hook { url: string; secret: string | undefined; connections: number; lastError?: string }

/** Without a list, these are not sent. Source: core.telegram.org/bots/api#getupdates (`allowed_updates`) */
const NOT_BY_DEFAULT = new Set(["chat_member", "message_reaction", "message_reaction_count"]);

const agent = new Agent({ keepAlive: true });
const post = (url: string, headers: Record<string, string>, body: string) =>
  new Promise<number>((done, fail) => {
    request(url, { method: "POST", agent, headers: { ...headers, "content-length": String(Buffer.byteLength(body)) } }, (answer) => {
      answer.resume().once("end", () => done(answer.statusCode ?? 0)).once("error", fail);
    }).once("error", fail).end(body);
  });

export class UpdateQueue {
  private pending: Pending[] = [];
  private nextId = 100_000_001;
  private allowed: string[] = [];
  private waiter: { resolve: (updates: FakeUpdate[]) => void; reject: (fault: ApiFault) => void; limit: number } | null = null;
  hook: Hook | null = null;
  /** Milliseconds until a webhook call that failed is made again. */
  retryMs = 50;
  /** Each webhook call is made so many times. */
  copies = 1;
  private closed = false;
  constructor(private readonly onChange: () => void) {}

  setAllowed(list: unknown): void { if (Array.isArray(list)) this.allowed = list as string[]; }
  get count(): number { return this.pending.length; }

  push(kind: string, chat: number, content: object): FakeUpdate | null {
    if (this.allowed.length > 0 ? !this.allowed.includes(kind) : NOT_BY_DEFAULT.has(kind)) return null;
    const update: FakeUpdate = { update_id: this.nextId++, [kind]: content };
    this.add({ update, kind, chat, inFlight: false, rests: false, repeat: false });
    return update;
  }
  /** The same update once more, as after a confirmation that got lost. */
  repeat(update: FakeUpdate): void {
    const kind = Object.keys(update).find((key) => key !== "update_id")!;
    const { chat } = update[kind] as { chat?: { id: number } };
    this.add({ update, kind, chat: chat?.id ?? 0, inFlight: false, rests: false, repeat: true });
  }
  private add(entry: Pending): void {
    this.pending.push(entry);
    if (this.hook !== null) this.deliver();
    else if (this.waiter !== null) { const { resolve, limit } = this.waiter; this.waiter = null; resolve(this.take(limit)); }
  }

  /** The open poll ends with nothing, as after its timeout. */
  endPoll(): void { this.waiter?.resolve([]); }
  /** After a week of silence Telegram counts from anywhere. */
  startIdsAt(id: number): void { this.nextId = id; }

  private take(limit: number): FakeUpdate[] {
    const taken = this.pending.slice(0, limit);
    this.pending = this.pending.filter((entry) => !entry.repeat || !taken.includes(entry));
    return taken.map((entry) => entry.update);
  }

  /** `gone` aborts when the caller hung up. @throws {ApiFault} 409 for the earlier of two, and while a webhook is set */
  async poll(options: { offset?: number; limit: number; timeoutSeconds: number }, gone: AbortSignal): Promise<FakeUpdate[]> {
    if (this.hook !== null) throw new ApiFault(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first");
    this.waiter?.reject(new ApiFault(409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"));
    this.waiter = null;
    const { offset } = options;
    if (offset !== undefined) this.pending = this.pending.filter((entry) => entry.repeat || entry.update.update_id >= offset);
    queueMicrotask(this.onChange);
    if (this.pending.length > 0 || options.timeoutSeconds <= 0) return this.take(options.limit);
    return new Promise((resolve, reject) => {
      const end = (finish: () => void) => { clearTimeout(timer); if (this.waiter === waiter) this.waiter = null; finish(); };
      const waiter = { limit: options.limit, resolve: (updates: FakeUpdate[]) => end(() => resolve(updates)), reject: (fault: ApiFault) => end(() => reject(fault)) };
      const timer = setTimeout(() => waiter.resolve([]), options.timeoutSeconds * 1000);
      gone.addEventListener("abort", () => waiter.resolve([]), { once: true });
      this.waiter = waiter;
    });
  }

  setHook(hook: Hook | null, dropPending: boolean): void {
    this.hook = hook;
    if (dropPending) this.pending = [];
    if (hook !== null) { this.waiter?.reject(new ApiFault(409, "Conflict: terminated by setWebhook request")); this.waiter = null; this.deliver(); }
  }

  /** In order within a chat, chats side by side. Source: core.telegram.org/bots/api#setwebhook (retries, `max_connections`) */
  private deliver(): void {
    const hook = this.hook;
    if (hook === null || this.closed) return;
    const busy = new Set(this.pending.filter((entry) => entry.inFlight).map((entry) => entry.chat));
    for (const entry of this.pending) {
      if (busy.size >= hook.connections) return;
      if (busy.has(entry.chat)) continue;
      busy.add(entry.chat);
      if (entry.rests) continue;
      entry.inFlight = true;
      void this.call(hook, entry).then((ok) => {
        entry.inFlight = false;
        if (ok) this.pending = this.pending.filter((other) => other !== entry);
        else { entry.rests = true; setTimeout(() => { entry.rests = false; this.deliver(); }, this.retryMs); }
        this.deliver();
        this.onChange();
      });
    }
  }
  private async call(hook: Hook, { update }: Pending): Promise<boolean> {
    const headers = { "content-type": "application/json", ...(hook.secret === undefined ? {} : { "x-telegram-bot-api-secret-token": hook.secret }) };
    const answers = await Promise.all(Array.from({ length: this.copies }, () => post(hook.url, headers, JSON.stringify(update)).catch((error: unknown) => String(error))));
    const wrong = answers.find((status) => typeof status !== "number" || status < 200 || status > 299);
    if (wrong !== undefined) hook.lastError = `Wrong response from the webhook: ${wrong}`;
    return wrong === undefined;
  }

  close(): void { this.closed = true; this.waiter?.resolve([]); this.hook = null; }
}
