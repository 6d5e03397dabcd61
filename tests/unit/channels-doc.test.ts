/** `docs/channels.md` says what the tables beside the adapters say; those whose contract runs elsewhere are held to theirs here. */
import { readFileSync, writeFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { capabilitiesOf as apiTable } from "../../src/channels/api/capabilities.ts";
import { capabilitiesOf as emailTable } from "../../src/channels/email/capabilities.ts";
import { channelKinds } from "../../src/channels/registry.ts";
import { capabilities as telegram } from "../../src/channels/telegram/capabilities.ts";
import { widgetAdapter } from "../../src/channels/widget/adapter.ts";
import { capabilities as widget } from "../../src/channels/widget/capabilities.ts";
import { capabilities as whatsapp } from "../../src/channels/whatsapp/capabilities.ts";
import type { Ability, Capabilities } from "../../src/core/model/capabilities.ts";
import { megabytes } from "../../src/core/services/abilities.ts";
import { denialsAreWords, tableHolds } from "../contracts/channel-table.ts";
import { FakeBridge } from "../fakes/bridge/server.ts";
import { wireBridge } from "../fakes/bridge/wire.ts";
import { wireEmail } from "../fakes/email/wire.ts";

const MOST = 20;
const TABLES: [name: string, table: Capabilities][] = [["Telegram", telegram], ["WhatsApp", whatsapp], ["Email", emailTable(MOST)], ["Widget", widget], ["API", apiTable(["choices", "quotes"])]];

const yes = (is: boolean): string => (is ? "yes" : "no");
const characters = (is: number): string => `${is.toLocaleString("en")} characters`;
type Row<K extends keyof Capabilities> = readonly [ability: K, label: string, words: (is: Capabilities[K]["is"]) => string];
const row = <K extends keyof Capabilities>(...one: Row<K>): readonly [string, (table: Capabilities) => string, (table: Capabilities) => Ability<unknown>] =>
  [one[1], (table) => one[2](table[one[0]].is), (table) => table[one[0]]];
const ROWS = [
  row("text", "One message", characters), row("files", "One file", megabytes), row("formatting", "Formatting", (is) => is.join(", ") || "plain words"),
  row("edit", "Change what was sent", yes), row("delete", "Take back what was sent", yes), row("react", "The team's reactions", yes), row("quotes", "A quote above a reply", yes),
  row("choices", "Choices to press", (is) => (is === null ? "a numbered list" : `under ${characters(is)}`)), row("recipients", "Several recipients", (is) => (is === null ? "no" : `up to ${is}`)),
  row("typing", "Shows that you type", yes), row("markRead", "Shows that you have read", yes), row("receipts", "Receipts", (is) => ({ none: "no", delivered: "delivered", read: "delivered, read" })[is]),
  row("blocked", "Says when we are blocked", yes), row("window", "Free replies", (is) => (is === null ? "at any time" : `${is / 3_600_000} hours after the customer's last line`)), row("templates", "Approved templates", yes),
];

const linked = (source: string): string => (source.startsWith("docs/") ? `[${source}](${source.slice("docs/".length)})` : source.startsWith("src/") ? `[${source}](../${source})` : `[${source}](https://${source})`);
const section = ([name, table]: (typeof TABLES)[number]): string => [`## ${name}`, "", "| | how much | but | source |", "|---|---|---|---|",
  ...ROWS.map(([label, words, of]) => `| ${label} | ${words(table)} | ${of(table).but ?? ""} | ${linked(of(table).source)} |`), ""].join("\n");
const page = [
  "# What each channel can do", "",
  "Written from the tables beside the adapters (`src/channels/<channel>/capabilities.ts`), to which the channel contract holds each adapter. In a thread, `/contact` says the same of its own channel.",
  "What a channel can't do is refused in words before anything is called: a change, a way back, a recipient, a template, a file that is too large, a reply after its time.",
  "Choices go as a numbered list there, a quote as a plain reply; a reaction stays on the desk.", "",
  ...TABLES.map(section),
].join("\n");

const path = new URL("../../docs/channels.md", import.meta.url);
test("docs/channels.md equals the tables; UPDATE_DOCS=1 npx vitest run tests/unit/channels-doc.test.ts writes it anew", () => {
  if (process.env.UPDATE_DOCS === "1") writeFileSync(path, page);
  expect(readFileSync(path, "utf8")).toBe(page);
  expect(TABLES.map(([name]) => name.toLowerCase()).toSorted()).toEqual(Object.keys(channelKinds).toSorted());
  expect(ROWS).toHaveLength(Object.keys(telegram).length);
});

test("the widget, and settings that change a table: an adapter has what its table says, and the rest is words", async () => {
  const bridge = await FakeBridge.start();
  onTestFinished(() => bridge.close());
  for (const shows of [["choices"], ["quotes"], ["choices", "quotes"]] as const) {
    const { adapter } = wireBridge(bridge, { settings: { shows } });
    tableHolds(adapter);
    expect([adapter.capabilities.choices.is !== null, adapter.capabilities.quotes.is]).toEqual([shows.some((one) => one === "choices"), shows.some((one) => one === "quotes")]);
  }
  const { adapter } = wireEmail({ smtpPort: 1, settings: { maxRecipients: 3 } });
  expect(adapter.capabilities.recipients.is).toBe(3);
  tableHolds(widgetAdapter);
  await denialsAreWords(widgetAdapter, "visitor-ana", () => [], async () => ({ fileId: "f1", name: "a.txt", type: "text/plain", bytes: 3, state: "ready" }));
});
