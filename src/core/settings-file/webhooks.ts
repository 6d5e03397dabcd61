/** Webhooks of the settings file: matched by name; their filters are read before anything is written. */
import { UserError } from "../errors.ts";
import type { FilterContext } from "../filters/plan.ts";
import { newId } from "../model/ids.ts";
import { WEBHOOK_EVENTS, type Webhook } from "../model/webhooks.ts";
import type { Clock } from "../ports.ts";
import { readWhen } from "../services/webhooks.ts";
import { matchEntries } from "./match.ts";
import type { Wish } from "./plan.ts";
import type { SettingsFile } from "./shape.ts";
import type { Fault, ReadFile } from "./yaml.ts";

type Names = Pick<FilterContext, "agents" | "teams" | "inboxes" | "labels" | "desks">;

/** Secrets stand open in `now.secrets` until written; `changed` tells which differ from what is stored. */
export function planWebhooks(clock: Clock, file: ReadFile, wanted: SettingsFile, stored: Webhook[], names: Names, changed: (stored: Record<string, string>, wanted: Record<string, string>) => string[], faults: Fault[]): Wish<Webhook>[] {
  const entries = wanted.webhooks ?? [];
  const found = matchEntries(file, entries.map((entry, i) => ({ path: ["webhooks", i], name: entry.name, identity: entry.name })), stored,
    { noun: "webhook", identityPath: "name", identityOf: (webhook) => webhook.name, refusal: () => "is spelt the same but for case" }, faults);
  return entries.map((entry, i) => {
    const { name, url, secret, events, when, enabled, allowPrivateAddress } = entry;
    try {
      if (when !== undefined) readWhen(when, names, clock.now());
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      faults.push(file.fault(["webhooks", i, "when"], error.message));
    }
    const was = found[i];
    const now: Webhook = {
      _id: was?._id ?? newId(clock.now()), createdAt: was?.createdAt ?? clock.now(), name, url, events: [...new Set(events ?? WEBHOOK_EVENTS)], when: when ?? "",
      enabled: enabled ?? true, allowPrivateAddress: allowPrivateAddress ?? false, secrets: { signing: secret },
    };
    return { was, now, secretsChanged: changed(was?.secrets ?? {}, now.secrets) };
  });
}
