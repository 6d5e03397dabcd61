/** A reply as mails: one part is one mail. What is stored with a message must survive JSON and later versions. */
import { z } from "zod";
import { DeliveryError } from "../../core/errors.ts";
import type { OutboundMessage, Part, ReplyPlace } from "../../core/ports.ts";
import type { FileRef } from "../../core/model/types.ts";
import { splitAt } from "../shared/split.ts";
import { REPLY_SUBJECT } from "./phrases.ts";

const FilePart = z.object({ fileId: z.string(), name: z.string(), type: z.string() });
const Data = z.object({
  text: z.string(), files: z.array(FilePart), author: z.string(), team: z.string().default(""), subject: z.string(), conversationId: z.string().nullable(),
  /** Null: to the customer's own address. */
  to: z.string().nullable(), alsoTo: z.array(z.string()), cc: z.array(z.string()), bcc: z.array(z.string()), inReplyTo: z.string().nullable(), references: z.array(z.string()),
  /** No person wrote it. */
  automatic: z.boolean(),
  /** It goes to many: where its receiver gets off the list. */
  unsubscribe: z.string().optional(),
});
export type MailPart = z.infer<typeof Data>;

/** Characters of one mail; what providers cut off ("message clipped") begins at about 100 KB. */
export const MAX_TEXT = 60_000;
/** Bytes: most providers take 25 MB as sent, which base64 makes of some 18 MB. */
export const MAX_FILE = 18_000_000;

/** `Re:` once, in whatever language it stands already. */
export function replySubject(subject: string): string {
  const plain = subject.replace(/[\r\n]+/g, " ").trim();
  return REPLY_SUBJECT.test(plain) ? plain : `Re: ${plain}`.trim();
}

/** The whole chain, as RFC 5322 §3.6.4 asks: what the answered mail names, then itself. */
const chainOf = (place: ReplyPlace | undefined): string[] => {
  const answers = place?.answers;
  return answers == null ? [] : [...answers.references.filter((id) => id !== answers.id), answers.id];
};

function split(text: string): string[] {
  const texts: string[] = [];
  let rest = text.trim();
  while (rest.length > MAX_TEXT) { const at = splitAt(rest, MAX_TEXT); texts.push(rest.slice(0, at).trim()); rest = rest.slice(at).trim(); }
  return [...texts, rest].filter((part) => part !== "");
}

/** Files that fit in one mail together. */
function batches(files: FileRef[]): FileRef[][] {
  const all: FileRef[][] = [];
  let bytes = 0;
  for (const file of files) {
    if (all.length === 0 || bytes + file.bytes > MAX_FILE) { all.push([]); bytes = 0; }
    all.at(-1)!.push(file);
    bytes += file.bytes;
  }
  return all;
}

/** Pure. Text and files go in one mail where they fit; the first mail has the text. Whom it goes to is core's. */
export function plan({ body, files, author, place, automatic, bulk }: OutboundMessage): Part[] {
  const texts = split(body.replaceAll("\0", "")), rest = batches(files);
  const answers = place?.answers ?? null;
  const common = {
    author: author.name, team: place?.team ?? "", subject: bulk?.subject ?? replySubject(answers?.subject || place?.subject || ""), ...(bulk === undefined ? {} : { unsubscribe: bulk.unsubscribe }), conversationId: place?.conversationId ?? null,
    to: place?.recipients.to ?? null, alsoTo: place?.recipients.alsoTo ?? [], cc: place?.recipients.cc ?? [], bcc: place?.recipients.bcc ?? [], inReplyTo: answers?.id ?? null, references: chainOf(place), automatic: automatic === true,
  };
  const count = Math.max(texts.length, rest.length);
  return Array.from({ length: count }, (_, index) => ({
    index, kind: "mail",
    data: { text: texts[index] ?? "", files: (rest[index] ?? []).map(({ fileId, name, type }) => ({ fileId, name, type })), ...common } satisfies MailPart,
  }));
}

/** @throws {DeliveryError} REFUSED for a part that `plan` never made */
export function readPart(part: Part): MailPart {
  const read = Data.safeParse(part.data);
  if (read.success) return read.data;
  throw new DeliveryError("REFUSED", "The message was stored in a form that this version does not know. Write it again.", { certain: true, permanent: true });
}
