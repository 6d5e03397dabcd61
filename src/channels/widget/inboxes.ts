/** Widget inboxes, remembered for two seconds: every call needs one, and settings change rarely. */
import type { Core } from "../../core/core.ts";
import type { Inbox } from "../../core/model/types.ts";
import { originAllowed } from "./origins.ts";

export interface WidgetInboxes {
  byKey(key: string): Promise<Inbox | null>;
  byId(id: string): Promise<Inbox | null>;
  /** Whether any widget may be called from there; a preflight does not say which one it is for. */
  anyAllows(origin: string): Promise<boolean>;
}

const KEEP_MS = 2_000;
/** An unknown key may belong to an inbox made a moment ago: look again, at most this often. */
const MISS_MS = 200;

export const allowedOrigins = (inbox: Inbox): string[] => {
  const rules = inbox.config["allowedOrigins"];
  return Array.isArray(rules) ? rules.filter((rule): rule is string => typeof rule === "string") : [];
};

export function createInboxes(core: Core): WidgetInboxes {
  let known: { at: number; list: Promise<Inbox[]> } | undefined;
  const all = (keepMs: number): Promise<Inbox[]> => {
    const now = performance.now();
    if (known === undefined || now - known.at > keepMs) {
      const list = core.store.inboxes.find({ channel: "widget" }).toArray();
      known = { at: now, list };
      list.catch(() => { known = undefined; });
    }
    return known.list;
  };
  const usable = async (fits: (inbox: Inbox) => boolean): Promise<Inbox | null> => {
    const pick = (list: Inbox[]) => list.find((inbox) => inbox.enabled && fits(inbox));
    return pick(await all(KEEP_MS)) ?? pick(await all(MISS_MS)) ?? null;
  };
  return {
    byKey: (key) => usable((inbox) => inbox.identity === key),
    byId: (id) => usable((inbox) => inbox._id === id),
    anyAllows: async (origin) => (await all(KEEP_MS)).some((inbox) => inbox.enabled && originAllowed(allowedOrigins(inbox), origin)),
  };
}
