/** Delivery to the widget. The database is ours: core's feed stamp, written before the call, is the whole effect. */
import type { ChoosingChannel, DeletingChannel, EditingChannel, OutboundMessage, OwnStoreChannel, Part, PartReceipt, ReceiptedChannel, VisitedChannel } from "../../core/ports.ts";

/** Text: far above what a desk lets an agent write in one message. Files: what the file store takes from a desk. */
const limits = { textChars: 40_000, fileBytes: 50_000_000 };

/** One part, whatever its length: the visitor's browser shows the stored message itself. */
const plan = (_message: OutboundMessage): Part[] => [{ index: 0, kind: "feed", data: null }];

export const widgetAdapter = {
  id: "widget",
  ownStore: true,
  visits: true,
  receipts: "read",
  limits,
  choices: { bodyChars: limits.textChars },
  plan,
  sendPart: async (_to, _part, key): Promise<PartReceipt> => ({ vendorId: key, state: "sent" }),
  editPart: async () => {},
  deletePart: async () => {},
} as const satisfies OwnStoreChannel & VisitedChannel & EditingChannel & DeletingChannel & ChoosingChannel & ReceiptedChannel;
