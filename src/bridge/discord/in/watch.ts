/** What happens to the bot, its permissions, channels and threads: told with the sentence that mends it, and taken back once it is mended. */
import { z } from "zod";
import type { Core } from "../../../core/core.ts";
import type { DeskTarget } from "../../../core/model/types.ts";
import type { Trouble } from "../../../core/ports.ts";
import { Recent } from "../../shared/recent.ts";
import type { Troubles } from "../../shared/troubles.ts";
import { SHUT_OUT, type DiscordApi } from "../api.ts";
import { CODE, discordCode, type DiscordFailure } from "../errors.ts";
import { makeThreadId, readThreadId } from "../ids.ts";
import type { Channels } from "../out/channels.ts";
import type { Threads } from "../out/threads.ts";
import type { Webhooks } from "../out/webhook.ts";
import { isThreadType, type Directory } from "./directory.ts";
import { createRemake } from "./remake.ts";
import { inviteLink, missingOf, wantedFor } from "./permissions.ts";

export const PLACES = ["token", "limits", "connection", "guild", "channel", "cap", "presence"] as const;
export type Place = (typeof PLACES)[number];

const Of = z.object({ id: z.string(), type: z.number().optional(), parent_id: z.string().nullish() });
const Gone = z.object({ id: z.string(), channel_id: z.string() });
const GoneTogether = z.object({ ids: z.array(z.string()) });
const Hooks = z.object({ channel_id: z.string() });
/** Milliseconds between two looks at what is broken. */
const LOOK_MS = 30_000;
const RETAG_MS = 60_000;
/** Longer than what is told in a thread stands there. */
const CLOSE_MS = 120_000, CLOSE_CALL_MS = 10_000;

const BAD_TOKEN: Trouble = { code: "BAD_TOKEN", text: "Discord refuses the bot's token, so nothing goes in or out. Make a new one (discord.com/developers/applications, your app, Bot, Reset Token) and apply it as botToken; what waits goes by itself then." };

const SHUT_OUT_TROUBLE: Trouble = { code: "RATE_LIMITED", text: "Discord's network refuses this server's address for a while, as it does after thousands of refused requests. What waits goes by itself then. If it comes back, look for another program on this address that uses a wrong token." };

export interface Watch {
  /** An event of the server. Never rejects. */
  event(t: string, d: unknown): Promise<void>;
  /** Looks at every channel now. Never rejects. */
  look(): Promise<void>;
  stop(): void;
}
export interface WatchOptions {
  core: Core; api: DiscordApi; directory: Directory; channels: Channels; threads: Threads; webhooks: Webhooks; troubles: Troubles<Place>;
  me(): Promise<{ applicationId: string }>;
  /** Whether the customers' lines come through a webhook. */
  webhook: boolean;
  tellAdministrators(text: string): Promise<void>;
  /** Milliseconds after which a thread that was left is closed again. */
  closeMs?: number;
}

