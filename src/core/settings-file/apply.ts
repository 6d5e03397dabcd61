/** `threadline.yaml`: checks everything, then changes what differs. Applying the same file twice changes nothing. */
import { UserError } from "../errors.ts";
import type { SlaPolicy } from "../model/sla.ts";
import { SLA_ID } from "../services/inbox-settings.ts";
import { ROUTING_ID } from "../services/routing.ts";
import type { RoutingRule } from "../services/routing.ts";
import { isDuplicateKey } from "../store/store.ts";
import type { Store } from "../store/store.ts";
import { keepCannedFiles, type FileAccess } from "./canned-files.ts";
import { readHolidayFiles } from "./hours.ts";
import { readLimits } from "./limits.ts";
import { knownIn, makePlan, shapeFaults } from "./plan.ts";
import type { PlanDeps, StoredSettings } from "./plan.ts";
import { fileShape, inWords } from "./shape.ts";
import { writePlan } from "./write.ts";
import { readYaml } from "./yaml.ts";
import type { Fault } from "./yaml.ts";

export type { Fault };
export interface ApplyDeps extends PlanDeps {
  store: Store;
  /** Reads a file that the settings file names, from where that one lies. */
  readText?: (name: string) => Promise<string>;
  /** For the files of canned responses. */
  access?: FileAccess;
}
/** With faults nothing was changed. `changes` has one line for each thing that differed. */
export interface ApplyResult { changes: string[]; faults: Fault[] }

async function readStored(store: Store): Promise<StoredSettings> {
  const [agents, teams, hours, rules, labels, canned, macros, desks, inboxes, limits, routing, webhooks, sla] = await Promise.all([
    store.agents.find().toArray(), store.teams.find().toArray(), store.hours.find().toArray(), store.rules.find().toArray(), store.labels.find().toArray(), store.canned.find().toArray(), store.macros.find().toArray(), store.deskTargets.find().toArray(), store.inboxes.find().toArray(), readLimits(store), store.settings.findOne({ _id: ROUTING_ID }),
    store.webhooks.find().toArray(), store.settings.findOne({ _id: SLA_ID }),
  ]);
  return { agents, teams, hours, rules, labels, canned, macros, desks, inboxes, webhooks, rateLimits: limits.rateLimits ?? true, routing: (routing?.value ?? []) as RoutingRule[], sla: (sla?.value ?? []) as SlaPolicy[] };
}

/** `env` gives the values for `${NAME}`. @throws {UserError} NAME_TAKEN when the same was being written elsewhere. */
export async function applySettings(deps: ApplyDeps, text: string, env: Readonly<Record<string, string | undefined>>): Promise<ApplyResult> {
  const file = readYaml(text, env);
  const inOrder = (faults: Fault[]) => [...faults].sort((a, b) => a.line - b.line || a.column - b.column);
  if (file.faults.length > 0) return { changes: [], faults: inOrder(file.faults) };
  if (file.value === null) return { changes: [], faults: [file.fault([], "The file holds no settings.")] };
  const shape = fileShape.safeParse(file.value, { error: inWords });
  if (!shape.success) {
    const faults = shape.error.issues.flatMap((issue) => shapeFaults(file, [issue], [], knownIn(String(issue.path[0]))));
    return { changes: [], faults: inOrder(faults) };
  }
  const named = await readHolidayFiles(file, shape.data, deps.readText);
  if (named.faults.length > 0) return { changes: [], faults: inOrder(named.faults) };
  const stored = await readStored(deps.store);
  const plan = makePlan(deps, file, shape.data, stored, named.texts);
  if (plan.faults.length > 0) return { changes: [], faults: inOrder(plan.faults) };
  const kept = await keepCannedFiles(deps.store, file, plan.canned, stored.canned, deps.access);
  if (kept.faults.length > 0) return { changes: [], faults: inOrder(kept.faults) };
  try {
    return { changes: await writePlan(deps, { ...plan, canned: kept.wishes }, stored), faults: [] };
  } catch (error) {
    if (isDuplicateKey(error)) throw new UserError("NAME_TAKEN", "The same settings were being written elsewhere at this moment. Apply the file again.");
    throw error;
  } finally {
    await kept.clean();
  }
}
