/** Long polling: Telegram forgets an update only when we ask for the next one, so that is asked after the update is stored. */
import { GrammyError, HttpError, type Api } from "grammy";
import { setTimeout as wait } from "node:timers/promises";
import { UserError } from "../../core/errors.ts";
import type { Clock, InboundEvent, Logger, ReportTrouble, Trouble } from "../../core/ports.ts";
import { asSignal, POLL_SECONDS } from "./api.ts";
import { ALLOWED_UPDATES } from "./parse.ts";

export interface PollOptions {
  api: Api;
  inboxId: string;
  /** What an update tells. @throws {UserError} for one that can't be read */
  read(update: unknown): InboundEvent[];
  clock: Clock;
  log: Logger;
  trouble: ReportTrouble;
  sink: (events: InboundEvent[]) => Promise<void>;
  signal: AbortSignal;
  /** Milliseconds; tests make them short. Another poller of this bot is put up with for `conflictMs`, then left alone for `standDownMs`. */
  waits?: { retryMs: number; maxMs: number; conflictMs: number; standDownMs: number };
}

/** What Health and the log say, and what mends it. */
export const BAD_TOKEN: Trouble = { code: "BAD_TOKEN", text: "Telegram refused the bot's token, so nothing comes in or goes out. Get the present one from BotFather (/token) and apply it to this inbox." };
const IDENTITY_TAKEN: Trouble = { code: "IDENTITY_TAKEN", text: "Another program receives this Telegram bot's messages (a second installation, or a webhook), so this inbox stops receiving. End the other one, or give this inbox a bot of its own; it is looked at again in some minutes, or at once after a restart." };
const UNREACHABLE: Trouble = { code: "UNREACHABLE", text: "Telegram does not answer this server, so no messages come in; Telegram keeps them for 24 hours. Check the network, a proxy or firewall, and the inbox's apiRoot; it is tried again by itself." };
/** Tries in a row after which Health says that Telegram is away: some 45 s. */
const AWAY_AFTER = 5;

const WAITS = { retryMs: 3_000, maxMs: 300_000, conflictMs: 60_000, standDownMs: 600_000 };

/** Conflicts further apart than one long poll are separate ones. */
const sameConflictMs = (retryMs: number) => POLL_SECONDS * 1000 + 2 * retryMs;

type Updates = Awaited<ReturnType<Api["getUpdates"]>>;

/** One update that we can't read must not stop those after it: it is named in the log and passed over. */
function eventsOf(updates: Updates, { inboxId, log, read }: PollOptions): InboundEvent[] {
  return updates.flatMap((update) => {
    try { return read(update); }
    catch (error) {
      if (!(error instanceof UserError)) throw error;
      log.error({ code: error.code, inboxId, updateId: update.update_id }, `Skipped an update from Telegram: ${error.message}`);
      return [];
    }
  });
}

/** One customer's events in order, customers side by side: a batch is up to 100 updates. */
async function store(events: InboundEvent[], sink: PollOptions["sink"]): Promise<void> {
  const byAddress = new Map<string, InboundEvent[]>();
  for (const event of events) byAddress.set(event.address, [...(byAddress.get(event.address) ?? []), event]);
  await Promise.all([...byAddress.values()].map((theirs) => sink(theirs)));
}

/**
 * Runs until `signal` aborts; never rejects. Network faults, 5xx, 429, a refused token and a failing `sink` are logged and tried
 * again (3 s doubling to 5 min, and told to Health where a person can mend it; a failed `sink` gets the same updates again). When another program polls this bot, or holds a webhook
 * on it, for longer than 60 s, this inbox stands down for some 10 minutes, so that the two don't cut each other off all the time.
 */
export async function poll(options: PollOptions): Promise<void> {
  const { api, inboxId, clock, log, trouble, sink, signal } = options;
  const waits = options.waits ?? WAITS;
  // Without an offset Telegram answers from the first unconfirmed update on: right again after a week of silence, when ids start elsewhere.
  let offset: number | undefined;
  let failures = 0, webhookRemoved = false;
  const conflict = { since: 0, last: -Infinity };

  const onConflict = async (error: GrammyError) => {
    const now = clock.now().getTime();
    if (now - conflict.last > sameConflictMs(waits.retryMs)) conflict.since = now;
    conflict.last = now;
    if (now - conflict.since >= waits.conflictMs) {
      log.error({ code: IDENTITY_TAKEN.code, inboxId }, IDENTITY_TAKEN.text);
      trouble(IDENTITY_TAKEN);
      conflict.last = -Infinity;
      return waits.standDownMs * (0.75 + Math.random() / 2);
    }
    log.warn({ code: "IDENTITY_TAKEN", inboxId }, "Another program seems to receive this Telegram bot's messages; trying again.");
    if (!webhookRemoved && /webhook/i.test(error.description)) { webhookRemoved = true; await api.deleteWebhook({}, asSignal(signal)).catch(() => undefined); }
    return waits.retryMs;
  };
  const onFailure = (error: unknown) => {
    failures++;
    const backOff = Math.min(waits.retryMs * 2 ** (failures - 1), waits.maxMs);
    // 404: a token that Telegram never gave out. Source: core.telegram.org/bots/api#making-requests
    if (error instanceof GrammyError && (error.error_code === 401 || error.error_code === 404)) {
      log.error({ code: BAD_TOKEN.code, inboxId }, BAD_TOKEN.text);
      trouble(BAD_TOKEN);
      return backOff;
    }
    if (error instanceof GrammyError && error.error_code === 429) return Math.max(1000 * (error.parameters.retry_after ?? 1), waits.retryMs);
    if (failures >= AWAY_AFTER && (error instanceof HttpError || error instanceof GrammyError)) trouble(UNREACHABLE);
    log.warn({ inboxId, tries: failures, why: error instanceof GrammyError ? `${error.error_code} ${error.description}` : (error as Error).name }, "Could not take messages from Telegram; trying again.");
    return backOff;
  };

  while (!signal.aborted) {
    try {
      const updates = await api.getUpdates({ ...(offset === undefined ? {} : { offset }), limit: 100, timeout: POLL_SECONDS, allowed_updates: [...ALLOWED_UPDATES] }, asSignal(signal));
      trouble(null);
      const events = eventsOf(updates, options);
      await store(events, sink);
      const last = updates.at(-1);
      offset = last === undefined ? undefined : last.update_id + 1;
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      const pause = error instanceof GrammyError && error.error_code === 409 ? await onConflict(error) : onFailure(error);
      await wait(pause, undefined, { signal }).catch(() => undefined);
    }
  }
}
