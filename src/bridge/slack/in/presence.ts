/**
 * Where the desk's setting says so: whether Slack sees linked agents at work. It has to be asked one by one; only one process asks.
 * Source: docs.slack.dev/reference/methods/users.getPresence (tier 3, scope users:read), docs.slack.dev/apis/web-api/user-presence-and-status
 */
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { Core } from "../../../core/core.ts";
import { DeskError } from "../../../core/errors.ts";
import { holdLease } from "../../../core/lanes/process-lease.ts";
import type { Agent } from "../../../core/model/types.ts";
import { allAgents } from "../../../core/services/inbox-settings.ts";
import { recordPresence } from "../../../core/services/presence.ts";
import type { SlackApi } from "../api.ts";
import { slackCode } from "../errors.ts";

/** One question each, in milliseconds: 20 a minute of the 50 that Slack takes, however many agents there are. */
const LOOK_MS = 3_000;
/** Who is here is asked for once a minute at most, who is away more often, so that they are noticed soon. Milliseconds. */
const HERE_MS = 60_000, AWAY_MS = 15_000;
/** Without the permission nothing is known; whether it has come is asked now and then. Milliseconds. */
const REFUSED_MS = 10 * 60_000;
const Answer = z.object({ presence: z.enum(["active", "away"]) });

export interface PresenceOptions { core: Core; api: SlackApi; /** The app's id: one process of all asks for it. */ identity: string; graceMs: number }
export interface SlackPresence {
  /** Asks for the one whose turn it is, if there is one. What Slack does not say changes nothing; never throws for it. */
  look(signal?: AbortSignal): Promise<void>;
  start(): void;
  stop(): Promise<void>;
}

export function createPresence({ core, api, identity, graceMs }: PresenceOptions): SlackPresence {
  const asked = new Map<string, number>();
  let notBefore = 0;
  let release: (() => Promise<void>) | undefined;

  /** The account that waits longest beyond its time; undefined: nobody's turn. */
  function next(agents: readonly Agent[], now: number): string | undefined {
    const due = agents.filter(({ active }) => active).flatMap(({ links, presence }) => links.filter(({ desk }) => desk === "slack")
      .map(({ userId }) => ({ userId, at: (asked.get(userId) ?? -Infinity) + (presence?.["slack"]?.[userId]?.state === "away" ? AWAY_MS : HERE_MS) })));
    for (const userId of asked.keys()) if (!due.some((one) => one.userId === userId)) asked.delete(userId);
    return due.filter(({ at }) => at <= now).toSorted((a, b) => a.at - b.at)[0]?.userId;
  }

  async function look(signal?: AbortSignal): Promise<void> {
    const now = core.clock.now().getTime();
    if (now < notBefore) return;
    const userId = next(await allAgents(core), now);
    if (userId === undefined) return;
    asked.set(userId, now);
    try {
      const read = Answer.safeParse(await api.call("users.getPresence", { user: userId }, { priority: "background", ...(signal === undefined ? {} : { signal }) }));
      if (read.success) await recordPresence(core, { desk: "slack", userId, state: read.data.presence === "active" ? "here" : "away", graceMs });
    } catch (error) {
      if (!(error instanceof DeskError)) throw error;
      if (error.code === "RATE_LIMITED") notBefore = now + (error.o.retryAfterMs ?? HERE_MS);
      else if (slackCode(error) === "missing_scope") {
        notBefore = now + REFUSED_MS;
        core.log.warn({ code: error.code }, "Slack does not tell who is at work: the app lacks the scope users:read. Add it and install the app again, or take `presence` off the desk; until then nobody counts as away by it.");
      }
    }
  }

  return {
    look,
    start() {
      release = holdLease(core, `presence:slack:${identity}`, async (signal) => {
        while (!signal.aborted) {
          await look(signal).catch((error: unknown) => core.log.warn({ err: error }, "Who is at work on Slack could not be looked at; it is tried again."));
          await sleep(LOOK_MS, undefined, { signal, ref: false }).catch(() => undefined);
        }
      });
    },
    stop: async () => release?.(),
  };
}
