/** What comes in from Slack, on its way to core: connection, parser, people, acts and the watch over channels, put together. */
import { z } from "zod";
import type { DeskTarget } from "../../../core/model/types.ts";
import type { DeskHost } from "../../../core/ports.ts";
import { agentByLink, silentSince } from "../../../core/services/inbox-settings.ts";
import type { DeskAnswer, DeskCall, DeskDeps } from "../../shared/kind.ts";
import { tellAdministrators as tellEach } from "../../shared/tell-administrators.ts";
import { createTroubles } from "../../shared/troubles.ts";
import { createActs, type SlackActs } from "../acts/acts.ts";
import type { SlackApi } from "../api.ts";
import type { Channels } from "../out/channels.ts";
import { connectSlack, type ConnectionOptions } from "./connection.ts";
import { emojiOf } from "../acts/reactions.ts";
import type { SlackHandlers } from "./handlers.ts";
import type { Notices } from "../acts/notices.ts";
import { createLost } from "./lost.ts";
import { createParser, type Parse } from "./parse.ts";
import { createMembers, type Members } from "./members.ts";
import { createPeople, type People } from "./people.ts";
import { createPlaces } from "./places.ts";
import { joinSiblings } from "./siblings.ts";
import type { TeamOf } from "../me.ts";
import { createWatch } from "./watch.ts";

export interface IncomingDeps { connection: DeskTarget; deps: DeskDeps; api: SlackApi; apiUrl: string; team: TeamOf; channels: Channels; notices: Notices }
export interface Incoming {
  /** One event of Slack's → what it means for a thread; the same live and read back. */
  parse: Parse;
  start(host: DeskHost): void;
  stop(): Promise<void>;
  receive?(call: DeskCall): Promise<DeskAnswer>;
}

const Callback = z.object({ type: z.literal("event_callback"), event: z.looseObject({ type: z.string() }) });
/** Linked accounts are looked through at most this often. */
const REVIEW_MS = 10 * 60_000;

export function createIncoming({ connection: target, deps, api, apiUrl, team, channels, notices }: IncomingDeps): Incoming {
  const { core } = deps;
  const troubles = createTroubles(deps.trouble, ["tokens", "connection", "scopes", "channel", "members"]);
  const behind = new Set<Promise<void>>();
  /** Work behind the acknowledgement. What it does not get done is found again at the next look. */
  function later(work: () => Promise<void>): void {
    const run: Promise<void> = work().catch((error: unknown) => core.log.warn({ err: error }, "What follows from an event of Slack's could not be done; it is looked at again.")).finally(() => behind.delete(run));
    behind.add(run);
  }

  const tellAdministrators = (text: string): Promise<void> => tellEach(core, "slack", (...told) => notices.notify(...told), text);

  const members: Members = createMembers({ core, api, channels, troubles, team: () => team.load(), profile: (id) => people.profile(id), tellAdministrators });
  const people: People = createPeople({ core, api, team: () => team.load(), tellAdministrators, admit: (user) => members.meet(user) });
  const parse = createParser({ team: () => team.load(), places: createPlaces(api), names: people, meet: (userId) => people.meet(userId), isAgent: async (userId) => (await agentByLink(core, "slack", userId)) !== undefined });
  const watch = createWatch({ core, api, team, channels, troubles, tellAdministrators, lost: createLost(core, async (since) => live?.host.missed("slack", since)) });
  let live: { host: DeskHost; acts: SlackActs } | null = null;
  let reviewedAt = -Infinity;

  const handlers: SlackHandlers = {
    async event(body) {
      if (live === null) throw new Error("The desk has not been started.");
      const { host, acts } = live;
      const read = Callback.safeParse(body);
      if (!read.success) {
        core.log.warn({ kind: (body as { type?: unknown } | null)?.type }, "Slack held events back because there were too many in an hour; what was missed is read now.");
        later(async () => { await host.stream("slack", "down"); await host.stream("slack", "up"); });
        return;
      }
      const { event } = read.data;
      if (event.type !== "message") await team.load();
      if (await acts.event(body)) return;
      const events = await parse(event);
      if (events.length > 0) await host.accept("slack", events);
      later(async () => { await watch.event(event); await people.event(event); await members.event(event); });
    },
    interaction: async (payload) => { await team.load(); return live?.acts.interaction(payload); },
    command: async (payload) => live?.acts.command(payload),
    async up() {
      const since = (await silentSince(core, "slack")) ?? undefined;
      later(async () => {
        await watch.look(since);
        const now = core.clock.now().getTime();
        if (now - reviewedAt < REVIEW_MS) return;
        reviewedAt = now;
        await people.review();
        await members.review();
      });
      await live?.host.stream("slack", "up");
    },
    down: async () => live?.host.stream("slack", "down"),
  };

  const appToken = deps.secret("appToken");
  const siblings = appToken === null ? null : { joined: null as ReturnType<typeof joinSiblings> | null };
  const options: ConnectionOptions = {
    secrets: appToken === null ? { signingSecret: deps.secret("signingSecret") ?? "" } : { appToken },
    apiUrl, handlers, log: core.log, clock: core.clock, trouble: (trouble) => void troubles.set("connection", trouble),
    siblings: async () => (await siblings?.joined?.count()) ?? 1,
  };
  const connection = connectSlack(options);

  return {
    parse,
    start(host) {
      live = { host, acts: createActs({ core, host, api, notices, team: () => team.now(), link: (userId) => people.link(userId), emoji: emojiOf(target.config) }) };
      if (siblings !== null) siblings.joined = joinSiblings(core, target.identity);
      // who the app is has to be known before anything can be understood; until Slack says it, events stay unacknowledged and come again
      later(async () => { await team.load(); });
      connection.start();
    },
    async stop() {
      await connection.stop();
      await watch.stop();
      await live?.acts.stop();
      while (behind.size > 0) await Promise.all(behind);
      await siblings?.joined?.stop();
    },
    ...(connection.receive === undefined ? {} : { receive: connection.receive }),
  };
}
