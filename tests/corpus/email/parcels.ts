/** Mails in parcels: winmail.dat, invitations, forwards as files; the same mail and another one under one id. */
import { makeMail, type MailParts } from "../../fakes/email/mails.ts";
import { makeTnef, type Parcel } from "../../fakes/email/tnef.ts";
import type { MailCase } from "./case.ts";

const PDF = Buffer.from("%PDF-1.7 invoice"), PNG = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");
const winmail = (name: string, parcel: Parcel, want: MailCase["want"], more: MailParts = { text: "" }, file: { name: string; type: string } = { name: "winmail.dat", type: "application/ms-tnef" }): MailCase =>
  ({ name: `winmail.dat: ${name}`, raw: makeMail({ ...more, files: [{ ...file, content: makeTnef(parcel) }] }), want });
const invoice = { name: "Rechnung März.pdf", shortName: "RECHNU~1.PDF", content: PDF, type: "application/pdf" };

const event = (lines: string[], method = "REQUEST"): string => ["BEGIN:VCALENDAR", "PRODID:-//x//EN", `METHOD:${method}`, "BEGIN:VTIMEZONE", "TZID:Europe/Berlin", "BEGIN:STANDARD", "DTSTART:19701025T030000", "END:STANDARD", "END:VTIMEZONE", "BEGIN:VEVENT", ...lines, "BEGIN:VALARM", "DESCRIPTION:Reminder", "SUMMARY:Alarm", "END:VALARM", "END:VEVENT", "END:VCALENDAR", ""].join("\r\n");
const FITTING = ["UID:1@customer.example", "SUMMARY:Fitting\\, room 2", "DTSTART;TZID=Europe/Berlin:20240312T100000", "DTEND;TZID=Europe/Berlin:20240312T110000", "LOCATION:Main street 5"];
const calendar = (name: string, ics: string, text: string, more: MailParts = { text: "" }): MailCase => ({ name: `invitation: ${name}`, raw: makeMail({ ...more, files: [{ type: "text/calendar; charset=utf-8; method=REQUEST", content: ics }] }), want: { text, files: [["invite.ics", "text/calendar"]] } });

const BROKEN = makeMail({ from: "Bob <bob@third.example>", subject: "Broken", id: "<bob-1@third.example>", text: "My parcel is broken." });
const asFile = (name: string, parts: MailParts, want: MailCase["want"]): MailCase => ({ name: `forwarded as a file: ${name}`, raw: makeMail({ from: "Mara <mara@shop.example>", subject: "Fwd: Broken", ...parts }), want });
const SHOWN = "---------- Forwarded message ----------\nFrom: Bob <bob@third.example>\nSubject: Broken\n\nMy parcel is broken.";

