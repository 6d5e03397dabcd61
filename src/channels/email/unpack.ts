/** What lies in a mail's parts and is no file to its reader: Outlook's parcels, invitations, a mail that is forwarded as it came. */
import { simpleParser, type AddressObject, type Attachment, type ParsedMail } from "mailparser";
import { calendarLine } from "./calendar.ts";
import type { Mailbox } from "./forward.ts";
import { openTnef } from "./tnef.ts";

export type Piece = Pick<Attachment, "filename" | "contentType" | "content" | "cid" | "related">;
export interface Unpacked {
  pieces: Piece[];
  /** Where the mail itself says nothing. */
  text: string; html: string;
  /** Invitations, each once. */
  events: string[];
  /** A mail in the mail; null where there is none, or several. */
  inner: { from: Mailbox | null; subject: string; text: string; html: string } | null;
}

/** Bytes of a mail in a mail that are read; it stays a file whatever it is. */
const MAX_INNER = 10_000_000;
const MAX_EVENTS = 5;

/** Text as the mail has it: what the parser would make of HTML, and HTML of text, is of no use here. */
export const READING = { skipHtmlToText: true, skipTextToHtml: true, skipTextLinks: true, skipImageLinks: true, keepDeliveryStatus: true };

const isParcel = ({ contentType, filename = "" }: Piece): boolean => /^application\/(vnd\.)?ms-tnef$/i.test(contentType) || /^win\s?mail\.dat$/i.test(filename);
const isCalendar = ({ contentType, filename = "" }: Piece): boolean => /^(text\/calendar|application\/ics)$/i.test(contentType) || /\.ics$/i.test(filename);

/** The first address of a header. */
const firstOf = (one: AddressObject | undefined): Mailbox | null => {
  const { address, name } = one?.value[0] ?? {};
  return address === undefined || !/^[^@\s]+@[^@\s]+$/.test(address) ? null : { address: address.toLowerCase(), name: (name ?? "").replace(/\s+/g, " ").trim().slice(0, 80) };
};

async function innerOf(mails: Piece[]): Promise<Unpacked["inner"]> {
  const [only, ...more] = mails;
  if (only === undefined || more.length > 0 || only.content.length > MAX_INNER) return null;
  const mail = await simpleParser(only.content, READING).catch(() => null);
  return mail === null ? null : { from: firstOf(mail.from), subject: (mail.subject ?? "").replace(/\s+/g, " ").slice(0, 200), text: mail.text ?? "", html: mail.html || "" };
}

/** A parcel that can't be opened stays the file that it is. */
export async function unpack(mail: ParsedMail): Promise<Unpacked> {
  let text = "", html = "";
  const pieces = mail.attachments.flatMap((file): Piece[] => {
    const parcel = isParcel(file) ? openTnef(file.content) : null;
    if (parcel === null || (parcel.text === "" && parcel.html === "" && parcel.files.length === 0)) return [file];
    text ||= parcel.text;
    html ||= parcel.html;
    return parcel.files.map(({ name, type, cid, content }) => ({ filename: name, contentType: type, content, related: cid !== "", ...(cid === "" ? {} : { cid }) }));
  });
  const calendars = pieces.filter(isCalendar);
  const events = [...new Set(calendars.map(({ content }) => calendarLine(content.toString("utf8"))))].filter((line) => line !== "").slice(0, MAX_EVENTS);
  // Many send an invitation twice: as what is shown, and as a file.
  const named = new Set(calendars.filter((one) => one.filename !== undefined).map(({ content }) => content.toString("latin1")));
  const kept = pieces.filter((one) => !(isCalendar(one) && one.filename === undefined && named.has(one.content.toString("latin1"))));
  return { pieces: kept, text, html, events, inner: await innerOf(pieces.filter(({ contentType }) => contentType === "message/rfc822")) };
}
