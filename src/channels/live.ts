/** The live adapters: one per enabled inbox, with its poller under a lease so that one process alone asks the vendor. */
import type { Core } from "../core/core.ts";
import { holdLease } from "../core/lanes/process-lease.ts";
import type { Inbox } from "../core/model/types.ts";
import { createCallLog } from "../core/services/call-log.ts";
import { isListening, isWebhook } from "../core/ports.ts";
import type { ChannelAdapter } from "../core/ports.ts";
import { troubleReporter } from "../core/services/channel-trouble.ts";
import { forgetSettings } from "../core/services/inbox-settings.ts";
import { receiveEvent } from "../core/services/receive-inbound.ts";
import type { ChannelDeps, ChannelKind, ChannelMemory } from "./shared/kind.ts";

interface Live { inbox: string; stop?: () => Promise<void> }

export interface LiveChannels {
  /** Brings the adapters to what the inboxes say now: made, replaced or ended. */
  reload(): Promise<void>;
  /** By its inbox's id, or by the name under which it takes calls. */
  adapterOf(idOrHookName: string): ChannelAdapter | null;
  stop(): Promise<void>;
}

export function createLiveChannels(core: Core, kinds: Record<string, ChannelKind>, publicUrl: string | null): LiveChannels {
  const live = new Map<string, Live>();
  const calls = createCallLog(core);

  const depsFor = (inbox: Inbox): ChannelDeps => ({
    secret(name) {
      const sealed = inbox.secrets[name];
      if (sealed === undefined) throw new Error(`The inbox "${inbox.name}" has no ${name}.`);
      return core.secrets.open(sealed);
    },
    files: core.files, log: core.log, bus: core.bus, clock: core.clock, trouble: troubleReporter(core, inbox._id), calls, publicUrl, rateLimits: core.limits.rateLimits,
    sign: (text) => core.secrets.sign(`channel:${inbox._id}`, text), memory: memoryOf(core, `channel-memory:${inbox._id}`), vault: vaultOf(core, inbox._id),
    siblings: () => [...core.channels.values()].filter((one) => one.id === inbox.channel),
  });

  function start(inbox: Inbox): void {
    const kind = kinds[inbox.channel];
    if (kind === undefined) return core.log.error({ inboxId: inbox._id }, "This inbox is of a kind that this version does not know; it stays silent.");
    try {
      const adapter = kind.create(inbox, depsFor(inbox));
      core.channels.set(inbox._id, adapter);
      const entry: Live = { inbox: asKey(inbox) };
      if (isListening(adapter)) {
        const sink = async (events: Parameters<Parameters<typeof adapter.listen>[0]>[0]) => { for (const event of events) await receiveEvent(core, event); };
        entry.stop = holdLease(core, `listen:${inbox._id}`, (signal) => adapter.listen(sink, signal));
      }
      live.set(inbox._id, entry);
    } catch (error) {
      core.log.error({ err: error, inboxId: inbox._id }, "An inbox could not be started; the others run on.");
    }
  }
  async function end(id: string): Promise<void> {
    await live.get(id)?.stop?.();
    live.delete(id);
    core.channels.delete(id);
  }

  return {
    async reload() {
      forgetSettings(core);
      const wanted = new Map((await core.store.inboxes.find({ enabled: true }).toArray()).map((inbox) => [inbox._id, inbox]));
      for (const [id, entry] of live) if (wanted.get(id) === undefined || asKey(wanted.get(id)!) !== entry.inbox) await end(id);
      for (const inbox of wanted.values()) if (!live.has(inbox._id)) start(inbox);
    },
    adapterOf: (name) => core.channels.get(name) ?? [...core.channels.values()].find((one) => isWebhook(one) && one.hookName === name) ?? null,
    async stop() {
      await Promise.all([...live.values()].map((entry) => entry.stop?.()));
    },
  };
}

/** Kept with the settings: it is written after what it points behind is stored. */
function memoryOf(core: Core, _id: string): ChannelMemory {
  return {
    read: async () => (await core.store.settings.findOne({ _id }))?.value ?? null,
    async write(value) { await core.store.settings.updateOne({ _id }, { $set: { value, at: core.clock.now() } }, { upsert: true }); },
  };
}

function vaultOf(core: Core, inboxId: string): ChannelMemory {
  const memory = memoryOf(core, `channel-vault:${inboxId}`);
  return {
    async read() { const sealed = await memory.read(); return typeof sealed === "string" ? JSON.parse(core.secrets.open(sealed)) as unknown : null; },
    write: (value) => memory.write(core.secrets.seal(JSON.stringify(value))),
  };
}

/** What an adapter was made from; another one is made when it differs. */
const asKey = (inbox: Inbox): string => JSON.stringify([inbox.channel, inbox.config, inbox.secrets]);
