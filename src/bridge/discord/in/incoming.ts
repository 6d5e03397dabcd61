/** What comes in from Discord, on its way to core: gateway, parser, people, acts and the watch over the server, put together. */
import { z } from "zod";
import type { DeskTarget } from "../../../core/model/types.ts";
import type { DeskHost, StreamingDesk } from "../../../core/ports.ts";
import { agentByLink } from "../../../core/services/inbox-settings.ts";
import type { DeskDeps } from "../../shared/kind.ts";
import { presenceOf } from "../../shared/presence.ts";
import { createCardReactions } from "../../shared/card-reactions.ts";
import { tellAdministrators as tellEach } from "../../shared/tell-administrators.ts";
import { createTroubles } from "../../shared/troubles.ts";
import { createActs, type DiscordActs } from "../acts/acts.ts";
import type { Notices } from "../acts/notices.ts";
import type { DiscordApi } from "../api.ts";
import { isSnowflake, makeThreadId } from "../ids.ts";
import type { Me } from "../me.ts";
import type { ThreadCap } from "../out/cap.ts";
import type { Channels } from "../out/channels.ts";
import type { Threads } from "../out/threads.ts";
import type { Webhooks } from "../out/webhook.ts";
import { plainEmoji, type Config } from "../settings.ts";
import { connectDiscord } from "./connection.ts";
import { Directory, Member } from "./directory.ts";
import { fetchDiscordFile } from "./files.ts";
import type { GatewayEvent } from "./gateway.ts";
import { createHistory } from "./history.ts";
import { createParser, displayName, shownEmoji } from "./parse.ts";
import { createPeople } from "./people.ts";
import { createPlaces } from "./places.ts";
import { createPresence } from "./presence.ts";
import { allTakenOff, onlyChanges } from "./reactions.ts";
import { readContent } from "./text.ts";
import { createUnread } from "./unread.ts";
import { createWatch, PLACES } from "./watch.ts";

export interface IncomingDeps { connection: DeskTarget; deps: DeskDeps; config: Config; api: DiscordApi; me(): Promise<Me>; channels: Channels; threads: Threads; webhooks: Webhooks; cap: ThreadCap; notices: Notices }
export interface Incoming {
  history: StreamingDesk["history"];
  changedSince: StreamingDesk["changedSince"];
  /** The server's cap of active threads is near; null: there is room. */
  near(text: string | null): void;
  start(host: DeskHost): void;
  stop(): Promise<void>;
}

/** Linked accounts are looked through this often: without the intent for members nobody tells us of roles that change and people who leave. */
const REVIEW_MS = 10 * 60_000;
/** Reactions to a card that are verbs, unless the settings say otherwise. */
const DEFAULT_EMOJI = { "✅": "resolve", "☑": "resolve", "✔": "resolve", "👀": "take", "💤": "snooze" };
/** Milliseconds for a file out of a window. */
const FETCH_MS = 180_000;

const About = z.object({ channel_id: z.string() });
const TakenOff = z.object({ channel_id: z.string(), message_id: z.string().refine(isSnowflake), emoji: z.object({ id: z.string().nullish(), name: z.string().nullish() }).optional() });
const Reacted = z.object({ channel_id: z.string(), message_id: z.string().refine(isSnowflake), user_id: z.string(), emoji: z.object({ id: z.string().nullish(), name: z.string().nullish() }) });
const Typing = z.object({ channel_id: z.string(), user_id: z.string() });
const Acting = z.object({ member: Member });

