/** An adapter wired to the fake bridge, as `live.ts` would wire it. */
import { apiKind } from "../../../src/channels/api/kind.ts";
import { createBus } from "../../../src/core/bus.ts";
import type { Inbox } from "../../../src/core/model/types.ts";
import type { CallLog, CallTry, Clock } from "../../../src/core/ports.ts";
import { memoryFiles } from "../memory-files.ts";
import { SIGNING_SECRET, type FakeBridge } from "./server.ts";

export const KEY = "sms.a-test-key-that-is-long-enough-0001";
export const settingsFor = (callbackUrl: string, more: object = {}) =>
  apiKind.settings.parse({ key: KEY, callbackUrl, signingSecret: SIGNING_SECRET, allowPrivateAddress: true, ...more });

export interface WiredOptions { clock?: Clock; settings?: object; callbackUrl?: string }

export function wireBridge(bridge: FakeBridge, { clock = { now: () => new Date() }, settings = {}, callbackUrl = bridge.url }: WiredOptions = {}) {
  const { identity, config, secrets } = apiKind.read(settingsFor(callbackUrl, settings));
  const troubles: (string | null)[] = [], noted: CallTry[] = [];
  const calls: CallLog = { note: async (tried) => { noted.push(tried); } };
  const files = memoryFiles();
  const silent = () => undefined;
  const inbox: Inbox = {
    _id: "inbox-sms", name: "SMS", channel: "api", identity, enabled: true, config, secrets: {}, deskTargetId: "target", createdAt: clock.now(),
    settings: { undoSeconds: 0, doubleReplySeconds: 0, noteFirst: false, reopenHours: 24, takeOnReply: false },
  };
  const adapter = apiKind.create(inbox, {
    secret: (name) => secrets[name]!, files, log: { info: silent, warn: silent, error: silent, debug: silent }, bus: createBus(silent), clock,
    trouble: (now) => { troubles.push(now?.code ?? null); }, calls, publicUrl: null, rateLimits: false, sign: () => "", memory: { read: async () => null, write: async () => undefined },
  });
  return { adapter, inbox, files, troubles, noted };
}
