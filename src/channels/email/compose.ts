/** The bytes of a reply: headers that thread it, text and HTML, files. The same part gives the same Message-ID. */
import { buffer } from "node:stream/consumers";
import DKIM from "nodemailer/lib/dkim";
import MailComposer from "nodemailer/lib/mail-composer";
import { DeliveryError, UserError } from "../../core/errors.ts";
import type { FileStore } from "../../core/ports.ts";
import type { MailPart } from "./plan.ts";
import { MAX_FILE } from "./plan.ts";
import { LOOP_HEADER } from "./classify.ts";
import { toHtml, toText } from "./render.ts";

export interface ComposeInput {
  part: MailPart;
  from: { name: string; address: string };
  to: string[];
  cc: string[];
  replyTo: string | null;
  messageId: string;
  signature: string;
  inboxId: string;
  date: Date;
  files: FileStore;
  /** Signs the mail as its domain's (RFC 6376). */
  dkim?: { domain: string; selector: string; privateKey: string };
}

/** What RFC 6376 §5.4.1 recommends, and what one click needs to be signed (RFC 8058 §4). */
const SIGNED = "From:Reply-To:Subject:Date:Message-ID:To:Cc:MIME-Version:Content-Type:Content-Transfer-Encoding:In-Reply-To:References:List-Unsubscribe:List-Unsubscribe-Post";

async function fileOf(files: FileStore, fileId: string, name: string): Promise<Buffer> {
  return files.buffer(fileId, MAX_FILE).catch((cause: unknown) => {
    if (!(cause instanceof UserError)) throw new DeliveryError("UNREACHABLE", "The file could not be read from the store; it is tried again.", { certain: true, cause });
    throw cause.code === "FILE_TOO_LARGE"
      ? new DeliveryError("TOO_LARGE", `Mail takes files up to ${MAX_FILE / 1_000_000} MB; ${name} is larger. Send a link instead.`, { certain: true, permanent: true, cause })
      : new DeliveryError("REFUSED", `The file ${name} is not in the store any more. Attach it again.`, { certain: true, permanent: true, cause });
  });
}

/** Header values are encoded and folded by the composer, which also takes line ends out of them. @throws {DeliveryError} for a file that can't be read */
export async function composeMail(input: ComposeInput): Promise<Buffer> {
  const { part, from, to, cc, replyTo, messageId, signature, inboxId, date, files } = input;
  const attachments = await Promise.all(part.files.map(async ({ fileId, name, type }) => ({ filename: name, contentType: type, content: await fileOf(files, fileId, name) })));
  const { unsubscribe } = part;
  const below = [signature.trim(), ...(unsubscribe === undefined ? [] : [`No more of these mails: ${unsubscribe}`])].filter((line) => line !== "").join("\n\n");
  const composer = new MailComposer({
    from, to: to.map((address) => ({ name: "", address })), cc: cc.map((address) => ({ name: "", address })), ...(replyTo === null ? {} : { replyTo: { name: from.name, address: replyTo } }),
    subject: part.subject, messageId, date, ...(part.inReplyTo === null ? {} : { inReplyTo: part.inReplyTo }), ...(part.references.length === 0 ? {} : { references: part.references.join(" ") }),
    headers: { ...(unsubscribe === undefined ? {} : { "List-Unsubscribe": { prepared: true, value: `<${unsubscribe}>` }, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click", Precedence: "bulk" }), [LOOP_HEADER]: inboxId, "X-Auto-Response-Suppress": "OOF, AutoReply", ...(part.automatic ? { "Auto-Submitted": "auto-generated" } : {}) },
    text: toText(part.text, below), html: toHtml(part.text, below), attachments, disableFileAccess: true, disableUrlAccess: true,
  });
  const mail = await composer.compile().build();
  if (input.dkim === undefined) return mail;
  const { domain, selector, privateKey } = input.dkim;
  return buffer(new DKIM({ domainName: domain, keySelector: selector, privateKey, headerFieldNames: SIGNED }).sign(mail));
}
