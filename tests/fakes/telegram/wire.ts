/** An adapter wired to the fake, as `main.ts` would wire it. */
import type { Inbox } from "../../../src/core/model/types.ts";
import { createBus } from "../../../src/core/bus.ts";
import type { Clock, FileStore, Logger } from "../../../src/core/ports.ts";
import { telegramKind } from "../../../src/channels/telegram/kind.ts";
import { memoryFiles } from "../memory-files.ts";
import type { FakeTelegram } from "./server.ts";

export interface LogLine { level: string; data: Record<string, unknown>; text: string }
export function memoryLog(): Logger & { lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at = (level: string) => (data: object, text: string) => { lines.push({ level, data: data as Record<string, unknown>, text }); };
  return { lines, info: at("info"), warn: at("warn"), error: at("error"), debug: at("debug") };
}

export interface WiredOptions { webhook?: boolean; groups?: boolean; publicUrl?: string | null; rateLimits?: boolean; clock?: Clock; files?: FileStore; inboxId?: string; apiRoot?: string }

export function wireTelegram(fake: FakeTelegram, { webhook = false, groups = false, publicUrl = null, rateLimits = false, clock = { now: () => new Date() }, files = memoryFiles(), inboxId = "inbox-telegram", apiRoot = fake.apiRoot }: WiredOptions = {}) {
  const settings = telegramKind.settings.parse({ token: fake.token, apiRoot, webhook, groups });
  const { identity, config, secrets } = telegramKind.read(settings);
  const log = memoryLog();
  const inbox: Inbox = {
    _id: inboxId, name: "Bot", channel: "telegram", identity, enabled: true, config, secrets: {}, deskTargetId: "target", createdAt: clock.now(),
    settings: { undoSeconds: 0, doubleReplySeconds: 0, noteFirst: false, reopenHours: 24, takeOnReply: false },
  };
  const troubles: (string | null)[] = [];
  const adapter = telegramKind.create(inbox, { secret: (name) => secrets[name]!, files, log, bus: createBus(() => undefined), clock, trouble: (now) => { troubles.push(now?.code ?? null); }, publicUrl, rateLimits, sign: (text) => `signed:${text}`, memory: { read: async () => null, write: async () => undefined } });
  return { adapter, inbox, log, files, secrets, troubles };
}
