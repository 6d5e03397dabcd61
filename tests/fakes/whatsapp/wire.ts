/** An adapter wired to the fake, as `main.ts` would wire it. */
import type { Inbox } from "../../../src/core/model/types.ts";
import { createBus } from "../../../src/core/bus.ts";
import type { ChannelAdapter, Clock, FileStore } from "../../../src/core/ports.ts";
import { isWhatsApp, type WhatsAppChannel } from "../../../src/channels/whatsapp/adapter.ts";
import { whatsappKind } from "../../../src/channels/whatsapp/kind.ts";
import { TestLog } from "../../support/core.ts";
import { memoryFiles } from "../memory-files.ts";
import type { FakeWhatsApp } from "./server.ts";

export interface WiredOptions { rateLimits?: boolean; clock?: Clock; files?: FileStore; inboxId?: string; phoneNumberId?: string; appSecret?: string; apiUrl?: string; log?: TestLog; siblings?: () => ChannelAdapter[] }

export function wireWhatsApp(fake: FakeWhatsApp, { rateLimits = false, clock = { now: () => new Date() }, files = memoryFiles(), inboxId = "inbox-whatsapp", phoneNumberId = fake.phoneNumberId, appSecret = fake.appSecret, apiUrl = fake.apiUrl, log = new TestLog(), siblings }: WiredOptions = {}) {
  const { wabaId, accessToken, verifyToken } = fake;
  const { identity, config, secrets } = whatsappKind.read(whatsappKind.settings.parse({ phoneNumberId, wabaId, accessToken, appSecret, verifyToken, apiUrl }));
  const inbox: Inbox = {
    _id: inboxId, name: "WhatsApp", channel: "whatsapp", identity, enabled: true, config, secrets: {}, deskTargetId: "target", createdAt: clock.now(),
    settings: { undoSeconds: 0, doubleReplySeconds: 0, noteFirst: false, reopenHours: 24, takeOnReply: false },
  };
  const troubles: (string | null)[] = [];
  const adapter = whatsappKind.create(inbox, {
    secret: (name) => secrets[name]!, files, log, bus: createBus(() => undefined), clock, trouble: (now) => { troubles.push(now?.code ?? null); }, publicUrl: "https://desk.example.com", rateLimits,
    sign: (text) => `signed:${text}`, memory: { read: async () => null, write: async () => undefined },
    ...(siblings === undefined ? {} : { siblings }),
  });
  if (!isWhatsApp(adapter)) throw new Error("WhatsApp's kind makes WhatsApp's adapter.");
  return { adapter: adapter satisfies WhatsAppChannel, log, files, troubles };
}
