/** What a body can be: charsets, encodings, HTML, pictures, attachments. */
import { makeMail, type MailParts } from "../../fakes/email/mails.ts";
import type { MailCase } from "./case.ts";

const charset = (name: string, hex: string, text: string): MailCase =>
  ({ name: `charset ${name}`, raw: makeMail({ type: `text/plain; charset=${name}`, text: Buffer.from(hex, "hex") }), want: { text } });
const html = (name: string, content: string, text: string, more: MailParts = {}): MailCase => ({ name: `html: ${name}`, raw: makeMail({ html: content, ...more }), want: { text } });
/** A mail whose head and body are given whole. */
const whole = (name: string, lines: string[], want: MailCase["want"]): MailCase =>
  ({ name, raw: Buffer.from(["From: ana@customer.example", "To: support@shop.example", "Subject: Hello", "Message-ID: <whole@customer.example>", ...lines, ""].join("\r\n"), "latin1"), want });

const PNG = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");
const picture = (cid: string, name: string) => ({ cid, name, type: "image/png", content: PNG });

export const bodies: MailCase[] = [
  charset("iso-8859-1", "4772fcdf65", "Grüße"), charset("windows-1252", "936869942080", "“hi” €"), charset("iso-8859-2", "ae6c75bb6f75e86bfd", "Žluťoučký"), charset("koi8-r", "f0d2c9d7c5d4", "Привет"),
  charset("windows-1251", "cff0e8e2e5f2", "Привет"), charset("shift_jis", "82b182f182c982bf82cd", "こんにちは"), charset("iso-2022-jp", "1b244224332473244b2441244f1b2842", "こんにちは"),
  charset("euc-kr", "bec8b3e7", "안녕"), charset("gb2312", "c4e3bac3", "你好"), charset("big5", "a741a66e", "你好"), charset("windows-1256", "d3e1c7e3", "سلام"), charset("iso-8859-7", "c3e5e9e1", "Γεια"),
  charset("utf-8", "f09f9180f09f8fbd20e29c93", "👀🏽 ✓"), charset("us-ascii", "48656c6c6f", "Hello"), charset("\"UTF-8\"", "4772c3bcc39f65", "Grüße"),
  { name: "a charset that is none", raw: makeMail({ type: "text/plain; charset=x-unknown-17", text: "Hello" }), want: { text: "Hello" } },
  { name: "no charset", raw: makeMail({ type: "text/plain", text: "Hello" }), want: { text: "Hello" } },
  { name: "NUL and half a character are taken out", raw: makeMail({ text: "a\0b" }), want: { text: "ab" } },
  whole("quoted-printable", ["Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: quoted-printable", "", "Gr=C3=BC=C3=9Fe aus M=\r\n=C3=BCnchen =3D)"], { text: "Grüße aus München =)" }),
  whole("base64", ["Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64", "", "R3LDvMOfZQ=="], { text: "Grüße" }),
  whole("format=flowed", ["Content-Type: text/plain; charset=utf-8; format=flowed", "", "This is one ", "paragraph."], { text: "This is one paragraph." }),
  whole("no MIME at all", ["", "Just text."], { text: "Just text." }),
  whole("nothing in it", ["", ""], { text: "", files: [] }),
  whole("a boundary that never ends", ['Content-Type: multipart/mixed; boundary="b"', "", "--b", "Content-Type: text/plain", "", "Cut off"], { text: "Cut off" }),

  { name: "an encoded subject", raw: makeMail({ subject: "=?utf-8?Q?Gr=C3=BC=C3=9Fe?= =?iso-8859-1?Q?_aus_M=FCnchen?=" }), want: { subject: "Grüße aus München" } },
  { name: "a subject over several lines", raw: makeMail({ subject: "One\r\n two\r\n\tthree" }), want: { subject: "One two three" } },
  { name: "a very long subject is cut", raw: makeMail({ subject: "x".repeat(900) }), want: { subject: "x".repeat(200) } },
  { name: "text and HTML: the text counts", raw: makeMail({ text: "Plain", html: "<p>Rich</p>" }), want: { text: "Plain" } },
  html("paragraphs and breaks", "<p>Hello <b>Mara</b>,</p><p>it came.<br>Thanks!</p>", "Hello Mara,\n\nit came.\nThanks!"),
  html("script, style and comments are nothing", "<style>p{}</style><script>alert(1)</script><!-- x --><p>Hello</p>", "Hello"),
  html("entities are characters", "<p>1 &lt; 2 &amp;&nbsp;&euro;</p>", "1 < 2 & €"),
  html("markup as text stays text", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>", "<script>alert(1)</script>"),
  html("links keep their address", '<p>See <a href="https://shop.example/a?b=c">this page</a></p>', "See this page (https://shop.example/a?b=c)"),
  html("a link that is its own text is said once", '<p><a href="https://shop.example/a">https://shop.example/a</a></p>', "https://shop.example/a"),
  html("lists", "<ul><li>one</li><li>two</li></ul>", "- one\n- two"),
  html("headings are not shouted", "<h1>Order</h1><p>It came.</p>", "Order\n\nIt came."),
  html("counters and decoration from the web", '<p>Hello</p><img src="https://track.example/1.gif" width="1">', "Hello"),
  html("Gmail's quote", '<div dir="ltr">It came.</div><br><div class="gmail_quote"><div class="gmail_attr">On Tue, Mar 12, 2024 at 10:00 AM Mara &lt;<a href="mailto:support@shop.example">support@shop.example</a>&gt; wrote:<br></div><blockquote class="gmail_quote"><div>Hello,<br>on its way.</div></blockquote></div>', "It came."),
  html("Apple Mail's quote", '<div>It came.</div><br><blockquote type="cite"><div>On 12 Mar 2024, at 10:00, Mara &lt;support@shop.example&gt; wrote:</div><br><div>Hello</div></blockquote>', "It came."),
  html("Outlook's quote", '<div><p>It came.</p></div><div style="border-top:solid #E1E1E1 1.0pt"><p><b>From:</b> Mara &lt;support@shop.example&gt;<br><b>Sent:</b> Tuesday, March 12, 2024 10:00 AM<br><b>To:</b> Ana<br><b>Subject:</b> RE: My order</p></div><p>Hello</p>', "It came."),
  html("unclosed and nested without end", `${"<div>".repeat(3_000)}Hello`, "Hello"),
  { name: "a picture in the text is named there", raw: makeMail({ html: '<p>Look: <img src="cid:p1@x"> broken</p>', files: [picture("p1@x", "photo.png")] }), want: { text: "Look: [photo.png] broken", files: [["photo.png", "image/png"]] } },
  { name: "a logo in the quote is folded away with it", raw: makeMail({ text: "It came.\n\nOn 12.03.24 10:00, Mara wrote:\n> Hello\n> [cid:logo@x]", html: '<p>It came.</p><img src="cid:logo@x">', files: [picture("logo@x", "logo.png")] }), want: { text: "It came.", files: [] } },
  { name: "Gmail's own mark for a picture", raw: makeMail({ text: "See [image: photo.png]", html: '<p>See <img src="cid:p2@x"></p>', files: [picture("p2@x", "photo.png")] }), want: { text: "See [photo.png]", files: [["photo.png", "image/png"]] } },
  { name: "a file", raw: makeMail({ text: "Attached.", files: [{ name: "invoice.pdf", type: "application/pdf", content: "%PDF-1.7" }] }), want: { text: "Attached.", files: [["invoice.pdf", "application/pdf"]] } },
  { name: "a file without text", raw: makeMail({ text: "", files: [{ name: "invoice.pdf", type: "application/pdf", content: "%PDF-1.7" }] }), want: { text: "", files: [["invoice.pdf", "application/pdf"]] } },
  { name: "a path is no file name", raw: makeMail({ files: [{ name: "../../etc/passwd", type: "text/x-x", content: "x" }] }), want: { files: [[".._.._etc_passwd", "text/x-x"]] } },
  { name: "a file without a name", raw: makeMail({ files: [{ type: "application/octet-stream", content: "x" }] }), want: { files: [["file-1", "application/octet-stream"]] } },
  { name: "winmail.dat", raw: makeMail({ text: "See attached.", files: [{ name: "winmail.dat", type: "application/ms-tnef", content: Buffer.from("789f3e22", "hex") }] }), want: { text: "See attached.", files: [["winmail.dat", "application/ms-tnef"]] } },
  { name: "encrypted by PGP", raw: Buffer.from(["From: ana@customer.example", "To: support@shop.example", "Subject: ...", "Message-ID: <pgp@x>", 'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary="e"', "", "--e", "Content-Type: application/pgp-encrypted", "", "Version: 1", "--e", "Content-Type: application/octet-stream; name=encrypted.asc", "", "-----BEGIN PGP MESSAGE-----", "--e--", ""].join("\r\n")), want: { text: "(This mail is encrypted; it can't be shown here.)" } },
  { name: "signed by PGP", raw: Buffer.from(["From: ana@customer.example", "To: support@shop.example", "Subject: x", "Message-ID: <sig@x>", 'Content-Type: multipart/signed; protocol="application/pgp-signature"; boundary="s"', "", "--s", "Content-Type: text/plain", "", "Signed words.", "--s", "Content-Type: application/pgp-signature; name=signature.asc", "", "-----BEGIN PGP SIGNATURE-----", "--s--", ""].join("\r\n")), want: { text: "Signed words." } },
  { name: "a text that never ends is cut", raw: makeMail({ text: "word ".repeat(20_000) }), want: { kind: "person" } },
];
