/** What the bridge's answer means: the one place where it becomes our error. */
import { z } from "zod";
import { DeliveryError } from "../../core/errors.ts";
import { waitOf, type Answer } from "../shared/caller.ts";

/** What a bridge may say of a message that will never arrive. */
const REFUSALS = {
  BLOCKED_BY_CONTACT: "The customer does not take messages from us any more.", CONTACT_GONE: "This customer can't be reached there any more.",
  TOO_LARGE: "It is larger than what can be sent there.", NOT_SUPPORTED: "This can't be done there.", REFUSED: "It was refused there.",
} as const;
const Refusal = z.object({ code: z.enum(["BLOCKED_BY_CONTACT", "CONTACT_GONE", "TOO_LARGE", "NOT_SUPPORTED", "REFUSED"]), message: z.string().optional() });
const NEVER = new Set([400, 413, 415, 422]);

function refusalIn(text: string): z.infer<typeof Refusal> | null {
  try { return Refusal.safeParse(JSON.parse(text)).data ?? null; } catch { return null; }
}
/** Words of the bridge as an agent may read them: one line, 200 characters. */
const inOneLine = (text: string): string => [...text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\s]+/gu, " ").trim()].slice(0, 200).join("");

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
