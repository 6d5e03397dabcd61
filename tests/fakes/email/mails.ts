/** Mails written by hand, header by header, as clients send them. */
import { connect } from "node:net";

export interface MailParts {
  from?: string; to?: string; cc?: string; subject?: string; id?: string | null; date?: string;
  inReplyTo?: string; references?: string;
  /** Further header lines, in their order, above the others. */
  headers?: readonly string[];
  /** Content type of the only part, when it is not plain UTF-8. */
  type?: string;
  text?: string | Buffer;
  html?: string;
  /** Parts beside the text; `related` ones belong to the HTML. */
  files?: readonly { name?: string; type: string; content: string | Buffer; cid?: string; disposition?: string }[];
}

const CRLF = "\r\n";
const lines = (text: string): string => text.replace(/\r?\n/g, CRLF);
const base64 = (content: string | Buffer): string => Buffer.from(content).toString("base64").replace(/.{76}/g, `$&${CRLF}`);
let made = 0;

function fileParts(files: NonNullable<MailParts["files"]>): string[] {
  return files.map(({ name, type, content, cid, disposition = cid === undefined ? "attachment" : "inline" }) => [
    `Content-Type: ${type}${name === undefined ? "" : `; name="${name}"`}`, `Content-Disposition: ${disposition}${name === undefined ? "" : `; filename="${name}"`}`,
    ...(cid === undefined ? [] : [`Content-ID: <${cid}>`]), "Content-Transfer-Encoding: base64", "", base64(content),
  ].join(CRLF));
}
const multipart = (kind: string, mark: string, parts: string[]): string =>
  [`Content-Type: multipart/${kind}; boundary="${mark}"`, "", ...parts.flatMap((part) => [`--${mark}`, part]), `--${mark}--`, ""].join(CRLF);

/** The bytes of a mail. `id: null` leaves the Message-ID out. */
export function makeMail(parts: MailParts): Buffer {
  const { from = "Ana Lima <ana@customer.example>", to = "support@shop.example", cc, subject = "My order", id = `<mail-${++made}@customer.example>`, date = "Tue, 12 Mar 2024 10:00:00 +0100", text = "Hello", html, files = [] } = parts;
  const head = [
    ...(parts.headers ?? []), `From: ${from}`, `To: ${to}`, ...(cc === undefined ? [] : [`Cc: ${cc}`]), `Subject: ${subject}`, `Date: ${date}`, ...(id === null ? [] : [`Message-ID: ${id}`]),
    ...(parts.inReplyTo === undefined ? [] : [`In-Reply-To: ${parts.inReplyTo}`]), ...(parts.references === undefined ? [] : [`References: ${parts.references}`]), "MIME-Version: 1.0",
  ].join(CRLF);
  const plain = Buffer.isBuffer(text) ? text : Buffer.from(lines(text));
  const single = (type: string, content: Buffer) => Buffer.concat([Buffer.from(`Content-Type: ${type}${CRLF}Content-Transfer-Encoding: 8bit${CRLF}${CRLF}`), content]);
  let body = single(parts.type ?? "text/plain; charset=utf-8", plain);
  if (html !== undefined) {
    const shown = single("text/html; charset=utf-8", Buffer.from(lines(html)));
    body = parts.text === undefined ? shown : Buffer.from(multipart("alternative", "alt-1", [body.toString("utf8"), shown.toString("utf8")]));
  }
  const related = files.filter((file) => file.cid !== undefined), attached = files.filter((file) => file.cid === undefined);
  if (related.length > 0) body = Buffer.from(multipart("related", "rel-1", [body.toString("utf8"), ...fileParts(related)]));
  if (attached.length > 0) body = Buffer.from(multipart("mixed", "mix-1", [body.toString("utf8"), ...fileParts(attached)]));
  return Buffer.concat([Buffer.from(`${head}${CRLF}`), body, Buffer.from(CRLF)]);
}

/** A report that a mail came back. Source of the form: RFC 3464. */
export function makeBounce({ original, recipient, status = "5.1.1", action = "failed", why = "smtp; 550 5.1.1 user unknown", headersOnly = false }: { original: string; recipient: string; status?: string; action?: string; why?: string; headersOnly?: boolean }): Buffer {
  return Buffer.from(lines([
    "Return-Path: <>", "From: Mail Delivery System <MAILER-DAEMON@mx.customer.example>", "To: support@shop.example", "Subject: Undelivered Mail Returned to Sender", "Message-ID: <bounce-1@mx.customer.example>",
    "Auto-Submitted: auto-replied", "MIME-Version: 1.0", 'Content-Type: multipart/report; report-type=delivery-status; boundary="rep"', "",
    "--rep", "Content-Type: text/plain; charset=us-ascii", "", "I'm sorry to have to inform you that your message could not be delivered.", "",
    "--rep", "Content-Type: message/delivery-status", "", "Reporting-MTA: dns; mx.customer.example", "", `Final-Recipient: rfc822; ${recipient}`, `Action: ${action}`, `Status: ${status}`, `Diagnostic-Code: ${why}`, "",
    "--rep", headersOnly ? "Content-Type: text/rfc822-headers" : "Content-Type: message/rfc822", "", "From: support@shop.example", `To: ${recipient}`, "Subject: Re: My order", `Message-ID: ${original}`, "", ...(headersOnly ? [] : ["Hello again"]), "--rep--", "",
  ].join("\n")));
}

/** Hands a mail to a server, word by word of RFC 5321; answers the server's last word. */
export async function handOver(port: number, raw: Buffer, envelope: { from: string; to: string[] }): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let buffer = "", wake: () => void = () => undefined;
  socket.on("data", (chunk: Buffer) => { buffer += chunk.toString("utf8"); wake(); });
  socket.on("error", () => wake());
  socket.on("close", () => wake());
  const answer = async (): Promise<string> => {
    for (;;) {
      const whole = /^(?:\d{3}-.*\r\n)*(\d{3} .*)\r\n/.exec(buffer);
      if (whole !== null) { buffer = buffer.slice(whole[0].length); return whole[1]!; }
      if (socket.closed || socket.destroyed) throw new Error("The server hung up.");
      await new Promise<void>((done) => { wake = done; });
    }
  };
  const say = async (line: string) => { socket.write(`${line}${CRLF}`); return answer(); };
  try {
    await answer();
    await say("EHLO mx.customer.example");
    let last = await say(`MAIL FROM:<${envelope.from}>`);
    for (const to of envelope.to) last = await say(`RCPT TO:<${to}>`);
    if (!last.startsWith("250") || !(last = await say("DATA")).startsWith("354")) return last;
    socket.write(raw.toString("latin1").replace(/(^|\r\n)\./g, "$1.."), "latin1");
    return await say(`${CRLF}.`);
  } finally { socket.destroy(); }
}
