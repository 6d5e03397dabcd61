/**
 * Meta's error codes as our errors: what happened and what to do. The code and `error_data.details` count, titles change.
 * Source: developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
 */
import { z } from "zod";
import { DeliveryError } from "../../core/errors.ts";
import type { DeliveryCode } from "../../core/errors.ts";

interface Meaning {
  code: DeliveryCode;
  text: string;
  /** Milliseconds after which it may go; such a failure is tried again by itself. */
  waitMs?: number;
  /** What is slowed down: this customer on this number, or the whole number. */
  scope?: "pair" | "number";
  /** Tried again by itself, with growing waits. */
  passing?: true;
  /** The whole number is at a stop until somebody mends it. */
  stops?: true;
  /** Meta's own words say more than ours can. */
  details?: true;
}

const token = (text: string): Meaning => ({ code: "BAD_CREDENTIALS", text, stops: true });
const refused = (text: string): Meaning => ({ code: "REFUSED", text });
const detailed = (text: string): Meaning => ({ code: "REFUSED", text, details: true });
const account = (text: string): Meaning => ({ code: "REFUSED", text, stops: true });
const passing = (text: string): Meaning => ({ code: "UNREACHABLE", text, passing: true });
const slower = (text: string, waitMs: number, scope: "pair" | "number"): Meaning => ({ code: "RATE_LIMITED", text, waitMs, scope });

const WHERE = "business.facebook.com, WhatsApp Manager";
const PERMISSION = "The access token may not send for this number. Give its system user the app's whatsapp_business_messaging permission and the number, and make a new token (business.facebook.com, Settings, System users).";
const MARKETING = "Use a template of the category Utility, or wait until the customer writes.";

const MEANINGS: Record<number, Meaning> = {
  0: token("Meta could not recognise the access token. Make a new one for the system user and apply it to this inbox."),
  3: token(PERMISSION),
  4: slower("The app has made as many calls as Meta allows in this hour; it is sent as soon as it may be.", 60_000, "number"),
  10: token(PERMISSION),
  33: account(`Meta no longer knows this number: it was deleted or moved. Compare phoneNumberId with ${WHERE}, Phone numbers.`),
  100: detailed("WhatsApp could not read this message"),
  190: token("The access token has expired or was revoked. Make a new one that never expires for the system user and apply it to this inbox."),
  200: token(PERMISSION),
  368: account(`Meta has blocked this WhatsApp account for a while because of its policies. ${WHERE}, Account quality says why and how to appeal.`),
  80007: slower("The WhatsApp account has made as many calls as Meta allows; it is sent as soon as it may be.", 60_000, "number"),
  130429: slower("Sending as fast as this number may; it waits for its turn.", 1_000, "number"),
  130472: refused(`Meta does not deliver marketing messages to this customer now (an experiment of theirs). ${MARKETING}`),
  130497: refused("This account may not message people in that country. Reach the customer another way."),
  131000: passing("WhatsApp failed for a reason that it does not tell; it is tried again."),
  131005: token(PERMISSION),
  131008: detailed("WhatsApp misses something in this message"),
  131009: detailed("WhatsApp does not take a value in this message"),
  131016: passing("A part of WhatsApp is out of service; it is tried again."),
  131021: refused("The receiver is the inbox's own number. Write from another phone."),
  131026: refused("WhatsApp can't deliver to this customer: the number is not on WhatsApp, its app is too old, or its owner has not accepted the newest terms. Reach them another way."),
  131031: account(`Meta has locked this WhatsApp account. ${WHERE}, Account quality says why and how to appeal.`),
  131037: account(`The number's display name is not approved yet, so it may not send. See ${WHERE}, Phone numbers.`),
  131042: account(`Meta takes no messages because of this account's payment method. Mend it in ${WHERE}, Payment settings.`),
  131045: account("The number is not registered for sending. Register it anew (docs/whatsapp.md, Registering the number)."),
  131047: { code: "WINDOW_CLOSED", text: "The customer last wrote more than 24 hours ago, so WhatsApp takes only an approved template. Send one with /template." },
  131048: refused(`WhatsApp holds back this number's messages because too many people blocked or reported it. Send less, and see ${WHERE}, Phone numbers, Quality.`),
  131049: refused(`Meta did not deliver this marketing message, so that the customer is not sent too many. Don't send it again today. ${MARKETING}`),
  131050: { code: "BLOCKED_BY_CONTACT", text: "The customer has stopped marketing messages of this account. Reach them when they write, or another way." },
  131051: { code: "NOT_SUPPORTED", text: "WhatsApp does not take this kind of message." },
  131052: refused("WhatsApp could not fetch the file. Send it again, or as a link."),
  131053: { code: "NOT_SUPPORTED", text: "WhatsApp did not take the file", details: true },
  131055: detailed("WhatsApp does not allow this"),
  131056: slower("Too many messages to this one customer in a short time; it waits for its turn.", 6_000, "pair"),
  131057: passing("The WhatsApp account is in maintenance mode; it is tried again."),
  132000: refused("The template wants another number of values than were filled in. Choose it again with /template; it may have changed."),
  132001: refused("WhatsApp does not know this template in this language, or has not approved it yet. Choose another with /template."),
  132005: refused("With these values the template's text is too long. Shorten them."),
  132007: refused(`The template breaks a rule of WhatsApp's. See it in ${WHERE}, Message templates.`),
  132012: detailed("A value does not fit the template"),
  132015: refused("WhatsApp has paused this template because customers marked it down. Choose another with /template, or wait."),
  132016: refused("WhatsApp has switched this template off for good because customers marked it down. Choose another with /template."),
  132068: refused("The form in this template is blocked. Choose another template with /template."),
  132069: slower("The form in this template is slowed down by WhatsApp; it waits for its turn.", 60_000, "number"),
  133004: passing("WhatsApp's servers are out of service for a moment; it is tried again."),
  133006: account("The number must be verified anew (docs/whatsapp.md, Registering the number)."),
  133010: account("The number is not registered with the Cloud API. Register it (docs/whatsapp.md, Registering the number)."),
  133016: slower("The number was registered too often; Meta makes it wait.", 300_000, "number"),
  135000: detailed("WhatsApp failed on this message for a reason that it does not tell"),
};

