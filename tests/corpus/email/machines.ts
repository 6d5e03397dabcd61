/** Mail of machines: bounces in their kinds, absence notes, lists; and what our own server found about senders. */
import { makeBounce, makeMail } from "../../fakes/email/mails.ts";
import type { MailCase } from "./case.ts";

const OURS = "<tl.65f000000000000000000001.0.aaaaaaaaaaaaaaaa@shop.example>";
const kind = (name: string, want: "person" | "reply" | "list" | "bounce", headers: string[], more: { from?: string; subject?: string } = {}): MailCase => ({ name, raw: makeMail({ headers, ...more }), want: { kind: want } });
const bounce = (name: string, parts: Partial<Parameters<typeof makeBounce>[0]>, code: string, text: string): MailCase =>
  ({ name: `bounce: ${name}`, raw: makeBounce({ original: OURS, recipient: "ana@customer.example", ...parts }), want: { kind: "bounce", bounce: { messageId: OURS, failed: true, code, text } } });
const caution = (name: string, results: string[], want: string | null): MailCase => ({ name: `authentication: ${name}`, raw: makeMail({ headers: results.map((result) => `Authentication-Results: ${result}`) }), want: { caution: want } });
const plainBounce = (name: string, from: string, body: string, want: MailCase["want"]): MailCase => ({ name: `bounce: ${name}`, raw: makeMail({ headers: ["Return-Path: <>"], from, subject: "Undeliverable", text: body }), want });

