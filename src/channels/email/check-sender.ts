/**
 * Our own look at who sent a mail, where no mail server of ours has looked: SPF of who handed it over, DKIM over its bytes, DMARC of the
 * author's domain. What can't be found out is left out ("unknown"), and never counts as passed. Sources: RFC 7208, RFC 6376, RFC 7489.
 */
import { Readable } from "node:stream";
import { setImmediate as breathe } from "node:timers/promises";
import type { AuthResults } from "./auth-results.ts";
import type { LookUp } from "./dns.ts";

/** Who handed the mail over; only known where that is not a mail server of ours. */
export interface Peer { ip: string; helo: string; /** MAIL FROM; empty for a report. */ sender: string }

/** Lookups of each step: a stranger's own records use up none that another domain's need. */
const LOOKUPS = { dmarc: 4, dkim: 5, spf: 20 };
/** Milliseconds of each step. */
const STEP_MS = 3_000;
const SIGNATURES = 5;
/** Bytes; more is nobody's. */
const MAX_HEAD = 256_000;
const CHUNK = 65_536;
const CR = 13, LF = 10;

const failure = (code: string): Error => Object.assign(new Error(code), { code });
/** What DNS can't hold is not there; it is no fault of DNS, which would leave a forged sender unknown. */
const isName = (name: string): boolean => name.length <= 253 && name.split(".").every((label) => /^[\x21-\x2d\x2f-\x7e]{1,63}$/.test(label));

/** `lookUp` with at most `most` answers, in `stepMs`; the same question is asked once. */
function bounded(lookUp: LookUp, most: number, stepMs: number): LookUp {
  const known = new Map<string, ReturnType<LookUp>>(), until = Date.now() + stepMs;
  return async (name, type) => {
    if (!isName(name)) throw failure("ENOTFOUND");
    const key = `${type} ${name.toLowerCase()}`, before = known.get(key);
    if (before !== undefined) return before;
    if (known.size >= most || Date.now() >= until) throw failure("ETIMEOUT");
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, fail) => { timer = setTimeout(() => fail(failure("ETIMEOUT")), until - Date.now()); });
    const answer = Promise.race([lookUp(name, type), late]).finally(() => clearTimeout(timer));
    known.set(key, answer);
    return answer;
  };
}

interface Signature { domain: string; good: boolean }
const signatureOf = (header: string): Signature => {
  const tags = new Map(header.slice(header.indexOf(":") + 1).split(";").map((tag) => { const at = tag.indexOf("="); return [tag.slice(0, at).trim(), tag.slice(at + 1).replace(/\s/g, "")] as const; }));
  // `l` leaves a part unsigned to which anybody may add; SHA-1 is broken (RFC 8301).
  return { domain: (tags.get("d") ?? "").toLowerCase(), good: !tags.has("l") && /-sha256$/i.test(tags.get("a") ?? "") };
};

/** The header lines, and where the body begins; null where the head is larger than any mail's. */
function readHead(raw: Buffer): { headers: string[]; bodyAt: number } | null {
  const text = raw.subarray(0, MAX_HEAD + 4).toString("latin1"), end = /\r?\n\r?\n/.exec(text);
  if (end === null && raw.length > MAX_HEAD) return null;
  return { headers: text.slice(0, end?.index).split(/\r?\n(?![ \t])/), bodyAt: end === null ? raw.length : end.index + end[0].length };
}
/** Some hand mail over with bare line feeds, though none is signed so. */
function signedForm(body: Buffer): Buffer {
  for (let at = body.indexOf(LF); at >= 0; at = body.indexOf(LF, at + 1)) if (at === 0 || body[at - 1] !== CR) return Buffer.from(body.toString("latin1").replace(/\r?\n/g, "\r\n"), "latin1");
  return body;
}
const nameOf = (header: string): string => header.slice(0, Math.max(0, header.indexOf(":"))).trim().toLowerCase();

