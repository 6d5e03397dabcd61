/** Calls to the Bot API through grammY, without retries: what may be tried again is decided by the lane, never by a library. */
import { Api, GrammyError, HttpError, InputFile } from "grammy";
import { get as httpGet, type Agent as HttpAgent, type IncomingMessage } from "node:http";
import { get as httpsGet } from "node:https";
import type { Readable } from "node:stream";
import { DeliveryError } from "../../core/errors.ts";
import { agentInTime } from "../shared/begin-in-time.ts";
import { tooLargeToFetch } from "./content.ts";

export const DEFAULT_API_ROOT = "https://api.telegram.org";
/** Seconds after which a call is given up. */
const CALL_SECONDS = 10;
/** Seconds that Telegram holds an empty getUpdates open. */
export const POLL_SECONDS = 25;

/** grammY names the AbortSignal of a polyfill; Node's own is the same to it. */
export type Signal = NonNullable<Parameters<Api["getMe"]>[0]>;
export const asSignal = (signal: AbortSignal): Signal => signal as unknown as Signal;

/** Idle connections end before the server's side ends them (Node's servers after 5 s): a send on a dying one would be uncertain. */
const IDLE_MS = 2_000;
const connections = (apiRoot: string): HttpAgent => agentInTime(apiRoot.startsWith("https:"), { keepAlive: true, timeout: IDLE_MS });

/** `apiRoot` without a trailing slash. */
export const createApi = (token: string, apiRoot: string): Api =>
  new Api(token, { apiRoot, timeoutSeconds: CALL_SECONDS, baseFetchConfig: { compress: true, agent: connections(apiRoot) } });
export const createPollApi = (token: string, apiRoot: string): Api => new Api(token, { apiRoot, timeoutSeconds: POLL_SECONDS + CALL_SECONDS });

/** Failures before a byte of the request left: nothing can have happened. */
const NEVER_SENT = /^(NOT_BEGUN|ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|CERT_.*|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_.*|ERR_TLS_.*)$/;

/** Only method, number and Telegram's own words: grammY's errors carry the payload and the address with the token. */
const causeOf = (method: string, what: string) => new Error(`${method}: ${what}`);

function fromAnswer({ method, error_code: status, description, parameters }: GrammyError): DeliveryError {
  const cause = causeOf(method, `${status} ${description}`);
  const certain = (code: DeliveryError["code"], words: string) => new DeliveryError(code, words, { certain: true, permanent: true, cause });
  if (status === 429) {
    return new DeliveryError("RATE_LIMITED", "Telegram asked us to wait; it is sent as soon as it may be.", { certain: true, retryAfterMs: 1000 * (parameters.retry_after ?? 1), cause });
  }
  if (status >= 500) return new DeliveryError("UNREACHABLE", "Telegram answered with a fault of its own; whether it was done is not known.", { certain: false, cause });
  if (status === 401 || status === 404) return certain("BAD_CREDENTIALS", "Telegram refused the bot's token. An administrator sets the inbox's token anew (BotFather, /token).");
  if (status === 413 || /too (big|large)/i.test(description)) return certain("TOO_LARGE", "Telegram refused it as too large: bots send files up to 50 MB and pictures up to 10 MB.");
  if (/user is deactivated|chat not found|user not found|PEER_ID_INVALID/i.test(description)) return certain("CONTACT_GONE", "This Telegram account is gone or was never open to the bot. Reach the customer another way.");
  if (/business/i.test(description)) return certain("REFUSED", `Telegram did not take it for the business account: ${description.replace(/^Bad Request: /, "")}. Its owner has to let the bot reply (Settings, Telegram Business, Chatbots), and the customer to have written within 24 hours.`);
  if (status === 403) return certain("BLOCKED_BY_CONTACT", "The customer blocked the bot or never started it. Reach them another way, by e-mail for example.");
  if (/REACTION_INVALID/.test(description)) return certain("NOT_SUPPORTED", "Telegram does not offer this emoji as a reaction.");
  return certain("REFUSED", `Telegram refused it: ${description.replace(/^Bad Request: /, "")}.`);
}

