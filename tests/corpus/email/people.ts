/** Who wrote it, to whom, after what: authors, addresses, forwards, ids and references. */
import { makeMail, type MailParts } from "../../fakes/email/mails.ts";
import type { MailCase } from "./case.ts";

const of = (name: string, parts: MailParts, want: MailCase["want"]): MailCase => ({ name, raw: makeMail(parts), want });
const forward = (name: string, above: string, from = "bob@third.example"): MailCase =>
  of(`forwarded: ${name}`, { from: "Mara <mara@shop.example>", subject: "Fwd: Broken", text: `Please look.\n\n${above}\n\nMy parcel is broken.` }, { author: "mara@shop.example", forwarded: from, text: `Please look.\n\n${above}\n\nMy parcel is broken.` });

export const people: MailCase[] = [
  of("a plain address", { from: "ana@customer.example" }, { author: "ana@customer.example", name: "" }),
  of("upper case", { from: "Ana <ANA@Customer.EXAMPLE>" }, { author: "ana@customer.example", name: "Ana" }),
  of("a quoted name with a comma", { from: '"Lima, Ana" <ana@customer.example>' }, { name: "Lima, Ana" }),
  of("an encoded name", { from: "=?utf-8?Q?Jos=C3=A9_N=C3=BA=C3=B1ez?= <jose@customer.example>" }, { name: "José Núñez", author: "jose@customer.example" }),
  of("an address in a comment's style", { from: "ana@customer.example (Ana Lima)" }, { author: "ana@customer.example" }),
  of("a name that pretends to be an address", { from: '"boss@shop.example" <eve@elsewhere.example>' }, { author: "eve@elsewhere.example" }),
  of("two authors: the first", { from: "ana@customer.example, ben@customer.example" }, { author: "ana@customer.example" }),
  of("an answer to elsewhere", { headers: ["Reply-To: Ana <ana@private.example>"] }, { author: "ana@customer.example", replyTo: "ana@private.example" }),
  of("several in To and Cc", { to: "support@shop.example, Ben <BEN@customer.example>", cc: "cara@customer.example, ben@customer.example" }, { to: ["support@shop.example", "ben@customer.example"], cc: ["cara@customer.example", "ben@customer.example"] }),
  of("a group", { to: "Team: ben@customer.example, cara@customer.example;" }, { to: ["ben@customer.example", "cara@customer.example"] }),
  of("undisclosed recipients", { to: "undisclosed-recipients:;" }, { to: [] }),
  of("no sender at all", { from: "" }, { author: "unknown@invalid" }),
  of("an id", { id: "<abc@customer.example>" }, { id: "<abc@customer.example>" }),
  of("an id without brackets", { id: "abc@customer.example" }, { id: "<abc@customer.example>" }),
  of("an id with spaces around", { id: " <abc@customer.example> " }, { id: "<abc@customer.example>" }),
  of("no id: one is made of the content", { id: null, text: "Hello" }, { id: "made" }),
  of("two ids: the first", { headers: ["Message-ID: <one@customer.example>"], id: "<two@customer.example>" }, { id: "<one@customer.example>" }),
  of("references in their order, each once", { references: "<a@x> <b@x>\r\n\t<c@x>", inReplyTo: "<c@x>" }, { references: ["<a@x>", "<b@x>", "<c@x>"] }),
  of("In-Reply-To alone", { inReplyTo: "<b@x>" }, { references: ["<b@x>"] }),
  of("In-Reply-To with words around", { inReplyTo: "Message of Tue, 12 Mar 2024 <b@x>" }, { references: ["<b@x>"] }),
  of("references without spaces", { references: "<a@x><b@x>" }, { references: ["<a@x>", "<b@x>"] }),
  of("broken references", { references: "a@x, <b@x>, >c<, <>" }, { references: ["<b@x>"] }),
  of("references to itself", { id: "<a@x>", references: "<a@x>" }, { references: [] }),
  of("hundreds of references: the oldest and the newest", { references: Array.from({ length: 300 }, (_, i) => `<r${i}@x>`).join("\r\n ") }, { references: ["<r0@x>", ...Array.from({ length: 99 }, (_, i) => `<r${201 + i}@x>`)] }),
  of("a date", { date: "Tue, 12 Mar 2024 10:00:00 +0100" }, { date: "2024-03-12T09:00:00.000Z" }),
  of("a date that is none", { date: "yesterday" }, { date: null }),
  forward("Gmail", "---------- Forwarded message ---------\nFrom: Bob <bob@third.example>\nDate: Tue, Mar 12, 2024 at 9:00 AM\nSubject: Broken\nTo: <mara@shop.example>"),
  forward("Apple Mail", "Begin forwarded message:\n\nFrom: Bob <bob@third.example>\nSubject: Broken\nDate: 12 March 2024 at 09:00:00 CET\nTo: mara@shop.example"),
  forward("Thunderbird", "-------- Forwarded Message --------\nSubject: Broken\nDate: Tue, 12 Mar 2024 09:00:00 +0100\nFrom: Bob <bob@third.example>\nTo: mara@shop.example\nSubject: Broken"),
  forward("Gmail, German", "---------- Forwarded message ---------\nVon: Bob <bob@third.example>\nDate: Di., 12. März 2024 um 09:00 Uhr\nSubject: Broken\nTo: <mara@shop.example>"),
  forward("Thunderbird, German", "-------- Weitergeleitete Nachricht --------\nVon: Bob <bob@third.example>\nDatum: Tue, 12 Mar 2024 09:00:00 +0100\nAn: mara@shop.example\nBetreff: Broken"),
  forward("Apple Mail, French", "Début du message transféré :\n\nDe: Bob <bob@third.example>\nObjet: Broken\nDate: 12 mars 2024\nÀ: mara@shop.example"),
  of("forwarded: Outlook, whose block looks like a quote", { from: "Mara <mara@shop.example>", subject: "FW: Broken", text: "Please look.\n\nFrom: Bob <bob@third.example>\nSent: Tuesday, March 12, 2024 9:00 AM\nTo: Mara\nSubject: Broken\n\nMy parcel is broken." }, { forwarded: "bob@third.example", text: "Please look.\n\nFrom: Bob <bob@third.example>\nSent: Tuesday, March 12, 2024 9:00 AM\nTo: Mara\nSubject: Broken\n\nMy parcel is broken." }),
  of("an answer is no forward", { subject: "Re: Broken", text: "It came.\n\nFrom: Bob <bob@third.example>\nSent: Tuesday\nTo: Mara\nSubject: Broken" }, { forwarded: null, text: "It came." }),
];
