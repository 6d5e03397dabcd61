/** A raw mail becomes what core understands. Pure but for time: the same bytes give the same answer. */
import { createHash } from "node:crypto";
import { simpleParser, type AddressObject, type ParsedMail } from "mailparser";
import type { Span } from "../../core/model/rich-text.ts";
import { readAuthResults, type AuthResults } from "./auth-results.ts";
import { bounceError, readBounce } from "./bounce.ts";
import { classify, LOOP_HEADER, type MailKind } from "./classify.ts";
import { fold, tidy } from "./fold.ts";
import { forwardedFrom, saysForward, type Mailbox } from "./forward.ts";
import { formattingOf } from "./formatting.ts";
import { htmlToText } from "./html.ts";
import { readId, readIds } from "./ids.ts";
import { READING, unpack, type Piece, type Unpacked } from "./unpack.ts";

export interface MailFile { name: string; type: string; content: Buffer; /** A picture that stands in the text. */ inline: boolean }

export interface Mail {
  kind: MailKind;
  /** Who wrote it: the real sender, or of a form's or robot's mail whom it answers to. Lower-case address. */
  author: Mailbox;
  /** All addresses in From. */
  authors: string[];
  /** First writer of a forwarded mail. */
  forwarded: Mailbox | null;
  replyTo: string | null;
  to: string[];
  cc: string[];
  /** Every address that says for whom this copy was: also Delivered-To, X-Original-To and the envelope's. */
  recipients: string[];
  subject: string;
  /** Message-ID; made from the content where there is none. */
  id: string;
  /** What it answers, oldest first, nearest last. */
  references: string[];
  date: Date | null;
  /** What the writer wrote now. */
  text: string;
  /** How `text` was formatted. */
  spans: Span[];
  /** All of it, quotes and signature too; the same as `text` when nothing was folded away. */
  full: string;
  files: MailFile[];
  /** What was found about the sender; null when nobody has looked. */
  checked: AuthResults | null;
  /** Tells a copy of this mail from another one under the same Message-ID. */
  digest: string;
  /** Our own mail that has come back to us. */
  ours: boolean;
  bounce: { messageId: string; failed: boolean; error: { code: string; text: string } } | null;
}

export interface ParseOptions {
  /** The authserv-id of our own mail server; without it no Authentication-Results is believed. */
  trusted?: string;
  envelope?: { from: string; to: string[] };
}

/** A mail may be 30 MB, a desk's line not: what is longer is cut, and the whole is in the original. */
export const MAX_TEXT = 32_768;
const MAX_ORIGINAL = 100_000;
const MAX_FULL = 2_000_000;
const MAX_SUBJECT = 200;
const MAX_PEOPLE = 100;