/** A part in multipart/alternative, where most programs put an invitation. */
const alternative = (ics: string): Buffer => Buffer.from(["From: ana@customer.example", "To: support@shop.example", "Subject: Fitting", "Message-ID: <alt@customer.example>", "MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="m"', "", "--m", 'Content-Type: multipart/alternative; boundary="a"', "", "--a", "Content-Type: text/plain; charset=utf-8", "", "Can you come?", "--a", "Content-Type: text/calendar; charset=utf-8; method=REQUEST", "", ics, "--a--", "--m", 'Content-Type: application/ics; name="invite.ics"', 'Content-Disposition: attachment; filename="invite.ics"', "", ics, "--m--", ""].join("\r\n"));

export const parcels: MailCase[] = [
  winmail("files come out under their long names", { files: [invoice, { name: "photo.png", content: PNG }] }, { text: "See attached.", files: [["Rechnung März.pdf", "application/pdf"], ["photo.png", "application/octet-stream"]] }, { text: "See attached." }),
  winmail("its text, where the mail has none", { text: "Hello Mara,\r\n\r\nit is here: Grüße", files: [invoice] }, { text: "Hello Mara,\n\nit is here: Grüße", files: [["Rechnung März.pdf", "application/pdf"]] }),
  winmail("the mail's own text goes first", { text: "From the parcel" }, { text: "From the mail", files: [] }, { text: "From the mail" }),
  winmail("its HTML", { html: "<p>Hello <b>Mara</b></p><p>It came.</p>" }, { text: "Hello Mara\n\nIt came.", files: [] }),
  winmail("its formatted text, packed", { rtf: "{\\rtf1\\ansi\\ansicpg1252\\deff0{\\fonttbl{\\f0\\fnil Arial;}}\\pard\\plain\\f0\\fs20 Hello Mara,\\par Gr\\'fc\\'dfe \\u8364?\\u-10179?\\u-8704? Hello Mara\\par }" }, { text: "Hello Mara,\nGrüße €😀 Hello Mara", files: [] }),
  winmail("its formatted text, as it is", { rtfPlain: "{\\rtf1\\ansi\\ansicpg1251\\pard \\'cf\\'f0\\'e8\\'e2\\'e5\\'f2\\line{\\*\\generator x}{\\pict 0102}two\\~three}" }, { text: "Привет\ntwo three", files: [] }),
  winmail("HTML hidden in formatted text", { rtf: "{\\rtf1\\ansi\\fromhtml1 {\\*\\htmltag64 <p>}Hello\\htmlrtf\\par\\htmlrtf0 {\\*\\htmltag72 </p>}Bye}" }, { text: "Hello\nBye", files: [] }),
  winmail("a text in a code page", { text8: Buffer.from("cff0e8e2e5f200", "hex"), codePage: 1251 }, { text: "Привет", files: [] }),
  winmail("a quote in it is folded too", { text: "It came.\r\n\r\nFrom: Mara <support@shop.example>\r\nSent: Tuesday, March 12, 2024 10:00 AM\r\nTo: Ana\r\nSubject: Re: My order\r\n\r\nHello" }, { text: "It came.", folded: true }),
  winmail("a picture in its text", { html: '<p>Look: <img src="cid:p@x"></p>', files: [{ name: "p.png", content: PNG, cid: "p@x", type: "image/png" }] }, { text: "Look: [p.png]", files: [["p.png", "image/png"]] }),
  winmail("a mail in it", { text: "See below", files: [{ name: "Old", content: PDF, message: makeTnef({ title: "Older", text: "What I wrote then", files: [invoice] }) }] }, { text: "See below", files: [["Older.txt", "text/plain"], ["Rechnung März.pdf", "application/pdf"]] }),
  winmail("under another name and type", { files: [invoice] }, { files: [["Rechnung März.pdf", "application/pdf"]] }, { text: "Here." }, { name: "WINMAIL.DAT", type: "application/octet-stream" }),
  winmail("a path in it is no file name", { files: [{ name: "..\\..\\boot.ini", content: PDF }] }, { files: [[".._.._boot.ini", "application/octet-stream"]] }, { text: "Here." }),
  { name: "winmail.dat: cut off", raw: makeMail({ text: "Here.", files: [{ name: "winmail.dat", type: "application/ms-tnef", content: makeTnef({ files: [invoice, { name: "late.bin", content: Buffer.alloc(5_000) }] }).subarray(0, -4_000) }] }), want: { text: "Here.", files: [["Rechnung März.pdf", "application/pdf"]] } },
  { name: "winmail.dat: none inside", raw: makeMail({ text: "Here.", files: [{ name: "winmail.dat", type: "application/ms-tnef", content: "PK not a parcel" }] }), want: { text: "Here.", files: [["winmail.dat", "application/ms-tnef"]] } },

  calendar("what, when, where", event(FITTING), "Invitation: Fitting, room 2 · Tue 12 Mar 2024, 10:00–11:00 (Europe/Berlin) · Main street 5"),
  calendar("below the mail's own words", event(FITTING), "Can you come?\n\nInvitation: Fitting, room 2 · Tue 12 Mar 2024, 10:00–11:00 (Europe/Berlin) · Main street 5", { text: "Can you come?" }),
  calendar("called off", event(FITTING, "CANCEL"), "Cancelled: Fitting, room 2 · Tue 12 Mar 2024, 10:00–11:00 (Europe/Berlin) · Main street 5"),
  calendar("accepted", event(["SUMMARY:Fitting", "DTSTART:20240312T090000Z", "DTEND:20240312T100000Z", "ATTENDEE;CN=Ana;PARTSTAT=ACCEPTED:mailto:ana@customer.example"], "REPLY"), "Accepted: Fitting · Tue 12 Mar 2024, 09:00–10:00 (UTC)"),
  calendar("declined", event(["SUMMARY:Fitting", "DTSTART:20240312T090000Z", "ATTENDEE;PARTSTAT=DECLINED;CN=\"Ana; Lima\":mailto:ana@customer.example"], "REPLY"), "Declined: Fitting · Tue 12 Mar 2024, 09:00 (UTC)"),
  calendar("whole days, each week", event(["SUMMARY:Fair", "DTSTART;VALUE=DATE:20240312", "DTEND;VALUE=DATE:20240313", "RRULE:FREQ=WEEKLY"]), "Invitation: Fair · Tue 12 Mar 2024, repeated"),
  calendar("over midnight, folded lines", event(["SUMMARY:A long na", " me\\; with", "\t signs\\nand lines", "DTSTART:20240312T220000", "DTEND:20240313T010000"]), "Invitation: A long name; with signs and lines · Tue 12 Mar 2024, 22:00 – Wed 13 Mar 2024, 01:00"),
  calendar("nothing in it", event([]), "Invitation: without a title"),
  { name: "invitation: none inside", raw: makeMail({ text: "", files: [{ type: "text/calendar", content: "BEGIN:VCALENDAR\r\nEND:VCALENDAR" }] }), want: { text: "", files: [["invite.ics", "text/calendar"]] } },
  { name: "invitation: shown and attached is one", raw: alternative(event(FITTING)), want: { text: "Can you come?\n\nInvitation: Fitting, room 2 · Tue 12 Mar 2024, 10:00–11:00 (Europe/Berlin) · Main street 5", files: [["invite.ics", "application/ics"]] } },

  asFile("its writer is known", { text: "Please look.", files: [{ name: "Broken.eml", type: "message/rfc822", content: BROKEN }] }, { author: "mara@shop.example", forwarded: "bob@third.example", text: `Please look.\n\n${SHOWN}`, files: [["Broken.eml", "message/rfc822"]] }),
  asFile("without a word of one's own", { text: "", files: [{ type: "message/rfc822", content: BROKEN }] }, { forwarded: "bob@third.example", text: SHOWN, files: [["mail.eml", "message/rfc822"]] }),
  asFile("several are files", { text: "All of these.", files: [{ name: "a.eml", type: "message/rfc822", content: BROKEN }, { name: "b.eml", type: "message/rfc822", content: BROKEN }] }, { forwarded: null, text: "All of these.", files: [["a.eml", "message/rfc822"], ["b.eml", "message/rfc822"]] }),
  asFile("one without a sender", { text: "See.", files: [{ name: "a.eml", type: "message/rfc822", content: "Subject: Broken\r\n\r\nHelp" }] }, { forwarded: null, text: "See.\n\n---------- Forwarded message ----------\nSubject: Broken\n\nHelp" }),

  { name: "duplicate id: the mail", raw: makeMail({ id: "<dup@customer.example>", text: "First" }), want: { id: "<dup@customer.example>", text: "First" } },
  { name: "duplicate id: another mail under it", raw: makeMail({ id: "<dup@customer.example>", text: "Second" }), want: { id: "<dup@customer.example>", text: "Second" } },
  { name: "an empty id", raw: makeMail({ id: "<>" }), want: { id: "made" } },
];