async function* piecesOf(head: string, body: Buffer): AsyncGenerator<Buffer> {
  yield Buffer.from(head, "latin1");
  for (let at = 0; at < body.length; at += CHUNK) {
    yield body.subarray(at, at + CHUNK);
    // Others are served between the pieces of a large mail.
    await breathe();
  }
}

const domainOf = (address: string): string => address.slice(address.lastIndexOf("@") + 1).toLowerCase();

/**
 * `authors`: the addresses in From, the first of which is shown. `peer` null: it came by a mailbox or a server of ours, so there is no SPF,
 * and without it DMARC can only pass. Null where there is nothing to look at.
 */
export async function checkSender(raw: Buffer, authors: readonly string[], peer: Peer | null, lookUp: LookUp, stepMs = STEP_MS): Promise<AuthResults | null> {
  const mail = readHead(raw);
  if (mail === null) return { dmarc: "permerror" };
  const named = mail.headers.map((header) => ({ header, name: nameOf(header) }));
  const signatures = named.flatMap(({ header, name }) => (name === "dkim-signature" ? [{ header, ...signatureOf(header) }] : []));
  if (peer === null && signatures.length === 0) return null;
  // Who is shown must be whom the rest is about: of two authors a forger signs for one.
  const [author] = authors;
  if (author === undefined || named.filter(({ name }) => name === "from").length !== 1 || new Set(authors.map(domainOf)).size > 1) return { dmarc: "permerror" };
  const domain = domainOf(author);

  const { dkimVerify, dmarc, spf } = await import("mailauth");
  const askPolicy = bounded(lookUp, LOOKUPS.dmarc, stepMs);
  const first = await dmarc({ headerFrom: author, resolver: askPolicy });
  if (first === false) return { dmarc: "permerror" };
  const organisation = first.domain.toLowerCase();
  const isTheirs = (one: string): boolean => { const plain = one.toLowerCase(); return plain === organisation || plain.endsWith(`.${organisation}`) || plain === domain; };
  const results: AuthResults = {};

  const theirs = signatures.filter((one) => one.good && isTheirs(one.domain)).slice(0, SIGNATURES);
  const signed: string[] = [];
  let open = first.status.result === "temperror";
  if (theirs.length > 0) {
    const kept = new Set(theirs.map(({ header }) => header));
    const head = named.flatMap(({ header, name }) => (name.startsWith("arc-") || (name === "dkim-signature" && !kept.has(header)) ? [] : [header])).join("\r\n");
    const { results: found } = await dkimVerify(Readable.from(piecesOf(`${head}\r\n\r\n`, signedForm(raw.subarray(mail.bodyAt)))), { resolver: bounded(lookUp, LOOKUPS.dkim, stepMs) });
    signed.push(...found.filter(({ status }) => status.result === "pass").map(({ signingDomain }) => signingDomain));
    const unknown = found.some(({ status }) => status.result === "temperror");
    if (signed.length > 0) results.dkim = "pass";
    else if (unknown) open = true;
    else results.dkim = "fail";
  }

  const passed: string[] = [];
  if (peer === null) open = true;
  else {
    const sender = peer.sender === "" ? `postmaster@${peer.helo}` : peer.sender, from = domainOf(sender);
    // Another domain's word says nothing of this author.
    if (isTheirs(from)) {
      const { status } = await spf({ sender, ip: peer.ip, helo: peer.helo, mta: "localhost", resolver: bounded(lookUp, LOOKUPS.spf, stepMs) });
      if (status.result === "temperror") open = true;
      else results.spf = status.result;
      if (status.result === "pass") passed.push(from);
    }
  }

  const { status } = await dmarc({ headerFrom: author, spfDomains: passed, dkimDomains: signed.map((one) => ({ domain: one })), resolver: askPolicy }) || first;
  if (status.result === "pass" || status.result === "none" || (status.result === "fail" && !open)) results.dmarc = status.result;
  return results;
}
