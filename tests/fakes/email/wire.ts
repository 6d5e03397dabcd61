/** An adapter wired to the fake, as `main.ts` would wire it. */
import { createHmac } from "node:crypto";
import type { Inbox } from "../../../src/core/model/types.ts";
import { createBus } from "../../../src/core/bus.ts";
import type { FileStore } from "../../../src/core/ports.ts";
import { emailKind } from "../../../src/channels/email/kind.ts";
import type { ChannelDeps } from "../../../src/channels/shared/kind.ts";
import { memoryFiles } from "../memory-files.ts";
import { memoryLog } from "../telegram/wire.ts";

export interface WiredOptions { /** DNS; without it nothing is found. */ lookUp?: ChannelDeps["lookUp"]; /** What an earlier adapter of the same inbox kept. */ vault?: { read(): Promise<unknown>; write(value: unknown): Promise<void> }; settings?: object; files?: FileStore; inboxId?: string; smtpPort: number }

export const testSign = (text: string): string => createHmac("sha256", "a test's key").update(text).digest("base64url");

function keeps() {
  let kept: unknown = null;
  return { read: async () => kept, write: async (value: unknown) => { kept = structuredClone(value); } };
}

export function wireEmail({ settings = {}, files = memoryFiles(), inboxId = "inbox-email", smtpPort, vault = keeps(), lookUp = async () => { throw Object.assign(new Error("There is no such name."), { code: "ENOTFOUND" }); } }: WiredOptions) {
  const read = emailKind.settings.parse({ address: "support@shop.example", smtp: { host: "127.0.0.1", port: smtpPort, security: "none" }, ...settings });
  const { identity, config, secrets } = emailKind.read(read);
  const log = memoryLog(), clock = { now: () => new Date() };
  const inbox: Inbox = {
    _id: inboxId, name: "Shop", channel: "email", identity, enabled: true, config, secrets: {}, deskTargetId: "target", createdAt: clock.now(),
    settings: { undoSeconds: 0, doubleReplySeconds: 0, noteFirst: false, reopenHours: 24, takeOnReply: false },
  };
  const troubles: (string | null)[] = [];
  const memory = keeps();
  const adapter = emailKind.create(inbox, {
    secret: (name) => secrets[name]!, files, log, bus: createBus(() => undefined), clock, trouble: (now) => { troubles.push(now?.code ?? null); }, publicUrl: null, rateLimits: false, sign: testSign, memory, vault, lookUp,
  });
  return { adapter, inbox, log, files, secrets, troubles, memory, vault };
}
