/** What happens to the app and its channels: told with the sentence that mends it, and taken back once it is mended. */
import { z } from "zod";
import type { Core } from "../../../core/core.ts";
import type { DeskTarget, DeskThreadId } from "../../../core/model/types.ts";
import type { Trouble } from "../../../core/ports.ts";
import type { Troubles } from "../../shared/troubles.ts";
import type { SlackApi } from "../api.ts";
import type { Channels } from "../out/channels.ts";
import { CHANNEL_CODES, CREDENTIAL_CODES, failureOf, type SlackFailure } from "../errors.ts";
import { makeThreadId } from "../ids.ts";
import { BOT_SCOPES } from "../scopes.ts";
import type { Lost } from "./lost.ts";
import type { TeamOf } from "../me.ts";

const About = z.object({ type: z.string(), channel: z.union([z.string(), z.object({ id: z.string() })]).optional(), user: z.string().optional(), tokens: z.object({ bot: z.array(z.string()).nullish() }).optional() });
const Gone = z.object({
  type: z.literal("message"), channel: z.string(), deleted_ts: z.string().optional(), message: z.object({ ts: z.string(), thread_ts: z.string().nullish(), subtype: z.string().nullish() }).optional(),
});

const LOST = /^(?:channel|group)_(?:archive|left|deleted)$/;
const MENDED = /^(?:channel|group)_(?:unarchive|rename)$/;
/** The app as a whole, among the places that may be lost. */
const TOKENS = "tokens";
/** Milliseconds between two looks at what is broken. */
const LOOK_MS = 30_000;

const REVOKED: Trouble = { code: "BAD_TOKEN", text: "Slack refuses the bot's token: it was revoked, or the app was uninstalled. Install the app again at api.slack.com/apps → Install App, and apply its bot token as botToken; what waits goes by itself then." };
const lacking = (scope: string): Trouble => ({ code: "NOT_ALLOWED", text: `The Slack app lacks the scope ${scope}${whatFor(scope)}. Add it at api.slack.com/apps → OAuth & Permissions, install the app again, and apply the new bot token.` });
const whatFor = (scope: string): string => { const known = BOT_SCOPES.find((one) => one.scope === scope); return known === undefined ? "" : ` (${known.what})`; };

export interface Watch {
  /** An event of the app, a channel or a card. Never rejects. */
  event(event: unknown): Promise<void>;
  /** Looks at the token and at every channel now. `since`: when Slack was last heard. Never rejects. */
  look(since?: Date): Promise<void>;
  /** Resolves when no look is under way. */
  stop(): Promise<void>;
}
export interface WatchOptions { core: Core; api: SlackApi; team: TeamOf; channels: Channels; troubles: Troubles; lost: Lost; tellAdministrators(text: string): Promise<void> }

