/** Delivery to the widget. The database is ours: core's feed stamp, written before the call, is the whole effect. */
import type { DeletingChannel, EditingChannel, OutboundMessage, OwnStoreChannel, Part, PartReceipt, VisitedChannel } from "../../core/ports.ts";
import { capabilities } from "./capabilities.ts";

/** One part, whatever its length: the visitor's browser shows the stored message itself. */
const plan = (_message: OutboundMessage): Part[] => [{ index: 0, kind: "feed", data: null }];

export const widgetAdapter = {
  id: "widget",
  ownStore: true,
  visits: true,
  capabilities,
  plan,
  sendPart: async (_to, _part, key): Promise<PartReceipt> => ({ vendorId: key, state: "sent" }),
  editPart: async () => {},
  deletePart: async () => {},
} as const satisfies OwnStoreChannel & VisitedChannel & EditingChannel & DeletingChannel;
