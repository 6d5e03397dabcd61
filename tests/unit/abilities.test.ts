/** What an agent reads of a channel before they write: each channel's own declarations, in words. */
import { expect, onTestFinished, test } from "vitest";
import { widgetAdapter } from "../../src/channels/widget/adapter.ts";
import type { ChannelAdapter } from "../../src/core/ports.ts";
import { abilitiesInWords } from "../../src/core/services/abilities.ts";
import { FakeBridge } from "../fakes/bridge/server.ts";
import { wireBridge } from "../fakes/bridge/wire.ts";
import { wireEmail } from "../fakes/email/wire.ts";
import { FakeTelegram } from "../fakes/telegram/server.ts";
import { wireTelegram } from "../fakes/telegram/wire.ts";
import { FakeWhatsApp } from "../fakes/whatsapp/server.ts";
import { wireWhatsApp } from "../fakes/whatsapp/wire.ts";

const ends = <T extends { close(): Promise<unknown> }>(fake: T): T => { onTestFinished(async () => { await fake.close(); }); return fake; };
const CHANNELS: Record<string, [make: () => Promise<ChannelAdapter> | ChannelAdapter, words: string[]]> = {
  telegram: [async () => wireTelegram(ends(await FakeTelegram.start())).adapter, [
    "This channel can: files up to 50 MB, change what was sent, take back what was sent, your reactions, a quote above a reply, choices to press, that you type", "It can't: copies to others, that you have read, receipts of delivery, receipts of reading",
  ]],
  whatsapp: [async () => wireWhatsApp(ends(await FakeWhatsApp.start())).adapter, [
    "This channel can: files up to 100 MB, your reactions, a quote above a reply, choices to press, that you type, receipts of delivery, receipts of reading", "It can't: change what was sent, take back what was sent, copies to others, that you have read",
    "Free replies go for 24 hours after the customer's last line; then approved templates",
  ]],
  email: [() => wireEmail({ smtpPort: 1 }).adapter, [
    "This channel can: files up to 18 MB, copies to others", "It can't: change what was sent, take back what was sent, your reactions, a quote above a reply, choices to press, that you type, that you have read, receipts of delivery, receipts of reading",
  ]],
  api: [async () => wireBridge(ends(await FakeBridge.start())).adapter, [
    "This channel can: files up to 50 MB, change what was sent, take back what was sent, your reactions, that you type, that you have read, receipts of delivery, receipts of reading", "It can't: a quote above a reply, choices to press, copies to others",
  ]],
  widget: [() => widgetAdapter, [
    "This channel can: files up to 50 MB, change what was sent, take back what was sent, choices to press, that you type, that you have read, receipts of delivery, receipts of reading", "It can't: your reactions, a quote above a reply, copies to others",
  ]],
};

test.each(Object.entries(CHANNELS))("%s", async (_name, [make, words]) => {
  expect(abilitiesInWords(await make())).toEqual(words);
});

test("an inbox that is off says nothing", () => { expect(abilitiesInWords(undefined)).toEqual([]); });