export const machines: MailCase[] = [
  bounce("no such user", {}, "CONTACT_GONE", "There is no mailbox ana@customer.example (5.1.1 550 5.1.1 user unknown). Ask for another address."),
  bounce("headers only", { headersOnly: true }, "CONTACT_GONE", "There is no mailbox ana@customer.example (5.1.1 550 5.1.1 user unknown). Ask for another address."),
  bounce("mailbox full", { status: "5.2.2", why: "smtp; 552 5.2.2 over quota" }, "REFUSED", "The mailbox ana@customer.example is full (5.2.2 552 5.2.2 over quota). Try again later, or reach the customer another way."),
  bounce("policy", { status: "5.7.1", why: "smtp; 550 5.7.1 refused by policy" }, "REFUSED", "The mail to ana@customer.example came back (5.7.1 550 5.7.1 refused by policy). Reach the customer another way."),
  bounce("given up after days", { status: "4.4.7", why: "smtp; 451 4.4.7 expired" }, "REFUSED", "The mail to ana@customer.example came back (4.4.7 451 4.4.7 expired). Reach the customer another way."),
  bounce("a reason over two lines", { why: "smtp; 550-5.1.1 The account\r\n  does not exist" }, "CONTACT_GONE", "There is no mailbox ana@customer.example (5.1.1 550-5.1.1 The account does not exist). Ask for another address."),
  { name: "bounce: only late", raw: makeBounce({ original: OURS, recipient: "ana@customer.example", action: "delayed", status: "4.4.1" }), want: { kind: "bounce", bounce: { messageId: OURS, failed: false, code: "REFUSED", text: expectText("4.4.1") } } },
  { name: "bounce: a receipt is none", raw: makeBounce({ original: OURS, recipient: "ana@customer.example", action: "delivered", status: "2.0.0" }), want: { kind: "bounce", bounce: null } },
  plainBounce("qmail's, which is no report", "MAILER-DAEMON@mx.example", `Hi. This is the qmail-send program.\n<ana@customer.example>:\n550 5.1.1 no such user\n\n--- Below this line is a copy of the message.\n\nMessage-ID: ${OURS}\nSubject: x`, { kind: "bounce", bounce: { messageId: OURS, failed: true, code: "CONTACT_GONE", text: "There is no mailbox the customer's address (5.1.1 550 5.1.1 no such user). Ask for another address." } }),
  plainBounce("nothing of ours in it", "postmaster@mx.example", "Something could not be delivered.", { kind: "bounce", bounce: null }),
  kind("auto-replied", "reply", ["Auto-Submitted: auto-replied"]), kind("auto-generated", "reply", ["Auto-Submitted: auto-generated"]), kind("auto-replied, with parameters", "reply", ["Auto-Submitted: auto-replied (vacation)"]),
  kind("Auto-Submitted: no is a person", "person", ["Auto-Submitted: no"]), kind("X-Autoreply", "reply", ["X-Autoreply: yes"]), kind("X-Autorespond", "reply", ["X-Autorespond: My order"]),
  kind("Precedence: auto_reply", "reply", ["Precedence: auto_reply"]), kind("null return path", "reply", ["Return-Path: <>"]),
  kind("absence by subject, English", "reply", [], { subject: "Out of office: My order" }), kind("absence by subject, Exchange", "reply", [], { subject: "Automatic reply: My order" }),
  kind("absence by subject, German", "reply", [], { subject: "Automatische Antwort: My order" }), kind("absence by subject, French", "reply", [], { subject: "Réponse automatique : My order" }), kind("absence by subject, Japanese", "reply", [], { subject: "=?utf-8?B?6Ieq5YuV6L+U5L+h?=: My order" }),
  kind("a mailing list", "list", ["List-Id: <team.customer.example>"]), kind("a newsletter", "list", ["List-Unsubscribe: <https://news.example/u>"]), kind("bulk", "list", ["Precedence: bulk"]),
  kind("a robot's news with a list header", "list", ["List-Unsubscribe: <https://news.example/u>", "Auto-Submitted: auto-generated"]), kind("noreply", "list", [], { from: "Shop <no-reply@news.example>" }), kind("donotreply", "list", [], { from: "do_not_reply@news.example" }),
  kind("a form on a website, in its visitor's name", "person", ["Reply-To: ana@customer.example"], { from: "Website <no-reply@host.example>" }),
  kind("a name that only begins like a robot", "person", [], { from: "Noreply Jones <jones@customer.example>" }), kind("X-Auto-Response-Suppress alone is a person's Outlook", "person", ["X-Auto-Response-Suppress: All"]),
  caution("passed", ["mx.shop.example; spf=pass smtp.mailfrom=customer.example; dkim=pass header.d=customer.example; dmarc=pass"], null),
  caution("DMARC failed", ["mx.shop.example; spf=fail smtp.mailfrom=customer.example; dkim=none; dmarc=fail (p=none) header.from=customer.example"], "The sender's address may be forged (DMARC fail, SPF fail, DKIM none)"),
  caution("SPF failed, no DMARC", ["mx.shop.example; spf=softfail smtp.mailfrom=x; dkim=none"], "The sender's address may be forged (SPF softfail, DKIM none)"),
  caution("SPF failed, DKIM passed", ["mx.shop.example; spf=fail smtp.mailfrom=x; dkim=pass header.d=customer.example"], null),
  caution("two signatures, one passes", ["mx.shop.example; dkim=fail header.d=list.example; dkim=pass header.d=customer.example; dmarc=pass"], null),
  caution("another server's word counts for nothing", ["mx.evil.example; dmarc=pass", "mx.shop.example; dmarc=fail"], "The sender's address may be forged (DMARC fail)"),
  caution("only the topmost of ours counts", ["mx.shop.example; dmarc=fail", "mx.shop.example; dmarc=pass"], "The sender's address may be forged (DMARC fail)"),
  caution("folded over lines", ["mx.shop.example;\r\n spf=fail smtp.mailfrom=x;\r\n\tdmarc=fail header.from=y"], "The sender's address may be forged (DMARC fail, SPF fail)"),
  caution("none of ours", ["mx.evil.example; dmarc=fail"], null),
];

function expectText(status: string): string { return `The mail to ana@customer.example came back (${status} 550 5.1.1 user unknown). Reach the customer another way.`; }
