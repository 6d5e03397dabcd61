/** How work is given out, in the settings file: policies of inboxes and teams, skills and capacity of agents. */
import type { PlanDeps } from "./plan.ts";
import { UserError } from "../errors.ts";
import { didYouMean } from "../model/close-names.ts";
import type { DispositionRule } from "../model/disposition.ts";
import type { AgentWork, RoutingPolicy } from "../model/routing.ts";
import type { Agent, Inbox, Team } from "../model/types.ts";
import { readCondition } from "../services/routing.ts";
import type { InboxEntry, RoutingEntry, SettingsFile } from "./shape.ts";
import type { Fault, Path, ReadFile } from "./yaml.ts";

const given = <T extends object>(values: T): T => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;

/** What the file says of an agent's work; what it leaves out stays as it is stored. */
export const workOf = ({ skills, capacity }: { skills?: string[] | undefined; capacity?: Record<string, number> | undefined }): Pick<AgentWork, "skills" | "capacity"> =>
  ({ ...(skills === undefined ? {} : { skills: [...new Set(skills)] }), ...(capacity === undefined ? {} : { capacity }) });

/** A policy in the file replaces the stored one as a whole. */
export const policyOf = (entry: RoutingEntry | undefined, stored: RoutingPolicy | undefined): { routing?: RoutingPolicy } => {
  if (entry === undefined) return stored === undefined ? {} : { routing: stored };
  const { needs, ...rest } = entry;
  return { routing: given({ ...rest, ...(needs === undefined ? {} : { needs: needs.map((need) => given(need)) }) }) as RoutingPolicy };
};

/** What an inbox asks for at resolve; undefined: what is stored stays. */
export const atResolveOf = (entry: InboxEntry["atResolve"]): { atResolve?: DispositionRule | null } => {
  if (entry === undefined) return {};
  if (entry === "off") return { atResolve: null };
  return { atResolve: { labels: entry.labels ?? [], fields: (entry.fields ?? []).map(({ key, name, values }) => ({ key, name: name ?? key, ...(values === undefined ? {} : { values }) })) } };
};

interface Names { agents: Agent[]; teams: Team[]; inboxes: Inbox[]; labels: string[] }

/** Channels, skills and conditions that there are not. */
export function workFaults(deps: PlanDeps, file: ReadFile, wanted: SettingsFile, names: Names, faults: Fault[]): void {
  const channels = [...Object.keys(deps.channelKinds), "all"];
  for (const [i, { capacity = {} }] of (wanted.agents ?? []).entries()) {
    for (const channel of Object.keys(capacity)) {
      if (!channels.includes(channel)) faults.push(file.fault(["agents", i, "capacity"], `There is no channel ${channel}.${didYouMean(channel, channels)} There is ${channels.toSorted().join(", ")}.`, channel));
    }
  }
  for (const [i, { routing, atResolve }] of (wanted.inboxes ?? []).entries()) {
    needFaults(deps, file, ["inboxes", i], routing, names, faults);
    for (const label of atResolve === undefined || atResolve === "off" ? [] : (atResolve.labels ?? [])) {
      if (!names.labels.includes(label)) faults.push(file.fault(["inboxes", i, "atResolve", "labels"], `There is no label ${label}.${didYouMean(label, names.labels)}`));
    }
  }
  for (const [i, { routing }] of (wanted.teams ?? []).entries()) needFaults(deps, file, ["teams", i], routing, names, faults);
}

function needFaults(deps: PlanDeps, file: ReadFile, at: Path, routing: RoutingEntry | undefined, names: Names, faults: Fault[]): void {
  if (routing === undefined) return;
  if (routing.mode !== "skills" && routing.needs !== undefined) faults.push(file.fault([...at, "routing", "needs"], `needs is for the mode skills, this one is ${routing.mode}.`));
  if (routing.mode === "manual" && routing.queueMessage !== undefined) faults.push(file.fault([...at, "routing", "queueMessage"], "queueMessage is for modes that give out by themselves: in a manual one nobody can say who is next."));
  const known = [...new Set(names.agents.filter(({ active }) => active).flatMap(({ skills = [] }) => skills))];
  for (const [n, { skill, when }] of (routing.needs ?? []).entries()) {
    const path = [...at, "routing", "needs", n];
    if (!known.includes(skill)) faults.push(file.fault([...path, "skill"], `No active agent has the skill ${skill}, so what needs it would wait for ever.${didYouMean(skill, known)} Add it under skills of an agent.`));
    if (when === undefined) continue;
    try {
      readCondition(when, names, deps.clock.now());
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      faults.push(file.fault([...path, "when"], error.message.replace("A routing rule can't ask for the desk: it decides it.", "What a conversation needs can't depend on its desk.")));
    }
  }
}
