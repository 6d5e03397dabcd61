/** One call to the bridge, and the one place where its answer becomes our error. Redirects are not followed, answers are read to 4 KB. */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { z } from "zod";
import { DeliveryError } from "../../core/errors.ts";
import { addressIn, isPublicAddress, PRIVATE_ADDRESS, privateAddress, publicLookup } from "./egress.ts";

export interface Answer { status: number; text: string; retryAfter: string | undefined }
export interface Caller {
  /** Any answer is one. @throws {DeliveryError} UNREACHABLE or TIMEOUT when there was none; never permanent */
  post(headers: Record<string, string>, body: string, signal: AbortSignal): Promise<Answer>;
}
/** `lookup` finds addresses of a name, where not every address may be called. */
export interface CallerOptions { callbackUrl: string; allowPrivate: boolean; lookup?: ReturnType<typeof publicLookup> }

const MOST_BYTES = 4_096;
/** Idle connections end before the far side ends them. */
const IDLE_MS = 2_000;

export function createCaller({ callbackUrl, allowPrivate, lookup = publicLookup() }: CallerOptions): Caller {
  const url = new URL(callbackUrl);
  const secure = url.protocol === "https:";
  const agent = new (secure ? HttpsAgent : HttpAgent)({ keepAlive: true, timeout: IDLE_MS, maxSockets: 64 });
  const begin = secure ? httpsRequest : httpRequest;
  const written = addressIn(url.hostname);
  return {
    async post(headers, body, signal) {
      try {
        if (!allowPrivate && written !== null && !isPublicAddress(written)) throw privateAddress();
        const response = await new Promise<IncomingMessage>((done, fail) => {
          begin(url, {
            method: "POST", agent, signal, ...(allowPrivate ? {} : { lookup }),
            headers: { ...headers, "content-type": "application/json", "content-length": Buffer.byteLength(body), "user-agent": "Threadline" },
          }, done).once("error", fail).end(body);
        });
        return { status: response.statusCode ?? 0, text: await beginningOf(response), retryAfter: response.headers["retry-after"] };
      } catch (error) { throw fromNetwork(error); }
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

function fromNetwork(error: unknown): DeliveryError {
  const { code, name } = error as { code?: unknown; name?: unknown };
  const what = String(code ?? name ?? "unknown");
  const cause = new Error(what);
  if (what === PRIVATE_ADDRESS) return new DeliveryError("UNREACHABLE", "The bridge's address leads into a private network, where nothing is called. An administrator sets another callbackUrl, or allowPrivateAddress; it is tried again.", { certain: true, cause });
  if (what === "ABORT_ERR" || what === "AbortError") return new DeliveryError("TIMEOUT", "The bridge did not answer in time; it is tried again.", { certain: false, cause });
  return new DeliveryError("UNREACHABLE", "The bridge could not be reached; it is tried again.", { certain: NEVER_SENT.test(what), cause });
}

/** What a bridge may say of a message that will never arrive. */
const REFUSALS = {
  BLOCKED_BY_CONTACT: "The customer does not take messages from us any more.", CONTACT_GONE: "This customer can't be reached there any more.",
  TOO_LARGE: "It is larger than what can be sent there.", NOT_SUPPORTED: "This can't be done there.", REFUSED: "It was refused there.",
} as const;
const Refusal = z.object({ code: z.enum(["BLOCKED_BY_CONTACT", "CONTACT_GONE", "TOO_LARGE", "NOT_SUPPORTED", "REFUSED"]), message: z.string().optional() });
const NEVER = new Set([400, 413, 415, 422]);
const LONGEST_WAIT_MS = 3_600_000;

function refusalIn(text: string): z.infer<typeof Refusal> | null {
  try { return Refusal.safeParse(JSON.parse(text)).data ?? null; } catch { return null; }
}
/** Words of the bridge as an agent may read them: one line, 200 characters. */
const inOneLine = (text: string): string => [...text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\s]+/gu, " ").trim()].slice(0, 200).join("");

/** Milliseconds; a wait is at most an hour. */
function waitOf(retryAfter: string | undefined, now: Date): number | undefined {
  if (retryAfter === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - now.getTime();
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), LONGEST_WAIT_MS);
}

/**
 * Null for 2xx: the bridge has it. 429: certain, with its wait. 400, 413, 415, 422, or any 4xx that names one of our codes: refused for
 * good. All else is tried again for a day: 401 and 403, 404 and redirects tell of the set-up, the rest of a bad moment; only what a server
 * says of itself (408, 5xx) leaves open whether it was done.
 */
export function errorOf({ status, text, retryAfter }: Answer, now: Date): DeliveryError | null {
  if (status >= 200 && status < 300) return null;
  const cause = new Error(`HTTP ${status}`);
  const wait = waitOf(retryAfter, now);
  const again = wait === undefined ? {} : { retryAfterMs: wait };
  if (status === 429) return new DeliveryError("RATE_LIMITED", "The bridge asked us to wait; it is sent as soon as it may be.", { certain: true, retryAfterMs: Math.max(wait ?? 1_000, 1), cause });
  const refusal = status >= 400 && status < 500 ? refusalIn(text) : null;
  if (refusal !== null || NEVER.has(status)) {
    const code = refusal?.code ?? (status === 413 ? "TOO_LARGE" : "REFUSED");
    const said = inOneLine(refusal?.message ?? "");
    return new DeliveryError(code, said === "" ? REFUSALS[code] : `${REFUSALS[code]} (${said})`, { certain: true, permanent: true, cause });
  }
  if (status === 401 || status === 403) return new DeliveryError("BAD_CREDENTIALS", `The bridge does not take our signature (${status}). An administrator compares signingSecret on both sides; it is tried again.`, { certain: true, ...again, cause });
  if (status === 408 || status >= 500) return new DeliveryError("UNREACHABLE", `The bridge answered with a fault of its own (${status}); it is tried again.`, { certain: false, ...again, cause });
  return new DeliveryError("UNREACHABLE", `The bridge's address answers ${status}, which is no bridge. An administrator compares callbackUrl (redirects are not followed); it is tried again.`, { certain: true, ...again, cause });
}