export function createIncoming({ connection: target, deps, config, api, me, channels, threads, webhooks, cap, notices }: IncomingDeps): Incoming {
  const { core } = deps;
  const { guild } = config;
  const directory = new Directory(guild);
  const troubles = createTroubles(deps.trouble, PLACES);
  const behind = new Set<Promise<void>>();
  /** Work behind what was stored. What it does not get done is found again at the next look. */
  function later(work: () => Promise<void>): void {
    const run: Promise<void> = work().catch((error: unknown) => core.log.warn({ err: error }, "What follows from an event of Discord's could not be done; it is looked at again.")).finally(() => behind.delete(run));
    behind.add(run);
  }
  const tellAdministrators = (text: string): Promise<void> => tellEach(core, "discord", (...told) => notices.notify(...told), text);

  const people = createPeople({ core, api, directory, roles: config.roles, tellAdministrators });
  const places = createPlaces({ core, api, directory, me });
  const watch = createWatch({ core, api, directory, channels, threads, webhooks, troubles, me, webhook: config.customers === "webhook", tellAdministrators });
  const seen = presenceOf(config);
  const presence = seen === null ? null : createPresence({ core, api, guild, graceMs: seen.graceMs, trouble: (trouble) => void troubles.set("presence", trouble) });
  const parsing = {
    me, threadOf: places.threadOf, names: people.names, meet: people.meet, now: () => core.clock.now(),
    isAgent: async (userId: string) => (await agentByLink(core, "discord", userId)) !== undefined,
  };
  const unread = createUnread({ core, api, notices });
  const parse = createParser({
    ...parsing, content: config.messageContent,
    unread: (line) => later(() => unread.line(line)),
  });
  /** Reads a message that was handed over with its text, whatever is heard by itself. */
  const parseGiven = createParser({ ...parsing, content: true });
  const past = createHistory({ core, api, parse });
  let live: { host: DeskHost; acts: DiscordActs; onCard: ReturnType<typeof createCardReactions> } | null = null;
  /** What is told again by a resumed session is older than it seems: a reaction bears no time. */
  let hears = false;
  let reviewing: NodeJS.Timeout | undefined;

  /** What belongs to one channel is stored in the order in which it came. */
  const lanes = new Map<string, Promise<void>>();
  function inLane(channel: string, work: () => Promise<void>): Promise<void> {
    const run = (lanes.get(channel) ?? Promise.resolve()).catch(() => undefined).then(work);
    lanes.set(channel, run);
    const end = () => { if (lanes.get(channel) === run) lanes.delete(channel); };
    run.then(end, end);
    return run;
  }

  async function store(t: string, d: unknown): Promise<void> {
    if (live === null) throw new Error("The desk has not been started.");
    const taken = t === "MESSAGE_REACTION_REMOVE_ALL" || t === "MESSAGE_REACTION_REMOVE_EMOJI" ? TakenOff.safeParse(d).data : undefined;
    const thread = taken === undefined ? null : await places.threadOf(taken.channel_id);
    const events = taken === undefined ? await onlyChanges(core, await parse(t, d))
      : thread === null ? [] : await allTakenOff(core, thread, taken.message_id, taken.emoji === undefined ? null : shownEmoji(taken.emoji));
    if (events.length > 0) await live.host.accept("discord", events);
  }
  /** A card bears its thread's id. */
  async function onCard({ message_id: card, user_id: userId, emoji }: z.infer<typeof Reacted>, removed: boolean): Promise<void> {
    if (hears) await live?.onCard({ post: makeThreadId(guild, card), userId, name: plainEmoji(shownEmoji(emoji)), removed, at: core.clock.now() });
  }
  async function typing(d: unknown): Promise<void> {
    const read = Typing.safeParse(d).data;
    if (read === undefined || (await agentByLink(core, "discord", read.user_id)) === undefined) return;
    const thread = await places.threadOf(read.channel_id);
    if (thread !== null) await live?.host.typing("discord", thread, read.user_id, true);
  }
  async function event({ t, d }: GatewayEvent): Promise<void> {
    directory.take(t, d);
    if (t === "PRESENCE_UPDATE") return presence?.take(t, d);
    if (t === "INTERACTION_CREATE") {
      const acting = Acting.safeParse(d).data?.member;
      // their roles may make them an agent now, or not any more; an acknowledgement waits for none of that
      const meet = async () => acting === undefined ? undefined : people.meet({ userId: acting.user.id, username: acting.user.username, displayName: displayName(acting.user, acting.nick), roles: acting.roles });
      later(async () => live?.acts.interaction(d, meet));
      return;
    }
    const reacted = t === "MESSAGE_REACTION_ADD" || t === "MESSAGE_REACTION_REMOVE" ? Reacted.safeParse(d).data : undefined;
    if (reacted !== undefined) later(() => onCard(reacted, t === "MESSAGE_REACTION_REMOVE"));
    // a forum's card is no line
    if (reacted !== undefined && reacted.message_id === reacted.channel_id) return;
    if (t === "TYPING_START") { later(() => typing(d)); return; }
    const about = t.startsWith("MESSAGE_") ? About.safeParse(d).data : undefined;
    if (about !== undefined) await inLane(about.channel_id, () => store(t, d));
    if (t === "READY" || t === "GUILD_CREATE") await presence?.take(t, d);
    later(() => watch.event(t, d));
  }

  const connection = connectDiscord({
    core, api, token: deps.secret("botToken") ?? "", guild, gatewayUrl: config.gatewayUrl ?? null, content: config.messageContent, event,
    ...(presence === null ? {} : { alsoIntents: presence.intents }),
    ready: () => directory.here,
    async up() {
      threads.hears(true);
      hears = true;
      later(async () => {
        await watch.look();
        await live?.acts.register((await me()).applicationId);
        await cap.count();
      });
      await live?.host.stream("discord", "up");
      later(() => people.review());
      clearInterval(reviewing);
      reviewing = setInterval(() => later(() => people.review()), REVIEW_MS).unref();
    },
    async down() {
      threads.hears(false);
      hears = false;
      clearInterval(reviewing);
      await live?.host.stream("discord", "down");
    },
    trouble: (trouble) => void troubles.set("connection", trouble),
  });

  return {
    history: past.history,
    changedSince: (those, since, signal) => past.changedSince(those, since, signal, async () => {
      const targets = await core.store.deskTargets.find({ kind: "discord", identity: target.identity }).toArray();
      const homes = await Promise.all(targets.map((one) => channels.resolve(one.channel, signal).then(({ id }) => id, () => null)));
      return new Set(homes.filter((id) => id !== null));
    }),
    near(text) {
      const known = troubles.of("cap").length > 0;
      troubles.set("cap", text === null ? null : { code: "TOO_MANY", text });
      if (text !== null && !known) later(() => tellAdministrators(text));
    },
    start(host) {
      live = {
        host, onCard: createCardReactions({ core, host, desk: "discord", map: config.emoji ?? DEFAULT_EMOJI, notify: (...told) => notices.notify(...told) }),
        acts: createActs({
          core, host, api, notices, guild, link: people.link,
          fetchFile: (file) => fetchDiscordFile({ api, files: core.files, clock: core.clock }, file, AbortSignal.timeout(FETCH_MS)),
          async read(text) { const { text: shown, notified } = readContent(text, people.names()); return { text: shown, mentions: notified.size }; },
          ...(config.messageContent ? {} : { takeIn: async (message: unknown) => { const events = await parseGiven("MESSAGE_CREATE", message); if (events.length > 0) await host.accept("discord", events); for (const { thread, data } of events) later(() => unread.taken({ thread, postId: data.postId })); } }),
        }),
      };
      connection.start();
    },
    async stop() {
      await connection.stop();
      clearInterval(reviewing);
      watch.stop();
      await live?.acts.stop();
      while (behind.size > 0) await Promise.all(behind);
    },
  };
}
