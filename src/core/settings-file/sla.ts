/** Service levels of the settings file: the list as it stands there is the list. */
import { isDeepStrictEqual } from "node:util";
import { UserError } from "../errors.ts";
import { spanMs } from "../filters/parse.ts";
import { didYouMean } from "../model/close-names.ts";
import type { SlaPolicy, SlaStep } from "../model/sla.ts";
import type { Agent, DeskTarget, Inbox, Team } from "../model/types.ts";
import type { Clock } from "../ports.ts";
import { SLA_ID } from "../services/inbox-settings.ts";
import { readCondition } from "../services/routing.ts";
import type { Store } from "../store/store.ts";
import type { SettingsFile } from "./shape.ts";
import type { Fault, ReadFile } from "./yaml.ts";

const USUAL_STEPS: SlaStep[] = [{ at: 50, tell: "thread" }, { at: 80, tell: "assignee" }, { at: 100, tell: "team" }, { at: 100, tell: "supervisors" }];

interface Names { agents: Agent[]; teams: Team[]; inboxes: Inbox[]; labels: string[]; desks: DeskTarget[] }

/** Undefined where the file says nothing of them: what is stored stays. */
export function planSla(clock: Clock, file: ReadFile, wanted: SettingsFile, { desks, ...names }: Names, faults: Fault[]): SlaPolicy[] | undefined {
  const entries = wanted.sla;
  return entries?.map(({ name, when, firstReply, nextReply, resolution, hours, pauseOn, steps, supervisors }, i): SlaPolicy => {
    const path = ["sla", i];
    if (entries.slice(0, i).some((one) => one.name.toLowerCase() === name.toLowerCase())) faults.push(file.fault([...path, "name"], `There is a second service level ${name} in this file. Give it another name.`));
    if (/^(none|auto)$/i.test(name)) faults.push(file.fault([...path, "name"], `A service level can't be called ${name}: the word has a meaning of its own in the command. Choose another.`));
    const desk = supervisors === undefined ? undefined : desks.find((one) => one.name === supervisors);
    if (supervisors !== undefined && desk === undefined) faults.push(file.fault([...path, "supervisors"], `There is no desk named ${supervisors}.${didYouMean(supervisors, desks.map((one) => one.name))}`));
    for (const [key, value] of Object.entries({ firstReply, nextReply, resolution })) if (value !== undefined && spanMs(value) === 0) faults.push(file.fault([...path, key], `${key} must be longer than nothing.`));
    if (when !== undefined) {
      try {
        readCondition(when, names, clock.now());
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        faults.push(file.fault([...path, "when"], error.message.replace("A routing rule can't ask for the desk: it decides it.", "A service level can't ask for the desk.").replace("A routing rule can't look for words in messages: it decides when the thread is opened.", "A service level can't look for words in messages.")));
      }
    }
    const targets = Object.entries({ first: firstReply, next: nextReply, resolution }).flatMap(([key, value]) => (value === undefined ? [] : [[key, spanMs(value) ?? 0] as const]));
    return {
      name, ...(when === undefined ? {} : { when }), targets: Object.fromEntries(targets), working: hours === "working", pauseOn: pauseOn ?? ["pending", "snoozed"],
      steps: (steps ?? USUAL_STEPS).toSorted((a, b) => a.at - b.at), ...(desk === undefined ? {} : { supervisorsId: desk._id }),
    };
  });
}

export async function writeSla(store: Store, clock: Clock, wanted: SlaPolicy[] | undefined): Promise<string[]> {
  if (wanted === undefined) return [];
  const stored = (await store.settings.findOne({ _id: SLA_ID }))?.value ?? [];
  if (isDeepStrictEqual(stored, wanted)) return [];
  await store.settings.updateOne({ _id: SLA_ID }, { $set: { value: wanted, at: clock.now() } }, { upsert: true });
  return [`Service levels: ${wanted.length === 0 ? "none" : wanted.map(({ name }) => name).join(", ")}`];
}
