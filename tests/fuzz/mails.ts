/** Makes hostile mails: heads that no program writes, parts within parts, lies about charsets and encodings, broken parcels, reports and invitations. */
import { makeBounce, makeMail } from "../fakes/email/mails.ts";
import { makeTnef } from "../fakes/email/tnef.ts";
import type { Random } from "./payloads.ts";

const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
const upTo = (random: Random, most: number): number => Math.floor(random() * (most + 1));
const bytesOf = (random: Random, most: number): Buffer => Buffer.from(Array.from({ length: upTo(random, most) }, () => Math.floor(random() * 256)));

const NAMES = ["From", "To", "Cc", "Sender", "Reply-To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Return-Path", "Delivered-To", "Content-Type", "Content-Transfer-Encoding", "Content-Disposition", "Content-ID", "MIME-Version", "Auto-Submitted", "Precedence", "List-Id", "Authentication-Results", "DKIM-Signature", "ARC-Seal", "ARC-Message-Signature", "X-Threadline", "Received", "__proto__", "constructor", "From ", "", "X-\u00e9"];
const VALUES = [
  "", " ", "a", "<>", "<<<>>>", "@", "a@", "@b", "\"", "\"\\\"\" <a@b.example>", "(((((", "a@b.example, c@d.example, e@f.example", "Group: a@b.example, ;", "=?utf-8?B?!!!?=", "=?x?Q?=ZZ?=", `=?utf-8?Q?${"=C3".repeat(300)}?=`, "=?iso-2022-jp?B?GyRCJDM=?=",
  "support@shop.example", "Ana <support@shop.example>", "support+65f000000000000000000001.aaaaaaaaaaaaaaaa@shop.example", "mailer-daemon@x.example", "no-reply@x.example", "\u202eexe.txt", "a\0b", "\ud800", "x".repeat(20_000), "<a@x> ".repeat(5_000), `<${"a".repeat(2_000)}@x>`,
  "multipart/mixed", "multipart/mixed; boundary=\"\"", "multipart/mixed; boundary=x; boundary=y", "multipart/report; report-type=delivery-status; boundary=x", "text/html; charset=x-none", "text/plain; charset=\"\0\"", "message/rfc822", "application/ms-tnef; name=winmail.dat", "text/calendar; method=REQUEST", "text/plain; name*0*=utf-8''%ff; name*1=x", "base64", "quoted-printable", "x-uuencode", "7bit", "attachment; filename=\"../../etc/passwd\"", `inline; filename="${"n".repeat(3_000)}"`,
  "auto-replied", "bulk", "1.0", "Tue, 99 Foo 20244 99:99:99 +9999", "Thu, 01 Jan 1970 00:00:00 GMT", "mx; dmarc=pass", "v=1; a=rsa-sha256; d=customer.example; s=s1; h=from:to; bh=AAAA; b=AAAA", "v=1; a=; d=; s=; l=99999999999; b=", "i=1; a=rsa-sha256; d=x; s=x; cv=none; b=A",
];
const SENDERS = Array.from({ length: 40 }, (_, i) => `Customer ${i} <c${i}@customer.example>`);
const CHARSETS = ["utf-8", "utf-16", "utf-16le", "utf-7", "us-ascii", "iso-8859-1", "iso-2022-jp", "shift_jis", "gb18030", "big5", "euc-kr", "koi8-r", "windows-1255", "x-user-defined", "ebcdic", "", "utf-8\r\nX-Injected: 1"];
const ENCODINGS = ["base64", "quoted-printable", "7bit", "8bit", "binary", "x-uuencode", "nonsense"];
const BODIES = ["Hello", "", "\0\0\0", "> ".repeat(3_000), "On 12.03.24 10:00, Mara wrote:\n".repeat(200), "-- \n".repeat(500), "=".repeat(5_000), "=XX=\r\n=", "begin 644 x\n#0V%T\n`\nend", "<div>".repeat(2_000), "<a href=\"javascript:1\">x</a><script>1</script><img src=cid:x onerror=1>", "<!--".repeat(1_000), "&#x0;&#xD800;&#1114112;", "<blockquote>".repeat(500) + "x", "From: a\nSent: b\nTo: c\nSubject: d\n".repeat(100), "\u202e\u2066\ufeff\u200b", "x".repeat(200_000), "😀".repeat(5_000), "!resolve", "/resolve", "a\r\n.\r\nb\r\n..\r\n"];

type Make = (random: Random, n: number) => Buffer;
const sender = (random: Random): string => pick(random, SENDERS);
const id = (n: number): string => `<fuzz-${n}@customer.example>`;