export function createWatch({ core, api, directory, channels, threads, webhooks, troubles, me, webhook, tellAdministrators, closeMs = CLOSE_MS }: WatchOptions): Watch {
  const remake = createRemake({ core, api, directory, channels, tellAdministrators });
  const retagged = new Recent<number>(2_000);
  const closing = new Map<string, NodeJS.Timeout>();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  /** Comes back by itself while something is broken. */
  function plan(): void {
    clearTimeout(timer);
    if (!stopped && (["token", "limits", "guild", "channel"] as const).some((place) => troubles.of(place).length > 0)) timer = setTimeout(() => void look(), LOOK_MS).unref();
  }
  function say(place: Place, trouble: Trouble, subject = ""): void {
    if (!troubles.set(place, trouble, subject)) return;
    core.log.error({ code: trouble.code, subject }, trouble.text);
    if (place === "channel") void tellAdministrators(trouble.text);
    plan();
  }

  async function lookAt(target: DeskTarget): Promise<void> {
    try {
      const home = await channels.resolve(target.channel);
      const bits = directory.may(home.id);
      const missing = bits === null ? [] : missingOf(bits, wantedFor(webhook)).filter(({ without }) => without === null);
      if (missing.length === 0) troubles.set("channel", null, target.channel);
      else say("channel", { code: "NOT_ALLOWED", text: `${target.name}: in #${home.name} on Discord the bot lacks ${list(missing.map(({ name, what }) => `${name} (${what})`))}. Give it that in the channel's settings (Permissions) or in its role; what waits goes by itself then.` }, target.channel);
    } catch (error) {
      const code = discordCode(error);
      if (code === CODE.unknownChannel && (await remake.missing(target))) { troubles.set("channel", null, target.channel); return cardsDue(target._id); }
      if (code === CODE.unknownChannel || code === CODE.missingAccess) say("channel", { code: "NOT_POSSIBLE", text: `${target.name}: ${(error as Error).message.replace(/^[A-Z_]+: /, "")}` }, target.channel);
    }
  }

  async function look(): Promise<void> {
    try {
      if (troubles.of("token").length > 0) await api.call("GET", "/users/@me", { priority: "background" });
      if (directory.absent) return await absent();
      troubles.set("guild", null);
      channels.forget();
      const all = await core.store.deskTargets.find({ kind: "discord" }).toArray();
      for (const target of all) await lookAt(target);
      for (const subject of troubles.of("channel")) if (!all.some((target) => target.channel === subject)) troubles.set("channel", null, subject);
    } catch (error) {
      core.log.warn({ err: error }, "Discord's channels could not be looked at; they are looked at again.");
    } finally {
      plan();
    }
  }
  async function absent(): Promise<void> {
    const { applicationId } = await me();
    say("guild", { code: "NOT_ALLOWED", text: `The bot is not in your Discord server (any more). Invite it with this link: ${inviteLink(applicationId, { webhook, guild: directory.guildId })} What waits goes by itself then.` });
  }

  /** Every call tells something: that the token or a channel works, or that it doesn't. */
  function heard(_method: string, _path: string, failure: DiscordFailure | null): void {
    if (failure === null) {
      if (troubles.of("limits").length > 0) troubles.set("limits", null);
      if (troubles.of("token").length > 0) { troubles.set("token", null); void look(); }
      return;
    }
    if (failure.code === CODE.unauthorized || failure.code === CODE.badToken || failure.code === "http_401") say("token", BAD_TOKEN);
    if (failure.code === SHUT_OUT) say("limits", SHUT_OUT_TROUBLE);
    // one look at a time: it comes back by itself while something is broken
    if ((failure.code === CODE.missingPermissions || failure.code === CODE.missingAccess) && troubles.of("channel").length === 0 && timer === undefined) {
      timer = setTimeout(() => { timer = undefined; void look(); }, 1_000).unref();
    }
  }
  const unwatch = api.watch(heard);

  /** The card of a conversation is shown anew: its desk then finds that it is gone, and opens another thread. */
  async function cardGone(ids: string[]): Promise<void> {
    const now = core.clock.now();
    for (const id of ids) {
      threads.gone(id);
      const conversation = await core.store.conversations.findOneAndUpdate({ "thread.id": makeThreadId(directory.guildId, id) }, { $set: { cardDueAt: now }, $inc: { cardRev: 1 } }, { projection: { _id: 1 } });
      if (conversation !== null) core.bus.publish({ type: "lane.due", lane: "mirror", conversationId: conversation._id });
    }
  }

  /** People may set tags of their own beside ours; what ours say stays true. Once a while, so that two programs do not go on undoing each other. */
  async function retag(id: string): Promise<void> {
    const now = core.clock.now().getTime();
    if (now - (retagged.get(id) ?? -Infinity) < RETAG_MS) return;
    retagged.set(id, now);
    await cardGone([id]);
  }
  /** What is written in a thread that was left opens it again, and open threads are few: it is closed when its author was told where to go on. */
  async function closeAgain(id: string): Promise<void> {
    if (closing.has(id) || (await core.store.threads.findOne({ _id: makeThreadId(directory.guildId, id), state: "retired" }, { projection: { _id: 1 } })) === null) return;
    closing.set(id, setTimeout(() => {
      closing.delete(id);
      threads.change(id, { archived: true }, AbortSignal.timeout(CLOSE_CALL_MS), "background").catch((error: unknown) => core.log.debug({ err: error }, "A thread in Discord that was left stays open for now."));
    }, closeMs).unref());
  }

  /** The open conversations of a target: their threads went with its channel. */
  async function cardsDue(targetId: string): Promise<void> {
    const open = core.store.conversations.find({ deskTargetId: targetId, status: { $in: ["open", "pending"] }, "thread.id": { $exists: true } }, { projection: { thread: 1 } });
    for await (const { thread } of open) await cardGone([readThreadId(thread!.id).thread]);
  }

  async function take(t: string, d: unknown): Promise<void> {
    switch (t) {
      // a card has its thread's id, in a forum and in a text channel
      case "MESSAGE_DELETE": { const gone = Gone.safeParse(d); if (gone.success) await cardGone([gone.data.id]); return; }
      case "MESSAGE_DELETE_BULK": { const gone = GoneTogether.safeParse(d); if (gone.success) await cardGone(gone.data.ids); return; }
      case "THREAD_DELETE": { const gone = Of.safeParse(d); if (gone.success) await cardGone([gone.data.id]); return; }
      case "THREAD_CREATE": threads.saw(d); return;
      case "THREAD_UPDATE": {
        const told = threads.told(d);
        if (told?.retagged === true) await retag(told.state.id);
        if (told?.state.archived === false) await closeAgain(told.state.id);
        return;
      }
      case "WEBHOOKS_UPDATE": { const about = Hooks.safeParse(d); if (about.success) webhooks.forget(about.data.channel_id); return; }
      case "CHANNEL_CREATE": case "CHANNEL_UPDATE": case "CHANNEL_DELETE": {
        const about = Of.safeParse(d);
        if (!about.success || isThreadType(about.data.type ?? 0)) return;
        channels.forget(about.data.id);
        if (t === "CHANNEL_DELETE") {
          webhooks.forget(about.data.id);
          if (await remake.deleted(d)) await cardGone([...directory.threads].filter(([, { parent }]) => parent === about.data.id).map(([id]) => id));
        }
        return look();
      }
      case "READY": case "GUILD_ROLE_UPDATE": case "GUILD_ROLE_DELETE": case "GUILD_MEMBER_UPDATE": case "GUILD_CREATE": case "GUILD_DELETE":
        return look();
      default: return;
    }
  }

  return {
    event: (t, d) => take(t, d).catch((error: unknown) => core.log.warn({ err: error }, "What happened to Discord's server or channels could not be looked at.")),
    look,
    stop() {
      stopped = true;
      for (const one of [timer, ...closing.values()]) clearTimeout(one);
      unwatch();
    },
  };
}

const list = (names: string[]): string => (names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)!}`);