function fromNetwork(error: HttpError): DeliveryError {
  const inner = error.error as { code?: unknown; name?: unknown; type?: unknown; message?: unknown } | null;
  const code = String(inner?.code ?? inner?.type ?? inner?.name ?? "unknown");
  const cause = causeOf(error.message.replace(/!$/, ""), code);
  if (NEVER_SENT.test(code)) return new DeliveryError("UNREACHABLE", "Telegram could not be reached; it is tried again.", { certain: true, cause });
  const late = code === "AbortError" || code === "aborted" || /timed out/.test(String(inner?.message));
  return late
    ? new DeliveryError("TIMEOUT", "Telegram did not answer in time; whether it was done is not known.", { certain: false, cause })
    : new DeliveryError("UNREACHABLE", "The connection to Telegram broke; whether it was done is not known.", { certain: false, cause });
}

/**
 * The one place where Telegram's answers become our errors. Blocked, gone, refused, too large, bad token: certain and permanent.
 * 429: certain, with its wait. Refused connection: certain. Timeout, reset, unreadable answer and 5xx: uncertain, since Telegram
 * documents no way to tell whether the call took effect. Source: core.telegram.org/bots/api#making-requests, #responseparameters
 */
export function toDeliveryError(error: unknown): DeliveryError {
  if (error instanceof DeliveryError) return error;
  if (error instanceof GrammyError) return fromAnswer(error);
  if (error instanceof HttpError) return error.error instanceof DeliveryError ? error.error : fromNetwork(error);
  return new DeliveryError("REFUSED", "The message could not be put together for Telegram.", { certain: true, permanent: true, cause: error });
}

/** Telegram's words for "already so": the wish is fulfilled. */
export const isAlreadySo = (error: unknown): boolean =>
  error instanceof GrammyError && error.error_code === 400 && /message is not modified|message to delete not found/.test(error.description);

/** A file of ours for an upload; a stream that breaks ends the request, which Telegram then drops. */
export function upload(stream: Readable, name: string): InputFile {
  const checked = async function* (): AsyncGenerator<Uint8Array> {
    try { for await (const chunk of stream) yield chunk as Uint8Array; }
    catch (cause) { throw new DeliveryError("UNREACHABLE", "The file could not be read from the store; it is tried again.", { certain: true, cause }); }
  };
  return new InputFile(checked(), name);
}

const download = (url: string, signal: AbortSignal) =>
  new Promise<IncomingMessage>((done, fail) => {
    (url.startsWith("https:") ? httpsGet : httpGet)(url, { signal }, done).once("error", fail);
  });

/**
 * A customer's file by its file_id. Links last an hour at least, so it is asked for anew each time. Source: core.telegram.org/bots/api#getfile
 * @throws {DeliveryError} TOO_LARGE beyond 20 MB; its `tellAgent` says so in words
 */
export async function fetchFile(api: Api, fileRoot: string, fileId: string, signal: AbortSignal): Promise<{ stream: Readable; path: string; bytes?: number }> {
  const file = await api.getFile(fileId, asSignal(signal)).catch((error: unknown) => {
    if (error instanceof GrammyError && /file is too big/i.test(error.description)) throw new DeliveryError("TOO_LARGE", tooLargeToFetch(), { certain: true, permanent: true });
    if (error instanceof GrammyError && error.error_code === 400) throw new DeliveryError("REFUSED", "Telegram no longer has this file. Ask the customer to send it again.", { certain: true, permanent: true });
    throw toDeliveryError(error);
  });
  if (file.file_path === undefined) throw new DeliveryError("REFUSED", "Telegram no longer has this file. Ask the customer to send it again.", { certain: true, permanent: true });
  const answer = await download(`${fileRoot}/${file.file_path.split("/").map(encodeURIComponent).join("/")}`, signal).catch((error: unknown) => {
    throw new DeliveryError("UNREACHABLE", "The file could not be fetched from Telegram; it is tried again.", { certain: true, cause: causeOf("file", String((error as { code?: unknown }).code)) });
  });
  if (answer.statusCode !== 200) {
    answer.resume();
    throw new DeliveryError("UNREACHABLE", "The file could not be fetched from Telegram; it is tried again.", { certain: true, cause: causeOf("file", String(answer.statusCode)) });
  }
  return { stream: answer, path: file.file_path, ...(file.file_size === undefined ? {} : { bytes: file.file_size }) };
}
