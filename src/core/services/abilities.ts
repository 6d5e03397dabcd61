/** What a conversation's channel can and can't do beyond plain text, in words for agents: read from its adapter's table. */
import type { Capabilities } from "../model/capabilities.ts";
import type { ChannelAdapter } from "../ports.ts";

const ABILITIES: readonly [words: string, can: (table: Capabilities) => boolean][] = [
  ["change what was sent", ({ edit }) => edit.is], ["take back what was sent", (table) => table.delete.is], ["your reactions", ({ react }) => react.is], ["a quote above a reply", ({ quotes }) => quotes.is],
  ["choices to press", ({ choices }) => choices.is !== null], ["copies to others", ({ recipients }) => recipients.is !== null], ["that you type", ({ typing }) => typing.is], ["that you have read", ({ markRead }) => markRead.is],
  ["receipts of delivery", ({ receipts }) => receipts.is !== "none"], ["receipts of reading", ({ receipts }) => receipts.is === "read"],
];

const KIB = 1_024;
export const megabytes = (bytes: number): string => `${bytes % (KIB * KIB) === 0 ? bytes / (KIB * KIB) : Math.floor(bytes / 1_000_000)} MB`;

/** Lines to read; none for an inbox that is off. */
export function abilitiesInWords(adapter: Pick<ChannelAdapter, "capabilities"> | undefined): string[] {
  if (adapter === undefined) return [];
  const { capabilities: table } = adapter, { files, window, templates } = table;
  const named = (wanted: boolean): string => ABILITIES.filter(([, can]) => can(table) === wanted).map(([words]) => words).join(", ");
  return [
    `This channel can: ${[files.is === 0 ? "" : `files up to ${megabytes(files.is)}`, named(true)].filter((part) => part !== "").join(", ")}`,
    ...(named(false) === "" ? [] : [`It can't: ${named(false)}`]),
    ...(window.is === null ? [] : [`Free replies go for ${window.is / 3_600_000} hours after the customer's last line${templates.is ? "; then approved templates" : ""}`]),
  ];
}
