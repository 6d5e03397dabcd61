/** Keeps one process of all connected to the gateway: opened, told, opened again. Who holds it is decided by a lease. */
import { setTimeout as sleep } from "node:timers/promises";
import { GatewayIntentBits } from "discord.js";
import { z } from "zod";
import type { Core } from "../../../core/core.ts";
import { holdLease } from "../../../core/lanes/process-lease.ts";
import type { Trouble } from "../../../core/ports.ts";
import type { DiscordApi } from "../api.ts";
import { discordCode, CODE, failureOf } from "../errors.ts";
import { newSession, openGateway, type GatewayEnd, type GatewayEvent, type OpenGateway } from "./gateway.ts";

export interface ConnectionOptions {
  core: Core; api: DiscordApi; token: string; guild: string;
  /** Where the gateway is; null: Discord is asked. */
  gatewayUrl: string | null;
  /** False leaves the intent for the text of messages out. */
  content: boolean;
  /** Bits of intents beside the usual ones, asked for before each connection. */
  alsoIntents?(): Promise<number>;
  /** Resolves once all that the event brought is stored. A rejection makes Discord tell it again. */
  event(event: GatewayEvent): Promise<void>;
  /** Whether the server's state has come, so that what happens there can be understood. */
  ready(): boolean;
  /** Events reach us (again); what was missed can be read. Never both at once. */
  up(): Promise<void>;
  down(): Promise<void>;
  /** What keeps the connection down; null when it stands. */
  trouble(trouble: Trouble | null): void;
  waits?: Partial<Waits>;
}
/** Milliseconds; tests make them short. */
interface Waits { retryMs: number; maxMs: number; refusedMs: number }
export interface Connection { start(): void; /** Resolves when nothing more comes in and what came has been dealt with. */ stop(): Promise<void> }

const WAITS: Waits = { retryMs: 1_000, maxMs: 60_000, refusedMs: 60_000 };
/** Failures in a row after which a session is given up: where it is to be resumed may be gone for good. What was missed is read back then. */
const GIVE_UP_AFTER = 2;
/** Failures in a row after which Health says that Discord is away. */
const AWAY_AFTER = 4;
const I = GatewayIntentBits;
/** What is listened for, and why it is needed: docs/discord.md. */
export const INTENTS = I.Guilds | I.GuildMessages | I.GuildMessageReactions | I.GuildMessageTyping | I.GuildWebhooks;
export const intentsOf = (content: boolean): number => (content ? INTENTS | I.MessageContent : INTENTS);

const PORTAL = "discord.com/developers/applications, your app, Bot";
const AWAY: Trouble = { code: "UNREACHABLE", text: "Discord's gateway does not answer this server, so nothing that is written there comes in. Check the network, a proxy or firewall, and the desk's apiUrl and gatewayUrl; it is tried again by itself, and what was missed is read then." };
const BAD_TOKEN: Trouble = { code: "BAD_TOKEN", text: `Discord refuses the bot's token, so nothing goes in or out. Make a new one (${PORTAL}, Reset Token) and apply it as botToken; what waits goes by itself then.` };
const INTENT_OFF: Trouble = { code: "NOT_ALLOWED", text: `Discord refuses the connection because the Message Content intent is off. Switch it on (${PORTAL}, Privileged Gateway Intents, Message Content Intent), or set messageContent: false and answer with /reply.` };
const END_CODES: Record<number, Trouble> = { 4004: BAD_TOKEN, 4014: INTENT_OFF };
const refusedBy = (code: number | null): Trouble => END_CODES[code ?? 0] ?? { code: "NOT_POSSIBLE", text: `Discord's gateway refuses the connection (close code ${code ?? "none"}). Update Threadline; if it stays so, tell us the code.` };

const Gateway = z.object({ url: z.string() });

