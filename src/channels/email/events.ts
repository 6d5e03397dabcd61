/** What core is told of a mail that was read: a customer's line, a bounce, or nothing, with the reason. */
import type { FileRef } from "../../core/model/types.ts";
import type { FileStore, InboundEvent } from "../../core/ports.ts";
import { cautionOf, isDisproved } from "./auth-results.ts";
import type { Mailbox } from "./forward.ts";
import { readMessageId, type Sign } from "./ids.ts";
import type { Mail, MailFile } from "./parse.ts";
import { isOurs, signedConversation } from "./verify.ts";

export interface MailboxRules {
  inboxId: string;
  /** The inbox's own addresses, lower case, the first of which it writes from. */
  ours: readonly string[];
  /** Addresses (`ana@example.com`) and domains (`example.com`) of people whose forwarded mail counts as its first writer's. */
  team: readonly string[];
  /** Whether machines' and lists' mail may open a conversation. */
  automatic: boolean;
  /** Whether those in copy go on in a conversation as the customer does; else what they write is a note. */
  othersTakePart: boolean;
  sign: Sign;
  files: FileStore;
  /** Bytes of one file. */
  maxFile: number;
}

const isTeam = (team: readonly string[], address: string): boolean => team.some((one) => (one.includes("@") ? address === one : address.endsWith(`@${one}`)));

async function keep(rules: MailboxRules, file: MailFile): Promise<FileRef> {
  if (file.content.length <= rules.maxFile) return rules.files.put({ name: file.name, type: file.type, owner: rules.inboxId }, file.content, rules.maxFile);
  return { fileId: "", name: file.name, type: file.type, bytes: file.content.length, state: "missing", why: `it is larger than the ${Math.floor(rules.maxFile / 1_000_000)} MB that are taken` };
}

/** Who is the customer: of a mail that the team forwards, its first writer; of a robot's or our own, whom it answers to. */
function customerOf(rules: MailboxRules, mail: Mail): Mailbox & { /** Who handed it on. */ by?: Mailbox; /** In whose name it was only sent. */ through?: string } {
  const { author, forwarded, replyTo } = mail;
  if (forwarded !== null && isTeam(rules.team, author.address) && !isOurs(rules.ours, forwarded.address)) return { ...forwarded, by: author };
  // A form on a website writes in our name, or in nobody's.
  if (replyTo !== null && replyTo !== author.address && (isOurs(rules.ours, author.address) || /^(no[-_.]?reply|do[-_.]?not[-_.]?reply)/i.test(author.address)) && !isOurs(rules.ours, replyTo)) return { address: replyTo, name: "", through: author.address };
  return author;
}

/** Files are in the store when this resolves. One mail gives one event; a repeat the same, but for its files' ids. */
export async function eventsOf(rules: MailboxRules, mail: Mail): Promise<InboundEvent[]> {
  const { inboxId, sign } = rules;
  const ignored = (why: "own" | "unsupported", kind: string): InboundEvent[] => [{ inboxId, address: mail.author.address, type: "ignored", why, kind }];
  if (mail.bounce !== null) {
    const { messageId: vendorId, failed, error } = mail.bounce;
    const messageId = readMessageId(vendorId, sign);
    if (messageId === null) return ignored("unsupported", "bounce of another mail");
    return failed ? [{ inboxId, address: mail.author.address, type: "status", vendorId, messageId, state: "failed", error }] : ignored("unsupported", "delay");
  }
  if (mail.kind === "bounce") return ignored("unsupported", "bounce");
  const customer = customerOf(rules, mail);
  if (isOurs(rules.ours, customer.address) || (mail.ours && readMessageId(mail.id, sign) !== null)) return ignored("own", "own mail");

  const others = (addresses: string[]) => addresses.filter((address) => !isOurs(rules.ours, address) && address !== customer.address);
  const conversationId = signedConversation(rules.ours, mail.recipients, sign);
  // Whoever sends in another's name may do so unasked: DMARC only looks at the sender.
  const caution = cautionOf(mail.checked) ?? (customer.through === undefined ? null : `Sent by ${customer.through} in the name of ${customer.address}`);
  const files: FileRef[] = [];
  for (const file of mail.files) files.push(await keep(rules, file));
  const handedOn = customer.by === undefined ? "" : `Forwarded by ${customer.by.name || customer.by.address}:\n\n`;
  const spans = mail.spans.map((span) => ({ ...span, offset: span.offset + handedOn.length }));
  const automatic = mail.kind !== "person" && !rules.automatic ? mail.kind : undefined;
  return [{
    inboxId, address: customer.address, type: "message", channelMessageId: `${mail.id} ${mail.digest}`,
    text: `${handedOn}${mail.text}`, ...(spans.length === 0 ? {} : { spans }),
    files, ...(mail.full === mail.text ? {} : { original: mail.full }), ...(mail.date === null ? {} : { sentAt: mail.date }), profile: { email: customer.address, ...(customer.name === "" ? { name: customer.address } : { name: customer.name }) },
    place: {
      id: mail.id, references: mail.references, subject: mail.subject, to: others(mail.to), cc: others(mail.cc),
      ...(mail.replyTo === null || mail.replyTo === customer.address || isOurs(rules.ours, mail.replyTo) ? {} : { replyTo: mail.replyTo }),
      ...(caution === null ? {} : { caution }), ...(isDisproved(mail.checked) ? { disproved: true as const } : {}), ...(rules.othersTakePart ? { othersTakePart: true as const } : {}),
      ours: [...mail.references].reverse().flatMap((id) => readMessageId(id, sign) ?? []),
      ...(conversationId === null ? {} : { conversationId }), ...(automatic === undefined ? {} : { automatic }),
    },
  }];
}
