/** A whole core on a real store whose inbox is a WhatsApp number, with Meta's fake calling its real route. */
import Fastify from "fastify";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished } from "vitest";
import { hookRoutes } from "../../src/channels/webhooks.ts";
import type { WhatsAppChannel } from "../../src/channels/whatsapp/adapter.ts";
import { forgetSettings } from "../../src/core/services/inbox-settings.ts";
import { FakeWhatsApp } from "../fakes/whatsapp/server.ts";
import { wireWhatsApp } from "../fakes/whatsapp/wire.ts";
import { buildTestCore, type TestCoreOptions } from "./core.ts";

export const WAIT = { timeout: 40_000 };
export const HOUR = 3_600_000;

export async function buildWhatsApp(options: TestCoreOptions = {}) {
  const help = await buildTestCore(options);
  const fake = await FakeWhatsApp.start();
  const adapters = new Map<string, WhatsAppChannel>();
  const add = (inboxId: string, phoneNumberId: string, appSecret = fake.appSecret): WhatsAppChannel => {
    const { adapter } = wireWhatsApp(fake, { inboxId, phoneNumberId, appSecret, files: help.core.files, clock: help.clock, log: help.log, siblings: () => [...adapters.values()] });
    adapters.set(phoneNumberId, adapter);
    help.core.channels.set(inboxId, adapter);
    return adapter;
  };
  const adapter = add(help.inbox._id, fake.phoneNumberId);
  await help.store.inboxes.updateOne({ _id: help.inbox._id }, { $set: { channel: "whatsapp", identity: fake.phoneNumberId } });
  forgetSettings(help.core);
  const app = Fastify();
  await app.register(hookRoutes({ log: help.log, inboxById: (id) => { const found = adapters.get(id); return found === undefined ? null : { adapter: found }; }, receive: help.receive }));
  await app.listen({ port: 0, host: "127.0.0.1" });
  fake.hook = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/hooks/whatsapp/${fake.phoneNumberId}`;
  onTestFinished(async () => { await app.close(); await fake.close(); });
  const ana = fake.user({ phone: "16505551234", userId: "US.13491208655302741918", name: "Ana" });
  return {
    ...help, fake, app, adapter, add, ana,
    /** Told by Meta, and worked off. */
    async hear(...happenings: Parameters<FakeWhatsApp["tell"]>) {
      expect(await fake.tell(...happenings)).toBe(200);
      await help.settle();
    },
    reply: async () => (await help.lines("outgoing")).at(-1)!,
    notices: () => help.desk.notices.map(({ notice }) => notice),
  };
}
