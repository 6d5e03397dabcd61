/** What our own mail server found about a mail's sender, and what that means. Pure. Source: RFC 8601. */

export interface AuthResults { spf?: string; dkim?: string; dmarc?: string }

const METHOD = /(?:^|[;\s])(spf|dkim|dmarc)\s*=\s*([a-z]+)/gi;

/**
 * `headers` are the values of all Authentication-Results in their order, newest first. Only the topmost of `trusted` (our server's
 * authserv-id) counts: everybody can write such a header. Several DKIM signatures: one that passes is enough. Null when there is none.
 */
export function readAuthResults(headers: readonly string[], trusted: string | undefined): AuthResults | null {
  if (trusted === undefined) return null;
  const own = headers.map((header) => header.replace(/\r?\n\s+/g, " ").replace(/\([^()]*\)/g, "").trim()).find((header) => /^[^\s;]+/.exec(header)?.[0].toLowerCase() === trusted.toLowerCase());
  if (own === undefined) return null;
  const results: AuthResults = {};
  for (const [, method, result] of own.matchAll(METHOD)) {
    const name = method!.toLowerCase() as keyof AuthResults, value = result!.toLowerCase();
    if (results[name] !== "pass") results[name] = value;
  }
  return results;
}

const BAD = new Set(["fail", "softfail", "permerror", "policy"]);

/** The author's domain says that the mail is not its. */
export const isDisproved = (results: AuthResults | null): boolean => BAD.has(results?.dmarc ?? "");

/** Words for the card where the sender may be forged: DMARC failed, or without DMARC neither SPF nor DKIM passed and one of them failed. */
export function cautionOf(results: AuthResults | null): string | null {
  if (results === null) return null;
  const said = (["dmarc", "spf", "dkim"] as const).flatMap((name) => (results[name] === undefined ? [] : [`${name.toUpperCase()} ${results[name]}`])).join(", ");
  const forged = results.dmarc === undefined || results.dmarc === "none"
    ? results.spf !== "pass" && results.dkim !== "pass" && [results.spf, results.dkim].some((result) => BAD.has(result ?? ""))
    : BAD.has(results.dmarc);
  return forged ? `The sender's address may be forged (${said})` : null;
}