export function createWatch({ core, api, team, channels, troubles, lost, tellAdministrators }: WatchOptions): Watch {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const underWay = new Set<Promise<void>>();
  /** Nobody waits for it but a stop. */
  function later(work: Promise<void>): void {
    const run = work.catch((error: unknown) => core.log.warn({ err: error }, "What became of Slack's app or channel could not be told.")).finally(() => underWay.delete(run));
    underWay.add(run);
  }

  /** Comes back by itself while something is broken, or what was missed could not be read yet. */
  function plan(again = false): void {
    clearTimeout(timer);
    if (!stopped && (again || troubles.of("tokens").length > 0 || troubles.of("channel").length > 0)) timer = setTimeout(() => later(look()), LOOK_MS).unref();
  }
  function say(place: "tokens" | "scopes" | "channel", trouble: Trouble, subject: string): void {
    if (!troubles.set(place, trouble, subject)) return;
    core.log.error({ code: trouble.code, subject }, trouble.text);
    if (place === "tokens") later(lost.note(TOKENS, "token"));
    else later(tellAdministrators(trouble.text));
    plan();
  }

  const targets = (): Promise<DeskTarget[]> => core.store.deskTargets.find({ kind: "slack" }).toArray();

  /** What a channel's name stood for when it last worked: a name that can't be found any more is asked for by its id, which says why. */
  const ids = new Map<string, string>();
  async function resolve(target: DeskTarget): Promise<void> {
    const before = ids.get(target.channel);
    try {
      ids.set(target.channel, await channels.resolve(target.channel));
    } catch (error) {
      if (before === undefined || before === target.channel || failureOf(error)?.code !== "channel_not_found") throw error;
      await channels.resolve(before);
      // renamed: its id still works, but not the name that is set
      channels.forget(before);
      throw error;
    }
  }
  /** Its threads are looked through once it can be read again. */
  async function lookAt(target: DeskTarget, since: Date | undefined): Promise<void> {
    try {
      await resolve(target);
      troubles.set("channel", null, target.channel);
    } catch (error) {
      const failure = failureOf(error);
      if (failure === undefined || !CHANNEL_CODES.has(failure.code)) throw error;
      await lost.note(target._id, failure.code, since);
      say("channel", { code: "NOT_POSSIBLE", text: `${target.name}: ${(error as Error).message.replace(/^[A-Z_]+: /, "")}` }, target.channel);
      return;
    }
    await lost.found(target._id);
  }

  async function look(since?: Date): Promise<void> {
    let again = false;
    const trying = (work: Promise<void>): Promise<void> => work.catch((error: unknown) => {
      core.log.warn({ err: error }, "Slack's channels could not be looked at; they are looked at again.");
      again = true;
    });
    await trying((async () => {
      if (troubles.of("tokens").length > 0) await api.call("auth.test", {}, { priority: "background" }).catch(() => undefined);
      const all = await targets();
      for (const target of all) await trying(lookAt(target, since));
      if (troubles.of("tokens").length === 0) await lost.found(TOKENS);
      for (const subject of troubles.of("channel")) if (!all.some((target) => target.channel === subject)) troubles.set("channel", null, subject);
    })());
    plan(again);
  }

  /** Every call tells something: that a token, a scope or a channel works, or that it doesn't. */
  function heard(_method: string, channel: string | undefined, failure: SlackFailure | null): void {
    if (failure === null) {
      if (troubles.of("tokens").length > 0) { troubles.set("tokens", null); later(look()); }
      for (const scope of troubles.of("scopes")) if (api.scopes()?.includes(scope) === true) troubles.set("scopes", null, scope);
      return;
    }
    if (CREDENTIAL_CODES.has(failure.code)) say("tokens", REVOKED, "");
    // what an optional scope would add is left out without a word; `doctor` lists it
    const scope = failure.code === "missing_scope" ? BOT_SCOPES.find((one) => one.without === null && failure.needed?.split(",").includes(one.scope)) : undefined;
    if (scope !== undefined) say("scopes", lacking(scope.scope), scope.scope);
    const place = failure.channel ?? channel;
    if (CHANNEL_CODES.has(failure.code) && place !== undefined && failure.method.startsWith("chat.")) {
      channels.forget(place);
      // one look at a time: it comes back by itself while something is broken
      if (troubles.of("channel").length === 0) later(look());
    }
  }
  const unwatch = api.watch(heard);

  /** The card of a conversation is shown anew: its desk then finds that it is gone, and opens another thread. */
  async function cardGone(thread: DeskThreadId): Promise<void> {
    const now = core.clock.now();
    const conversation = await core.store.conversations.findOneAndUpdate({ "thread.id": thread }, { $set: { cardDueAt: now }, $inc: { cardRev: 1 } }, { projection: { _id: 1 } });
    if (conversation !== null) core.bus.publish({ type: "lane.due", lane: "mirror", conversationId: conversation._id });
  }

  async function take(event: unknown): Promise<void> {
    const gone = Gone.safeParse(event);
    if (gone.success) {
      const { channel, deleted_ts: deleted, message } = gone.data;
      const root = deleted ?? (message?.subtype === "tombstone" && (message.thread_ts ?? message.ts) === message.ts ? message.ts : undefined);
      if (root !== undefined) await cardGone(makeThreadId((await team.load()).teamId, channel, root));
      return;
    }
    const about = About.safeParse(event);
    if (!about.success) return;
    const { type, user, tokens } = about.data;
    const channel = typeof about.data.channel === "object" ? about.data.channel.id : about.data.channel;
    const us = team.known()?.botUserId;
    if (type === "app_uninstalled" || (type === "tokens_revoked" && (tokens?.bot ?? []).length > 0)) say("tokens", REVOKED, "");
    const moved = LOST.test(type) || MENDED.test(type) || ((type === "member_left_channel" || type === "member_joined_channel") && user === us);
    if (!moved || channel === undefined) return;
    channels.forget(channel);
    await look();
  }

  return {
    event: (event) => take(event).catch((error: unknown) => core.log.warn({ err: error }, "What happened to Slack's app or channel could not be looked at.")),
    look,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      unwatch();
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}
