/** The one place where Discord's answers become our errors. Source: discord.com/developers/docs/topics/opcodes-and-status-codes#json, .../topics/rate-limits */
import { DiscordAPIError, HTTPError, RateLimitError } from "discord.js";
import { DeskError } from "../../core/errors.ts";

/** What Discord answered, in its own numbers: call and code, never what was sent. `code` is Discord's own, "http_503" or "network_ECONNRESET". */
export class DiscordFailure extends Error {
  constructor(readonly call: string, readonly code: number | string) {
    super(`${call}: ${code}`);
    this.name = "DiscordFailure";
  }
}
export const failureOf = (error: unknown): DiscordFailure | undefined => (error instanceof DeskError && error.o.cause instanceof DiscordFailure ? error.o.cause : undefined);
/** Discord's own number for why a call failed; undefined when Discord gave none. */
export const discordCode = (error: unknown): number | undefined => { const code = failureOf(error)?.code; return typeof code === "number" ? code : undefined; };

export const CODE = {
  unknownChannel: 10_003, unknownGuild: 10_004, unknownMessage: 10_008, unknownMember: 10_007, unknownUser: 10_013, unknownWebhook: 10_015, unknownInteraction: 10_062, unknownTag: 10_087,
  tooManyWebhooks: 30_007, tooManyReactions: 30_010, unauthorized: 40_001, tooLarge: 40_005, acknowledged: 40_060, tagRequired: 40_067,
  missingAccess: 50_001, noDirectMessages: 50_007, missingPermissions: 50_013, badToken: 50_014, badWebhookToken: 50_027, badForm: 50_035, archived: 50_083,
  threadExists: 160_004, locked: 160_005, tooManyThreads: 160_006,
} as const;

/** Failures before a byte of the request left: nothing can have happened. */
const NEVER_SENT = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|UND_ERR_CONNECT_TIMEOUT|CERT_.*|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_.*|ERR_TLS_.*)$/;

export const postGone = (cause?: unknown) => new DeskError("POST_GONE", "This post was deleted on Discord.", { certain: true, refused: true, cause });
export const threadGone = (cause?: unknown) => new DeskError("THREAD_GONE", "This thread, or its card, was deleted on Discord.", { certain: true, refused: true, cause });

/** Stand until somebody mends them; what waits goes by itself then. */
const KEPT: Record<number, string> = {
  [CODE.unauthorized]: "Discord refused the bot's token. An administrator sets a new one (discord.com/developers, Bot, Reset Token).",
  [CODE.badToken]: "Discord refused the bot's token. An administrator sets a new one (discord.com/developers, Bot, Reset Token).",
  [CODE.unknownGuild]: "The bot is not in the Discord server. An administrator invites it again (threadline discord invite).",
  [CODE.missingAccess]: "The bot can't see this place on Discord. Give it View Channel there, or invite it again.",
  [CODE.missingPermissions]: "The bot lacks a permission on Discord that this needs. `threadline doctor` names it.",
  [CODE.unknownWebhook]: "The webhook for customers' lines was deleted on Discord; it is made anew.",
  [CODE.badWebhookToken]: "The webhook for customers' lines was changed on Discord; it is made anew.",
  [CODE.tooManyWebhooks]: "This Discord channel has 15 webhooks, the most that it may have. Delete one, or set `customers: bot`.",
  [CODE.archived]: "This thread is archived on Discord and could not be opened again.",
  [CODE.locked]: "This thread is locked on Discord. Give the bot Manage Threads.",
  [CODE.tooManyThreads]: "The Discord server has no room for another active thread. Resolve or archive some; what waits goes by itself then.",
};

function fromCode(failure: DiscordFailure, code: number, status: number, home: boolean): DeskError {
  const kept = (text: string) => new DeskError("UNREACHABLE", text, { certain: true, cause: failure });
  if (code === CODE.unknownChannel) return home ? kept("The channel or forum for conversations was deleted on Discord. Name another in the settings.") : threadGone(failure);
  if (code === CODE.unknownMessage) return postGone(failure);
  const said = KEPT[code] ?? (status === 401 ? KEPT[CODE.unauthorized] : undefined);
  if (said !== undefined) return kept(said);
  if (code === CODE.tooLarge || status === 413) return new DeskError("REFUSED", "This is larger than Discord takes.", { certain: true, refused: true, cause: failure });
  return new DeskError("REFUSED", `Discord refused it (${failure.message}).`, { certain: true, refused: true, cause: failure });
}

function fromNetwork(error: Error, call: string, sent: boolean): DeskError {
  const { code: own, cause } = error as { code?: unknown; cause?: { code?: unknown } };
  const code = String(own ?? cause?.code ?? error.name);
  const failure = new DiscordFailure(call, `network_${code}`);
  if (!sent) return new DeskError("TIMEOUT", "There was no time left for a call to Discord.", { certain: true, cause: failure });
  if (NEVER_SENT.test(code)) return new DeskError("UNREACHABLE", "Discord could not be reached.", { certain: true, cause: failure });
  return /Abort|Timeout|TIMEOUT/.test(`${code} ${error.name}`) ? new DeskError("TIMEOUT", "Discord did not answer in time.", { certain: false, cause: failure })
    : new DeskError("UNREACHABLE", "The connection to Discord broke.", { certain: false, cause: failure });
}

/**
 * Refusals of a post as it is: certain and refused. Token, permissions, server, archive: certain, tried again until they are mended.
 * 429: certain, with its wait. What never left: certain. Timeout, reset and 5xx: uncertain. Never carries what was sent.
 * @param call method and route, ids left out
 * @param o `home`: the call is to a channel or forum, not to a thread. `sent`: whether the request was begun.
 */
export function toDeskError(error: unknown, call: string, o: { home: boolean; sent: boolean }): DeskError {
  if (error instanceof DeskError) return error;
  if (error instanceof RateLimitError) {
    return new DeskError("RATE_LIMITED", "Discord asked us to wait.", { certain: true, retryAfterMs: Math.max(1, Math.ceil(Math.max(error.retryAfter, error.sublimitTimeout))), cause: new DiscordFailure(call, "http_429") });
  }
  if (error instanceof DiscordAPIError) {
    const code = Number(error.code);
    return fromCode(new DiscordFailure(call, Number.isFinite(code) && code !== 0 ? code : `http_${error.status}`), code, error.status, o.home);
  }
  if (error instanceof HTTPError) return new DeskError("UNREACHABLE", "Discord answered with a fault of its own.", { certain: false, cause: new DiscordFailure(call, `http_${error.status}`) });
  return fromNetwork(error instanceof Error ? error : new Error("unknown"), call, o.sent);
}
