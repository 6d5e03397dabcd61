/**
 * Signed calls to programs of the administrator's (a bridge, a webhook): addresses are checked at each connection and each redirect,
 * answers are read to 4 KB.
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { DeliveryError } from "../../core/errors.ts";
import { addressIn, isPublicAddress } from "../../core/model/public-address.ts";
import { PRIVATE_ADDRESS, privateAddress, publicLookup } from "./egress.ts";

export interface Answer { status: number; text: string; retryAfter: string | undefined }
export interface Caller {
  /** Any answer is one. @throws {DeliveryError} UNREACHABLE or TIMEOUT when there was none; never permanent */
  post(headers: Record<string, string>, body: string, signal: AbortSignal): Promise<Answer>;
}
/** `lookup` finds addresses of a name, where not every address may be called. `redirects`: so many 307 and 308 are followed. `names`: who is called and which setting says where, for the words of a failure. */
export interface CallerOptions { url: string; allowPrivate: boolean; redirects?: number; names: { who: string; setting: string }; lookup?: ReturnType<typeof publicLookup> }

const MOST_BYTES = 4_096;
/** Idle connections end before the far side ends them. */
const IDLE_MS = 2_000;
const AGAIN_ELSEWHERE = new Set([307, 308]);

export function createCaller({ url, allowPrivate, redirects = 0, names, lookup = publicLookup() }: CallerOptions): Caller {
  const agents = { "http:": new HttpAgent({ keepAlive: true, timeout: IDLE_MS, maxSockets: 64 }), "https:": new HttpsAgent({ keepAlive: true, timeout: IDLE_MS, maxSockets: 64 }) };
  async function call(to: URL, headers: Record<string, string>, body: string, signal: AbortSignal): Promise<IncomingMessage> {
    const written = addressIn(to.hostname);
    if (!allowPrivate && written !== null && !isPublicAddress(written)) throw privateAddress();
    const begin = to.protocol === "https:" ? httpsRequest : httpRequest;
    return new Promise<IncomingMessage>((done, fail) => {
      begin(to, {
        method: "POST", agent: agents[to.protocol === "https:" ? "https:" : "http:"], signal, ...(allowPrivate ? {} : { lookup }),
        headers: { ...headers, "content-type": "application/json", "content-length": Buffer.byteLength(body), "user-agent": "Threadline" },
      }, done).once("error", fail).end(body);
    });
  }
  /** Where a redirect leads if it may be followed: never from TLS to none, never to another scheme. */
  function next(from: URL, response: IncomingMessage): URL | null {
    const { location } = response.headers;
    if (!AGAIN_ELSEWHERE.has(response.statusCode ?? 0) || location === undefined || !URL.canParse(location, from.href)) return null;
    const to = new URL(location, from.href);
    return to.protocol === "https:" || (to.protocol === "http:" && from.protocol === "http:") ? to : null;
  }
  return {
    async post(headers, body, signal) {
      try {
        let at = new URL(url);
        for (let left = redirects; ; left--) {
          const response = await call(at, headers, body, signal);
          const to = left > 0 ? next(at, response) : null;
          if (to === null) return { status: response.statusCode ?? 0, text: await beginningOf(response), retryAfter: response.headers["retry-after"] };
          response.destroy();
          at = to;
        }
      } catch (error) { throw fromNetwork(error, names); }
    },
  };
}

/** Its status has been told: what breaks afterwards changes nothing. */
async function beginningOf(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of response as AsyncIterable<Buffer>) {
      parts.push(part);
      bytes += part.length;
      if (bytes >= MOST_BYTES) break;
    }
  } catch { /* cut off: what came is enough */ }
  return Buffer.concat(parts).subarray(0, MOST_BYTES).toString("utf8");
}

/** Failures before a byte of the call left: nothing can have happened. */
const NEVER_SENT = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|CERT_.*|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_.*|ERR_TLS_.*|PRIVATE_ADDRESS)$/;

function fromNetwork(error: unknown, { who, setting }: CallerOptions["names"]): DeliveryError {
  const { code, name } = error as { code?: unknown; name?: unknown };
  const what = String(code ?? name ?? "unknown");
  const cause = new Error(what);
  if (what === PRIVATE_ADDRESS) return new DeliveryError("UNREACHABLE", `${who}'s address leads into a private network, where nothing is called. An administrator sets another ${setting}, or allowPrivateAddress; it is tried again.`, { certain: true, cause });
  if (what === "ABORT_ERR" || what === "AbortError") return new DeliveryError("TIMEOUT", `${who} did not answer in time; it is tried again.`, { certain: false, cause });
  return new DeliveryError("UNREACHABLE", `${who} could not be reached; it is tried again.`, { certain: NEVER_SENT.test(what), cause });
}

const LONGEST_WAIT_MS = 3_600_000;
/** What `Retry-After` asks for, in milliseconds; an hour at most. */
export function waitOf(retryAfter: string | undefined, now: Date): number | undefined {
  if (retryAfter === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - now.getTime();
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), LONGEST_WAIT_MS);
}