/** Permissions are a range of codes. */
const meaningOf = (code: number): Meaning | undefined => MEANINGS[code] ?? (code > 200 && code <= 299 ? MEANINGS[200] : undefined);

interface Fault { code: number; details?: string | undefined }

/** What an agent reads about one of Meta's codes. Meta's own words are named where they say more. */
export function sentenceOf({ code, details }: Fault): { code: DeliveryCode; text: string } {
  const meaning = meaningOf(code);
  const theirs = details === undefined || details.trim() === "" ? "" : `: ${details.replace(/\s+/g, " ").trim().slice(0, 300).replace(/[.\s]+$/, "")}`;
  if (meaning === undefined) return { code: "REFUSED", text: `WhatsApp refused it (${code})${theirs}.` };
  return { code: meaning.code, text: meaning.details === true ? `${meaning.text}${theirs}.` : meaning.text };
}

/** Source: developers.facebook.com/docs/graph-api/guides/error-handling */
const Answer = z.object({ error: z.looseObject({ code: z.number(), message: z.string().optional(), error_data: z.looseObject({ details: z.string().optional() }).optional() }) });

/** What of a refusal concerns more than the one message. */
export interface Refusal extends DeliveryError { scope?: "pair" | "number"; stops?: true }

/**
 * An answer that is no success. Meta accepted nothing when it names a fault, so that is certain; a 5xx without one leaves it open.
 * `retryAfter`: the header, in seconds.
 */
export function fromAnswer(what: string, status: number, body: unknown, retryAfter?: string): Refusal {
  const parsed = Answer.safeParse(body);
  const code = parsed.success ? parsed.data.error.code : null;
  // Only numbers: Meta's own words may repeat what was sent.
  const cause = new Error(`${what}: HTTP ${status}${code === null ? "" : `, code ${code}`}`);
  const asked = retryAfter !== undefined && /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) * 1000 : undefined;
  // 1 and 2 are Meta's "unknown" and "out of service": neither says whether the message went.
  if (status >= 500 && (code === null || code === 1 || code === 2)) return new DeliveryError("UNREACHABLE", "WhatsApp answered with a fault of its own; whether it was done is not known yet.", { certain: false, cause });
  if (code === null) {
    if (status === 429) return Object.assign(new DeliveryError("RATE_LIMITED", "WhatsApp asked us to wait; it is sent as soon as it may be.", { certain: true, retryAfterMs: asked ?? 5_000, cause }), { scope: "number" as const });
    if (status === 401) return Object.assign(new DeliveryError("BAD_CREDENTIALS", MEANINGS[190]!.text, { certain: true, permanent: true, cause }), { stops: true as const });
    return new DeliveryError("REFUSED", `WhatsApp refused it (HTTP ${status}).`, { certain: true, permanent: true, cause });
  }
  const meaning = meaningOf(code);
  const said = sentenceOf({ code, details: parsed.data!.error.error_data?.details ?? parsed.data!.error.message });
  const retryAfterMs = meaning?.waitMs === undefined ? undefined : Math.max(asked ?? 0, meaning.waitMs);
  const error = new DeliveryError(said.code, said.text, {
    certain: true, cause, ...(retryAfterMs === undefined ? {} : { retryAfterMs }), ...(retryAfterMs === undefined && meaning?.passing === undefined ? { permanent: true } : {}),
  });
  return Object.assign(error, meaning?.scope === undefined ? {} : { scope: meaning.scope }, meaning?.stops === undefined ? {} : { stops: true as const });
}