const absurdHeaders: Make = (random, n) => {
  const headers = Array.from({ length: 1 + upTo(random, 12) }, () => `${pick(random, NAMES)}${pick(random, [":", ": ", " :", "", ":\t", ": \r\n "])}${pick(random, VALUES)}`);
  return makeMail({ headers, from: pick(random, [sender(random), pick(random, VALUES)]), id: pick(random, [id(n), id(upTo(random, n)), null]), subject: pick(random, VALUES), text: pick(random, BODIES) });
};
const charsetLies: Make = (random, n) => {
  const type = `${pick(random, ["text/plain", "text/html", "TEXT/X-Odd", "text"])}; charset=${pick(random, CHARSETS)}`;
  const head = [`From: ${sender(random)}`, "To: support@shop.example", "Subject: Lies", `Message-ID: ${id(n)}`, `Content-Type: ${type}`, `Content-Transfer-Encoding: ${pick(random, ENCODINGS)}`, "", ""].join("\r\n");
  return Buffer.concat([Buffer.from(head), pick(random, [bytesOf(random, 400), Buffer.from(pick(random, BODIES)), Buffer.from(pick(random, BODIES)).subarray(1)])]);
};
const nested: Make = (random, n) => {
  let body = `Content-Type: text/plain\r\n\r\n${pick(random, BODIES)}\r\n`;
  for (let depth = 1 + upTo(random, pick(random, [3, 30, 200])); depth > 0; depth--) {
    const mark = pick(random, [`b${depth}`, "same", ""]), kind = pick(random, ["mixed", "alternative", "related", "signed", "encrypted", "digest", "report", "x-odd"]);
    body = random() < 0.2 ? `Content-Type: message/rfc822\r\n\r\nFrom: ${sender(random)}\r\nSubject: Inner\r\n${body}` : `Content-Type: multipart/${kind}; boundary="${mark}"\r\n\r\n--${mark}\r\n${body}${random() < 0.8 ? `--${mark}--\r\n` : ""}`;
  }
  return Buffer.from(`From: ${sender(random)}\r\nTo: support@shop.example\r\nSubject: Nested\r\nMessage-ID: ${id(n)}\r\nMIME-Version: 1.0\r\n${body}`);
};
const PARCEL = makeTnef({ title: "Title", text: "Text", html: "<p>x</p>", rtf: "{\\rtf1\\ansi Hello \\'e9\\par Hello}", files: [{ name: "a.pdf", content: Buffer.alloc(60, 1), shortName: "A.PDF" }, { name: "m", content: Buffer.alloc(0), message: makeTnef({ text: "Inner" }) }] });
const EVENT = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nSUMMARY:x\r\nDTSTART;TZID=\"a\":20240312T100000\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
const oddParts: Make = (random, n) => {
  const content = (): Buffer => pick(random, [() => mutate(random, PARCEL), () => mutate(random, Buffer.from(EVENT)), () => bytesOf(random, 300), () => mutate(random, makeMail({ text: "Inner" })), () => Buffer.alloc(0)])();
  const files = Array.from({ length: 1 + upTo(random, pick(random, [2, 2, 60])) }, () => ({ type: pick(random, ["application/ms-tnef", "text/calendar", "message/rfc822", "message/delivery-status", "image/png", "application/octet-stream", "a", "image/svg+xml", "text/html; charset=utf-16"]), content: content(), name: pick(random, ["winmail.dat", "a.ics", "", "../../x", "con", "n\u0000n", "x".repeat(500), "é.pdf"]), ...(random() < 0.3 ? { cid: pick(random, ["a@b", "", "x".repeat(900)]) } : {}) }));
  return makeMail({ from: sender(random), id: id(n), text: pick(random, BODIES), ...(random() < 0.3 ? { html: pick(random, BODIES) } : {}), files });
};
const reports: Make = (random) => mutate(random, makeBounce({ original: pick(random, ["<tl.65f000000000000000000001.0.aaaaaaaaaaaaaaaa@shop.example>", ...VALUES]), recipient: pick(random, VALUES), status: pick(random, ["5.1.1", "9", "", "5.".repeat(100)]), action: pick(random, ["failed", "", "delayed", "x"]), why: pick(random, VALUES) }));
const threads: Make = (random, n) => makeMail({ from: sender(random), id: id(n), inReplyTo: id(upTo(random, n)), references: Array.from({ length: upTo(random, 5) }, () => id(upTo(random, n))).join(" "), to: pick(random, ["support@shop.example", SENDERS.join(", ")]), subject: pick(random, ["Re: x", "Fwd: x", "Automatic reply: x"]), text: pick(random, BODIES) });

/** Some bytes changed, taken out, put in or doubled, or the end cut off. */
function mutate(random: Random, raw: Buffer): Buffer {
  let bytes = raw;
  for (let times = upTo(random, 6); times > 0; times--) {
    const at = upTo(random, bytes.length), length = upTo(random, 40), head = bytes.subarray(0, at), tail = bytes.subarray(Math.min(bytes.length, at + length));
    bytes = pick(random, [() => Buffer.concat([head, bytesOf(random, length), tail]), () => Buffer.concat([head, tail]), () => Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]), () => Buffer.concat([head, Buffer.from(pick(random, VALUES)), bytes.subarray(at)]), () => (random() < 0.2 ? head : bytes)])();
  }
  return bytes;
}
const mutated: Make = (random, n) => mutate(random, pick(random, [absurdHeaders, charsetLies, nested, oddParts, threads])(random, n));

const MAKERS: readonly Make[] = [absurdHeaders, charsetLies, nested, oddParts, reports, threads, mutated, mutated];

/** `n` makes ids that later mails name. */
export const hostileMail = (random: Random, n: number): Buffer => pick(random, MAKERS)(random, n);
