/** Forwarded mail: who wrote it first, as the header lines say that a client puts above it. Pure. */
import { forwardAt, HEADERS, isHeaderBlock, senderLine } from "./fold.ts";
import { FORWARD_SUBJECT } from "./phrases.ts";

export interface Mailbox { address: string; name: string }

const ADDRESS = /[A-Z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Z0-9.-]{1,255}\.[A-Z0-9-]{2,63}/i;

/** Name and address of a header line's value, in the ways that clients write them; null without an address. */
export function readMailbox(value: string): Mailbox | null {
  const address = ADDRESS.exec(value)?.[0];
  if (address === undefined) return null;
  const name = value.slice(0, value.indexOf(address)).replace(/\[mailto:$/i, "").replace(/[<>[\]("'*]+/g, "").trim();
  return { address: address.toLowerCase(), name };
}

/** Whether a subject says, in any of the clients' languages, that the mail is forwarded. */
export const saysForward = (subject: string): boolean => FORWARD_SUBJECT.test(subject);

/** Who wrote the mail that `text` (the whole) forwards; null where nothing is forwarded, or it does not say. */
export function forwardedFrom(subject: string, text: string): Mailbox | null {
  const lines = text.split("\n").slice(0, 2_000);
  const marker = forwardAt(lines);
  if (marker < 0 && !saysForward(subject)) return null;
  const block = lines.findIndex((_, i) => i > marker && i <= (marker < 0 ? lines.length : marker + 6) && isHeaderBlock(lines, i));
  if (block < 0) return null;
  const sender = senderLine(lines, block);
  const value = lines[sender]!.replace(HEADERS.from, "");
  // Apple Mail breaks the line after the name.
  return readMailbox(ADDRESS.test(value) ? value : `${value} ${lines[sender + 1] ?? ""}`);
}
