/** What a customer's line answers, where they pointed at one: ours or their own, by the vendor's id. */
import type { Core } from "../core.ts";
import { firstLine } from "../model/draft.ts";
import type { Message } from "../model/types.ts";
import type { ChannelAddress } from "../ports.ts";
import { inboundSource } from "./receive-inbound.ts";

/** As a reader is reminded of a line. */
export const quotedText = ({ body, files }: Pick<Message, "body" | "files">): string => firstLine(body, 80) || files.map((file) => file.name).join(", ");

/** The vendor's id of a customer's line. Its source names the address at which they were then. */
export function vendorIdOf({ source }: Pick<Message, "source">, { inboxId, address }: ChannelAddress): string {
  const here = inboundSource(inboxId, address, "");
  return source.startsWith(here) ? source.slice(here.length) : source.slice(source.indexOf(":", inboundSource(inboxId, "", "").length - 1) + 1);
}

/** Null when that line is not known here. */
export async function quoteOf(core: Core, inboxId: string, address: string, vendorId: string): Promise<NonNullable<Message["quote"]> | null> {
  const { messages } = core.store;
  const shown = { projection: { body: 1, files: 1, deletedAt: 1 } };
  const quoted = (await messages.findOne({ inboxId, "delivery.parts.vendorId": vendorId }, shown)) ?? (await messages.findOne({ source: inboundSource(inboxId, address, vendorId) }, shown));
  if (quoted === null || quoted.deletedAt !== undefined) return null;
  const text = quotedText(quoted);
  return text === "" ? null : { text };
}
