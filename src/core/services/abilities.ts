/** What a conversation's channel can and can't do beyond plain text, in words for agents: read from what its adapter declares. */
import { canDelete, canEdit, canMarkRead, canOfferChoices, canQuote, canReact, canType, hasTemplates, hasWindow, isOwnStore, isThreading, tellsReceipts, type ChannelAdapter } from "../ports.ts";

const ABILITIES: readonly [words: string, can: (adapter: ChannelAdapter) => boolean][] = [
  ["change what was sent", canEdit], ["take back what was sent", canDelete], ["your reactions", canReact], ["a quote above a reply", canQuote], ["choices to press", canOfferChoices],
  ["copies to others", isThreading], ["that you type", (adapter) => canType(adapter) || isOwnStore(adapter)], ["that you have read", (adapter) => canMarkRead(adapter) || isOwnStore(adapter)],
  ["receipts of delivery", tellsReceipts], ["receipts of reading", (adapter) => tellsReceipts(adapter) && adapter.receipts === "read"],
];

const KIB = 1_024;
const megabytes = (bytes: number): string => `${bytes % (KIB * KIB) === 0 ? bytes / (KIB * KIB) : Math.floor(bytes / 1_000_000)} MB`;

/** Lines to read; none for an inbox that is off. */
export function abilitiesInWords(adapter: ChannelAdapter | undefined): string[] {
  if (adapter === undefined) return [];
  const named = (wanted: boolean): string => ABILITIES.filter(([, can]) => can(adapter) === wanted).map(([words]) => words).join(", ");
  return [
    `This channel can: ${[`files up to ${megabytes(adapter.limits.fileBytes)}`, named(true)].filter((part) => part !== "").join(", ")}`,
    ...(named(false) === "" ? [] : [`It can't: ${named(false)}`]),
    ...(hasWindow(adapter) ? [`Free replies go for ${adapter.windowMs / 3_600_000} hours after the customer's last line${hasTemplates(adapter) ? "; then approved templates" : ""}`] : []),
  ];
}
