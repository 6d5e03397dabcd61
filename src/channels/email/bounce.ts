/** Which mail of ours came back, and why. Reads the raw mail, since servers put the parts of a report together in many ways. Source: RFC 3464. */
import { readId } from "./ids.ts";

export interface Bounce {
  action: "failed" | "delayed" | "delivered";
  /** `5.1.1`; empty when it does not say. */
  status: string;
  recipient: string;
  /** The far server's own words. */
  why: string;
  /** Message-ID of the mail that came back; null when the report does not hold it. */
  original: string | null;
}

/** What is looked through: reports are short, but for the mail that they return. */
const LOOKED_AT = 300_000;
const CHARS = 300;

/** `raw` is the whole report. Also those that are no RFC 3464 report: they quote the mail, with its Message-ID. */
export function readBounce(raw: Buffer): Bounce {
  const text = raw.subarray(0, LOOKED_AT).toString("utf8").replace(/\r\n/g, "\n").replace(/\n[ \t]+/g, " ");
  const body = text.slice(Math.max(0, text.indexOf("\n\n")));
  const field = (name: string): string => new RegExp(`^${name}:[ \\t]*(?:[a-z0-9-]+;)?[ \\t]*(.+)$`, "im").exec(body)?.[1]?.trim() ?? "";
  const action = field("Action").toLowerCase();
  const status = /^\d\.\d{1,3}\.\d{1,3}/.exec(field("Status"))?.[0] ?? /\b[45]\.\d{1,3}\.\d{1,3}\b/.exec(body)?.[0] ?? "";
  const why = field("Diagnostic-Code") || (/^.*\b[45]\d\d[ -].*$/m.exec(body)?.[0].trim() ?? "");
  const ids = [...body.matchAll(/^[>\s]*Message-ID:[ \t]*(<[^<>\s]+>)/gim)].flatMap(([, id]) => readId(id!) ?? []);
  return {
    action: action.startsWith("delay") ? "delayed" : /^(delivered|relayed|expanded)/.test(action) ? "delivered" : "failed",
    status, recipient: (field("Original-Recipient") || field("Final-Recipient") || field("X-Failed-Recipients")).replace(/[<>]/g, "").toLowerCase().slice(0, CHARS),
    why: why.replace(/\s+/g, " ").slice(0, CHARS), original: ids.at(-1) ?? null,
  };
}

/** What an agent reads on the reply that came back. */
export function bounceError({ status, recipient, why }: Bounce): { code: string; text: string } {
  const gone = /^5\.1\.(1|2|3|6|10)$|^5\.4\.4$/.test(status) || (status === "" && /user (is )?unknown|no such user|does not exist|mailbox (not found|unavailable)/i.test(why));
  const full = /^[45]\.2\.2$/.test(status);
  const who = recipient === "" ? "the customer's address" : recipient;
  const what = gone ? `There is no mailbox ${who}` : full ? `The mailbox ${who} is full` : `The mail to ${who} came back`;
  return { code: gone ? "CONTACT_GONE" : "REFUSED", text: `${what}${why === "" && status === "" ? "" : ` (${[status, why].filter(Boolean).join(" ")})`}. ${gone ? "Ask for another address." : full ? "Try again later, or reach the customer another way." : "Reach the customer another way."}` };
}