const clean = (text: string): string => text.replace(/\0/g, "").replace(/\p{Surrogate}/gu, "\ufffd");
const oneLine = (text: string, max: number): string => [...clean(text).replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ").replace(/\s+/g, " ").trim()].slice(0, max).join("");

type Addresses = AddressObject | AddressObject[] | undefined;
const mailboxes = (objects: Addresses): Mailbox[] =>
  [objects ?? []].flat().flatMap((object) => object.value).flatMap((one) => [one, ...(one.group ?? [])])
    .flatMap(({ address, name }) => (address === undefined || !/^[^@\s]+@[^@\s]+$/.test(address) ? [] : [{ address: address.toLowerCase(), name: oneLine(name, 80) }]));
const addressesOf = (objects: Addresses): string[] => [...new Set(mailboxes(objects).map(({ address }) => address))].slice(0, MAX_PEOPLE);

/** All values of a header, in their order, unfolded. */
const valuesOf = (mail: ParsedMail, name: string): string[] =>
  mail.headerLines.filter(({ key }) => key === name).map(({ line }) => line.slice(line.indexOf(":") + 1).replace(/\r?\n[ \t]+/g, " ").trim());

const EXTENSIONS: Record<string, string> = { "text/calendar": "invite.ics", "message/rfc822": "mail.eml", "application/pkcs7-mime": "smime.p7m", "application/pgp-encrypted": "encrypted.asc", "application/ms-tnef": "winmail.dat", "text/vcard": "contact.vcf" };
const nameOf = (file: Piece, i: number): string => {
  const name = oneLine(file.filename ?? "", 120).replace(/[/\\]/g, "_");
  return name !== "" ? name : EXTENSIONS[file.contentType] ?? (file.contentType.startsWith("image/") ? `picture-${i + 1}.${file.contentType.slice(6).replace(/[^a-z0-9].*$/i, "")}` : `file-${i + 1}`);
};

/** Placeholders that mail programs leave in the text where a picture stands. */
const pictureMarks = (cid: string, name: string): string[] => [`[cid:${cid}]`, `[image: ${name}]`, `[${name}]`, `<${name}>`];

/** The files, and the text with its pictures named. A picture of the quoted part or the signature is folded away with it. */
function filesOf(pieces: Piece[], full: string, shown: string): { files: MailFile[]; text: string } {
  let text = shown;
  const files = pieces.flatMap((file, i): MailFile[] => {
    const name = nameOf(file, i);
    const cid = file.cid ?? "";
    const marks = cid === "" ? [] : pictureMarks(cid, name);
    const inline = file.related && marks.some((mark) => full.includes(mark));
    if (inline && !marks.some((mark) => text.includes(mark))) return [];
    for (const mark of marks) text = text.replaceAll(mark, `[${name}]`);
    return [{ name, type: file.contentType, content: file.content, inline }];
  });
  return { files, text: tidy(text) };
}

/** Words for a mail without text of its own. */
const placeholder = (pieces: Piece[]): string => (pieces.some(({ contentType }) => /pkcs7-mime|pgp-encrypted/.test(contentType)) ? "(This mail is encrypted; it can't be shown here.)" : "");

const readable = (text: string, html: string): string => { const plain = tidy(clean(text.slice(0, MAX_FULL))); return plain !== "" ? plain : tidy(clean(htmlToText(html))); };

/** What stands below the writer's own words: invitations, and the mail that they hand on. */
function below({ events, inner }: Unpacked, kind: MailKind): string[] {
  if (inner === null || kind !== "person") return events;
  const { from, subject, text, html } = inner, words = readable(text, html);
  const head = ["---------- Forwarded message ----------", ...(from === null ? [] : [`From: ${from.name === "" ? from.address : `${from.name} <${from.address}>`}`]), ...(subject === "" ? [] : [`Subject: ${oneLine(subject, MAX_SUBJECT)}`])].join("\n");
  return [...events, words === "" ? head : `${head}\n\n${words}`];
}

const clip = (text: string): string => {
  if (text.length <= MAX_TEXT) return text;
  const cut = text.slice(0, MAX_TEXT - 60);
  return `${/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut}\n[… cut here; the whole is in the original mail]`;
};

/** @throws whatever the parser throws on what is no mail at all; the caller keeps the bytes then. */
export async function parseMail(raw: Buffer, options: ParseOptions = {}): Promise<Mail> {
  const mail = await simpleParser(raw, READING);
  const header = (name: string) => valuesOf(mail, name)[0];
  const from = mailboxes(mail.from)[0] ?? mailboxes(mail.headers.get("sender") as Addresses)[0] ?? { address: options.envelope?.from.toLowerCase() || "unknown@invalid", name: "" };
  const replyTo = mailboxes(mail.replyTo)[0] ?? null;
  const subject = oneLine(mail.subject ?? "", MAX_SUBJECT);
  const returnPath = options.envelope?.from ?? header("return-path")?.replace(/[<>\s]/g, "") ?? null;
  const contentType = (header("content-type") ?? "").toLowerCase();
  const kind = classify({ header, contentType, author: from.address, subject, returnPath, answersElsewhere: replyTo !== null && replyTo.address !== from.address });

  const unpacked = await unpack(mail), html = mail.html === false ? "" : mail.html ?? "";
  const full = readable(mail.text ?? "", html) || readable(unpacked.text, unpacked.html);
  const { text: shown, files } = filesOf(unpacked.pieces, full, fold(full, saysForward(subject)).shown);
  const more = below(unpacked, kind).map(clean), said = shown !== "" ? shown : more.length > 0 ? "" : placeholder(unpacked.pieces);
  const withMore = (words: string): string => [words, ...more].filter((part) => part !== "").join("\n\n");
  const text = clip(withMore(said));

  const digest = createHash("sha256").update(JSON.stringify([from.address, subject, full, mail.attachments.map((file) => file.checksum)])).digest("hex").slice(0, 16);
  const bounce = kind === "bounce" ? readBounce(raw) : null;
  const sent = new Date(header("date") ?? "");
  const own = readId(header("message-id") ?? "");
  return {
    kind, author: from, authors: addressesOf(mail.from), replyTo: replyTo?.address ?? null, forwarded: forwardedFrom(subject, full) ?? (kind === "person" ? unpacked.inner?.from ?? null : null),
    to: addressesOf(mail.to), cc: addressesOf(mail.cc),
    recipients: [...new Set([...(options.envelope?.to ?? []), ...["delivered-to", "x-original-to", "envelope-to", "x-envelope-to"].flatMap((name) => valuesOf(mail, name).map((value) => value.replace(/[<>\s]/g, ""))), ...addressesOf(mail.to), ...addressesOf(mail.cc)].map((address) => address.toLowerCase()))],
    subject, id: own ?? `<${digest}@no-message-id.invalid>`,
    references: readIds([...valuesOf(mail, "references"), ...valuesOf(mail, "in-reply-to")].join(" ")).filter((id) => id !== own),
    date: Number.isNaN(sent.getTime()) ? null : sent,
    text, spans: formattingOf(html === "" ? unpacked.html : html, text), full: full === shown ? text : clean(withMore(full).slice(0, MAX_ORIGINAL)), files,
    checked: readAuthResults(valuesOf(mail, "authentication-results"), options.trusted), digest, ours: header(LOOP_HEADER) !== undefined,
    bounce: bounce?.original == null || bounce.action === "delivered" ? null : { messageId: bounce.original, failed: bounce.action === "failed", error: bounceError(bounce) },
  };
}

/** A mail that the parser could not read is kept whole, so that none is lost: its envelope says from whom it is. */
export function unreadableMail(raw: Buffer, envelope?: { from: string; to: string[] }): Mail {
  const digest = createHash("sha256").update(raw).digest("hex").slice(0, 16);
  const text = "(This mail could not be read. It is attached as it came.)";
  return {
    kind: "person", author: { address: envelope?.from.toLowerCase() || "unknown@invalid", name: "" }, authors: [], forwarded: null, replyTo: null, to: [], cc: [],
    recipients: (envelope?.to ?? []).map((address) => address.toLowerCase()), subject: "", id: `<${digest}@no-message-id.invalid>`, references: [], date: null,
    text, spans: [], full: text, files: [{ name: "mail.eml", type: "message/rfc822", content: raw, inline: false }], checked: null, digest, ours: false, bounce: null,
  };
}