export function connectDiscord({ core, api, token, guild, gatewayUrl, content, alsoIntents, event, ready, up, down, trouble, waits }: ConnectionOptions): Connection {
  const { retryMs, maxMs, refusedMs } = { ...WAITS, ...waits };
  const { log } = core;
  const pending = new Set<Promise<void>>();
  let release: (() => Promise<void>) | undefined;
  let state: "up" | "down" = "down";
  let told: Promise<void> = Promise.resolve();

  const address = async (): Promise<string> => gatewayUrl ?? Gateway.parse(await api.call("GET", "/gateway/bot", { priority: "interactive" })).url;

  /** "up" and "down" are told once each, in their order. */
  function tell(next: "up" | "down"): void {
    if (next === state) return;
    state = next;
    told = told.then(() => (next === "down" ? down() : state === "up" ? up() : undefined)).catch((error: unknown) => log.error({ err: error, state: next }, "What became of Discord's connection could not be taken in."));
  }

  function take(come: GatewayEvent): Promise<void> {
    const work = event(come);
    const counted: Promise<void> = work.catch((error: unknown) => {
      log.error({ err: error, event: come.t }, "What came from Discord could not be stored; the connection is made anew, and it comes again.");
    }).finally(() => pending.delete(counted));
    pending.add(counted);
    return work;
  }

  async function hold(signal: AbortSignal): Promise<void> {
    const session = newSession();
    let failures = 0;
    const wait = (ms: number) => sleep(ms * (0.75 + Math.random() / 2), undefined, { signal, ref: false }).catch(() => undefined);
    const failed = (end: Trouble | null, why: string): void => {
      failures++;
      const words = end ?? (failures >= AWAY_AFTER ? AWAY : null);
      if (words !== null) trouble(words);
      if (failures === 1 || failures === AWAY_AFTER || end !== null) log.warn({ why, failures, ...(words === null ? {} : { code: words.code }) }, words?.text ?? "Discord's gateway could not be reached, or broke; it is tried again.");
    };
    while (!signal.aborted) {
      let greeted = false;
      /** The server's state comes after the greeting; only then can what was missed be understood. */
      const standing = (): void => {
        if (!greeted || !ready()) return;
        failures = 0;
        trouble(null);
        // what was told again by a resumed session is stored first
        void Promise.allSettled(pending).then(() => { if (greeted && !signal.aborted) tell("up"); });
      };
      let end: GatewayEnd;
      try {
        const also = (await alsoIntents?.()) ?? 0;
        const open: OpenGateway = await openGateway({
          token, intents: intentsOf(content) | also, address, session, ...(gatewayUrl === null ? {} : { resumeAt: gatewayUrl }),
          async dispatch(come) {
            const work = take(come);
            if (come.t === "GUILD_CREATE" || come.t === "RESUMED") standing();
            if (come.t === "GUILD_DELETE" && !ready()) { greeted = true; tell("down"); }
            return work;
          },
          state(now) {
            greeted = now !== "down";
            if (!greeted) tell("down");
          },
        });
        const abort = () => void open.close();
        signal.addEventListener("abort", abort, { once: true });
        if (signal.aborted) abort();
        end = await open.ended;
        signal.removeEventListener("abort", abort);
      } catch (error) {
        const code = failureOf(error)?.code;
        failed(discordCode(error) === CODE.unauthorized || discordCode(error) === CODE.badToken || code === "http_401" ? BAD_TOKEN : null, String(code ?? (error as Error).name));
        await wait(discordCode(error) === undefined && code !== "http_401" ? Math.min(retryMs * 2 ** (failures - 1), maxMs) : refusedMs);
        continue;
      }
      tell("down");
      if (end.why === "closed") continue;
      failed(end.why === "refused" ? refusedBy(end.code) : null, end.why);
      if (end.why === "failed" && failures >= GIVE_UP_AFTER) session.info = null;
      await wait(end.why === "refused" ? refusedMs : Math.min(retryMs * 2 ** (failures - 1), maxMs));
    }
    tell("down");
    await Promise.all([told, Promise.allSettled(pending)]);
  }

  return {
    start() { release = holdLease(core, `gateway:${guild}`, hold); },
    async stop() {
      await release?.();
      await told;
    },
  };
}
