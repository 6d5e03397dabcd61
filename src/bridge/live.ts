/** The live desks: one connection for each kind of desk that has a target, made anew when its settings change. */
import type { Core } from "../core/core.ts";
import type { DeskKind, DeskTarget } from "../core/model/types.ts";
import type { DeskHost } from "../core/ports.ts";
import { isStreaming } from "../core/ports.ts";
import { deskTroubleId, troubleReporter } from "../core/services/channel-trouble.ts";
import { forgetSettings } from "../core/services/inbox-settings.ts";
import { forgetPresence } from "../core/services/presence.ts";
import type { DeskKindSpec, VendorDesk } from "./shared/kind.ts";
import { presenceOf } from "./shared/presence.ts";

interface Live { madeFrom: string; desk: VendorDesk }

export interface LiveDesks {
  /** Brings the connections to what the desk targets say now: made, replaced or ended. */
  reload(): Promise<void>;
  /** The connection of a kind, for the vendor's calls. */
  of(kind: DeskKind): VendorDesk | undefined;
  stop(): Promise<void>;
}

export function createLiveDesks(core: Core, host: DeskHost, kinds: Record<string, DeskKindSpec>, publicUrl: string | null): LiveDesks {
  const live = new Map<DeskKind, Live>();

  async function start(spec: DeskKindSpec, target: DeskTarget): Promise<void> {
    try {
      const desk = await spec.create(target, {
        core, publicUrl, trouble: troubleReporter(core, deskTroubleId(spec.id)),
        secret: (name) => { const sealed = target.secrets?.[name]; return sealed === undefined ? null : core.secrets.open(sealed); },
      });
      core.desks.set(spec.id, desk);
      live.set(spec.id, { madeFrom: asKey(target), desk });
      // Until it has been heard, replies written there wait.
      if (isStreaming(desk)) await host.stream(spec.id, "down");
      desk.start(host);
    } catch (error) {
      core.log.error({ err: error, desk: spec.id }, "A desk could not be started; the rest runs on.");
    }
  }
  async function end(kind: DeskKind): Promise<void> {
    const entry = live.get(kind);
    live.delete(kind);
    core.desks.delete(kind);
    await entry?.desk.stop();
  }

  return {
    async reload() {
      forgetSettings(core);
      const wanted = new Map<DeskKind, DeskTarget>();
      for (const target of await core.store.deskTargets.find().sort({ createdAt: 1 }).toArray()) {
        if (kinds[target.kind] !== undefined && !wanted.has(target.kind)) wanted.set(target.kind, target);
      }
      for (const [kind, entry] of live) if (wanted.get(kind) === undefined || asKey(wanted.get(kind)!) !== entry.madeFrom) await end(kind);
      for (const { id: kind } of Object.values(kinds)) if (presenceOf(wanted.get(kind)?.config) === null) await forgetPresence(core, kind);
      for (const [kind, target] of wanted) if (!live.has(kind)) await start(kinds[kind]!, target);
    },
    of: (kind) => live.get(kind)?.desk,
    stop: async () => void (await Promise.all([...live.keys()].map(end))),
  };
}

/** What a connection was made from; another one is made when it differs. */
const asKey = ({ kind, identity, config, secrets }: DeskTarget): string => JSON.stringify([kind, identity, config, secrets]);
