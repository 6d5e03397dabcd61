/** Mail's ids as the opaque strings that core keeps. Stored and out in the world, so old formats must stay readable. */
import { createHash } from "node:crypto";

/** Signs a text for this inbox; the same at every start. */
export type Sign = (text: string) => string;

const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";
/** 80 bits that survive lower-casing, as mail servers do it to addresses. */
function mark(sign: Sign, text: string): string {
  const bits = [...createHash("sha256").update(sign(text)).digest().subarray(0, 10)].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return Array.from({ length: 16 }, (_, i) => BASE32[Number.parseInt(bits.slice(i * 5, i * 5 + 5), 2)]!).join("");
}

/** `<...>` without what clients add around it; null for what is no id. Kept as written: ids are case sensitive. */
export function readId(text: string): string | null {
  const id = /<?([^<>\s]{1,400}@[^<>\s]{1,255}|[^<>\s@]{1,400})>?/.exec(text.trim())?.[1];
  return id === undefined ? null : `<${id}>`;
}

/** Every id of a References or In-Reply-To header, in their order, each once; the oldest and the newest where there are more than 100. */
export function readIds(text: string): string[] {
  const ids = [...new Set([...text.matchAll(/<([^<>\s]{1,400})>/g)].map(([, id]) => `<${id}>`))];
  return ids.length <= 100 ? ids : [ids[0]!, ...ids.slice(-99)];
}

/** Our own: the part's key (`<message>:<part>`) is readable in it, so a reply whose fate is unknown is known again when it is answered or comes back. */
export function makeMessageId(key: string, domain: string, sign: Sign): string {
  const [message = "", part = "0"] = key.split(":");
  const name = `${message.toLowerCase().replace(/[^a-z0-9-]/g, "-")}.${part.replace(/\D/g, "") || "0"}`;
  return `<tl.${name}.${mark(sign, `id:${name}`)}@${domain}>`;
}

/** The message that an id of ours names, by its `_id`; null for everybody else's. */
export function readMessageId(id: string, sign: Sign): string | null {
  const match = /^<tl\.([a-z0-9-]+)\.(\d+)\.([a-z2-7]{16})@/i.exec(id);
  if (match === null) return null;
  const [message, part, signature] = [match[1]!.toLowerCase(), match[2]!, match[3]!.toLowerCase()];
  return mark(sign, `id:${message}.${part}`) === signature ? message : null;
}

/** `support+<conversation>.<signature>@…`; null where that would be longer than the 64 characters that RFC 5321 §4.5.3.1.1 allows. */
export function makeReplyAddress(address: string, conversationId: string, sign: Sign): string | null {
  const at = address.lastIndexOf("@");
  const local = `${address.slice(0, at)}+${conversationId}.${mark(sign, `reply:${conversationId}`)}`;
  return local.length > 64 ? null : local + address.slice(at);
}

/** The conversation that a reply address of ours names; null when it is none, or not signed by us. */
export function readReplyAddress(address: string, sign: Sign): string | null {
  const match = /\+([a-z0-9-]+)\.([a-z2-7]{16})@/i.exec(address);
  if (match === null) return null;
  const [conversation, signature] = [match[1]!.toLowerCase(), match[2]!.toLowerCase()];
  return mark(sign, `reply:${conversation}`) === signature ? conversation : null;
}

/** Without `+anything` in the local part, lower case: how an address is compared with ours. */
export const plainAddress = (address: string): string => address.toLowerCase().replace(/\+[^@]*@/, "@");
