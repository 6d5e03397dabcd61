/** What a customer's line answers, where they pointed at one: ours or their own, by the vendor's id. */
import type { Core } from "../core.ts";
import { firstLine } from "../model/draft.ts";
import type { Message } from "../model/types.ts";
import { inboundSource } from "./receive-inbound.ts";

/** Null when that line is not known here. */
export async function quoteOf(core: Core, inboxId: string, address: string, vendorId: string): Promise<NonNullable<Message["quote"]> | null> {
  const { messages } = core.store;
  const shown = { projection: { body: 1, files: 1, deletedAt: 1 } };
  const quoted = (await messages.findOne({ inboxId, "delivery.parts.vendorId": vendorId }, shown)) ?? (await messages.findOne({ source: inboundSource(inboxId, address, vendorId) }, shown));
  if (quoted === null || quoted.deletedAt !== undefined) return null;
  const text = firstLine(quoted.body, 80) || quoted.files.map((file) => file.name).join(", ");
  return text === "" ? null : { text };
}
