/**
 * Where the desk's setting says so: whether Discord shows linked agents at work. It tells by itself, to apps whose Presence Intent is on.
 * Source: discord.com/developers/docs/events/gateway-events#presence-update, #guild-create, .../events/gateway#privileged-intents
 */
import { ApplicationFlags, GatewayIntentBits } from "discord.js";
import { z } from "zod";
import type { Core } from "../../../core/core.ts";
import { allAgents } from "../../../core/services/inbox-settings.ts";
import { recordPresence } from "../../../core/services/presence.ts";
import type { Trouble } from "../../../core/ports.ts";
import type { DiscordApi } from "../api.ts";

const Application = z.object({ flags: z.number().default(0) });
const Presence = z.object({ user: z.object({ id: z.string() }), status: z.string() });
const Update = Presence.extend({ guild_id: z.string() });
const Guild = z.object({ id: z.string(), unavailable: z.boolean().optional(), member_count: z.number(), presences: z.array(Presence.nullable().catch(null)) });
/** Of larger servers Discord does not list who is online. */
const LISTED_MEMBERS = 75_000;
/** Busy is at work; what is none of these is not understood and changes nothing. */
const STATES: Record<string, "here" | "away"> = { online: "here", dnd: "here", idle: "away", offline: "away" };

/** Small apps switch the intent on themselves (limited), large ones are granted it. */
export const mayHearPresence = (flags: number): boolean => (flags & (ApplicationFlags.GatewayPresence | ApplicationFlags.GatewayPresenceLimited)) !== 0;
export const PRESENCE_OFF = "the Presence Intent is off, so Discord does not tell who is at work, and nobody counts as away by it. Switch it on (discord.com/developers/applications, your app, Bot, Privileged Gateway Intents, Presence Intent) and start Threadline anew, or take `presence` off the desk.";

export interface DiscordPresence {
  /** The intent, when the app may have it: asking without would cost the whole connection. @throws {DeskError} while Discord does not say */
  intents(): Promise<number>;
  /** Resolves once what an event says of linked agents is stored; others pass. */
  take(t: string, d: unknown): Promise<void>;
}

export function createPresence({ core, api, guild, graceMs, trouble }: { core: Core; api: DiscordApi; guild: string; graceMs: number; trouble(trouble: Trouble | null): void }): DiscordPresence {
  /** Whether the app may hear of it, and whether the session that stands was begun so: without, Discord lists nobody, and that says nothing. */
  let granted = false, hears = false;
  /** One after the other: the last word counts. */
  let last: Promise<void> = Promise.resolve();
  function inTurn(work: () => Promise<void>): Promise<void> {
    const run = last.catch(() => undefined).then(work);
    last = run;
    return run;
  }
  const record = async (userId: string, status: string): Promise<void> => {
    const state = STATES[status];
    if (state !== undefined) await recordPresence(core, { desk: "discord", userId, state, graceMs });
  };
  /** Who is not listed is offline. */
  async function all({ member_count: members, presences }: z.infer<typeof Guild>): Promise<void> {
    const status = new Map(presences.flatMap((one) => (one === null ? [] : [[one.user.id, one.status] as const])));
    const linked = (await allAgents(core)).flatMap(({ links }) => links.filter(({ desk }) => desk === "discord"));
    for (const { userId } of linked) if (status.has(userId) || members <= LISTED_MEMBERS) await record(userId, status.get(userId) ?? "offline");
  }

  return {
    async intents() {
      const { flags } = Application.parse(await api.call("GET", "/applications/@me", { priority: "interactive" }));
      granted = mayHearPresence(flags);
      trouble(granted ? null : { code: "NOT_ALLOWED", text: `${PRESENCE_OFF[0]!.toUpperCase()}${PRESENCE_OFF.slice(1)}` });
      return granted ? GatewayIntentBits.GuildPresences : 0;
    },
    async take(t, d) {
      if (t === "READY") hears = granted;
      if (!hears) return;
      if (t === "GUILD_CREATE") {
        const read = Guild.safeParse(d).data;
        if (read !== undefined && read.id === guild && read.unavailable !== true) await inTurn(() => all(read));
      } else if (t === "PRESENCE_UPDATE") {
        const read = Update.safeParse(d).data;
        if (read !== undefined && read.guild_id === guild) await inTurn(() => record(read.user.id, read.status));
      }
    },
  };
}
