/** What the file asks for, compared with what is stored: the documents as they should be and the faults that forbid it. Writes nothing. */
import { z } from "zod";
import { UserError } from "../errors.ts";
import { didYouMean } from "../model/close-names.ts";
import type { Rule } from "../model/rules.ts";
import type { HoursCalendar } from "../model/calendar.ts";
import type { AttributeDefinition } from "../model/attributes.ts";
import { newId } from "../model/ids.ts";
import type { Agent, CannedResponse, DeskTarget, Inbox, InboxSettings, Label, Macro, Team } from "../model/types.ts";
import type { AutoResolve, CsatSettings } from "../model/care.ts";
import type { Webhook } from "../model/webhooks.ts";
import type { Clock } from "../ports.ts";
import { readCondition } from "../services/routing.ts";
import type { RoutingRule } from "../services/routing.ts";
import type { Secrets } from "../services/secrets.ts";
import { matchEntries } from "./match.ts";
import { planAttributes } from "./attributes.ts";
import { hoursNamed, hoursShape, planHours } from "./hours.ts";
import { planRules, ruleShape } from "./rules.ts";
import { planCanned, textFault } from "./canned.ts";
import { continuityOf } from "./continuity.ts";
import { planMacros } from "./macros.ts";
import { planSla } from "./sla.ts";
import type { SlaPolicy } from "../model/sla.ts";
import { atResolveOf, policyOf, workFaults, workOf } from "./routing.ts";
import { planWebhooks } from "./webhooks.ts";
import { agentShape, attributeShape, cannedShape, deskShape, inWords, inboxShape, macroShape, routeShape, slaShape, teamShape, webhookShape } from "./shape.ts";
import type { DeskEntry, InboxEntry, SettingsFile } from "./shape.ts";
import type { Fault, Path, ReadFile } from "./yaml.ts";

/** How the fields that a channel adds to an inbox read; `ChannelKind` of the channels' room fits. */
export interface ChannelSettingsKind {
  settings: z.ZodType;
  read(settings: unknown): { identity: string; config: Record<string, unknown>; secrets: Record<string, string> };
  /** Its customers' addresses are mail addresses, so it may write to those of other inboxes. */
  mails?: true;
}
/** How the fields that a desk adds to its entry read. `linkByName`: people are known there by their agent's name. */
export interface DeskSettingsKind { settings: z.ZodType; read(settings: unknown): { identity: string; config?: Record<string, unknown>; secrets?: Record<string, string> }; linkByName?: boolean }

export interface PlanDeps {
  clock: Clock;
  secrets: Secrets;
  channelKinds: Readonly<Record<string, ChannelSettingsKind>>;
  deskKinds: Readonly<Record<string, DeskSettingsKind>>;
}
export interface StoredSettings { agents: Agent[]; teams: Team[]; hours: HoursCalendar[]; rules: Rule[]; labels: Label[]; canned: CannedResponse[]; macros: Macro[]; desks: DeskTarget[]; inboxes: Inbox[]; webhooks: Webhook[]; rateLimits: boolean; routing: RoutingRule[]; sla: SlaPolicy[] }

/** A document as it should be; `was` is absent for a new one. Secrets stand open in `secrets` until written. */
export interface Wish<T> { was: T | undefined; now: T; secretsChanged: string[] }
/** A canned response has a code for a name. `files`: as the file names them, where it does. */
export interface CannedWish { was: CannedResponse | undefined; now: CannedResponse; files?: { names: string[]; path: Path } }
export interface Plan { faults: Fault[]; agents: Wish<Agent>[]; teams: Wish<Team>[]; hours: Wish<HoursCalendar>[]; rules: Rule[] | undefined; labels: Wish<Label>[]; canned: CannedWish[]; macros: Wish<Macro>[]; desks: Wish<DeskTarget>[]; inboxes: Wish<Inbox>[]; webhooks: Wish<Webhook>[]; rateLimits: boolean | undefined; routing: RoutingRule[] | undefined; attributes: AttributeDefinition[] | undefined; sla: SlaPolicy[] | undefined }

const DEFAULT_COLOR = "#64748b";
export const DEFAULT_INBOX_SETTINGS: InboxSettings = { undoSeconds: 8, doubleReplySeconds: 3, noteFirst: false, reopenHours: 72, takeOnReply: true };

/** Zod's issues at their places in the file; an unknown setting is shown at its key. */
export function shapeFaults(file: ReadFile, issues: z.core.$ZodIssue[], at: Path, known: string[]): Fault[] {
  return issues.flatMap((issue) => {
    const path = [...at, ...issue.path.filter((part) => typeof part !== "symbol")];
    if (issue.code === "unrecognized_keys") return issue.keys.map((key) => file.fault(path, `${key} is not a setting here.${didYouMean(key, known)}`, key));
    const last = path.at(-1);
    const what = last === undefined ? "The file" : typeof last === "number" ? `Entry ${last + 1} of ${String(path.at(-2))}` : String(last);
    return [file.fault(path, `${what} ${issue.message}.`)];
  });
}

const without = (entry: object, names: string[]) => Object.fromEntries(Object.entries(entry).filter(([name]) => !names.includes(name)));
type Optional<T> = { [K in keyof T]?: T[K] | undefined };
const defined = <T extends object>(values: Optional<T>): Partial<T> => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
const wish = <T>(was: T | undefined, now: T, secretsChanged: string[] = []): Wish<T> => ({ was, now, secretsChanged });

/** The part of an entry that belongs to its kind, read by that kind; null after adding faults. */
function readKind<T>(file: ReadFile, at: Path, field: string, kindName: string, kinds: Readonly<Record<string, { settings: z.ZodType; read(settings: unknown): T }>>, rest: object, known: string[], faults: Fault[]): T | null {
  const kind = Object.hasOwn(kinds, kindName) ? kinds[kindName] : undefined;
  if (kind === undefined) {
    faults.push(file.fault([...at, field], `${field} ${kindName} is not known; there is ${Object.keys(kinds).sort().join(", ")}.${didYouMean(kindName, Object.keys(kinds))}`));
    return null;
  }
  const result = kind.settings.safeParse(rest, { error: inWords });
  if (!result.success) {
    const own = kind.settings instanceof z.ZodObject ? Object.keys(kind.settings.shape) : [];
    faults.push(...shapeFaults(file, result.error.issues, at, [...own, ...known]));
    return null;
  }
  return kind.read(result.data);
}

function planAgents(deps: PlanDeps, file: ReadFile, wanted: SettingsFile, stored: StoredSettings, calendars: HoursCalendar[], faults: Fault[]): Wish<Agent>[] {
  const entries = wanted.agents ?? [];
  const found = matchEntries(file, entries.map((entry, i) => ({ path: ["agents", i], name: entry.name, identity: entry.email })), stored.agents,
    { noun: "agent", identityPath: "email", identityOf: (agent) => agent.email, refusal: (agent) => `has the address ${agent.email}` }, faults);
  const byName = Object.entries(deps.deskKinds).filter(([, kind]) => kind.linkByName === true).map(([kind]) => kind);
  return entries.map((entry, i) => {
    const was = found[i];
    const hoursId = hoursNamed(file, ["agents", i], entry.hours, calendars, faults);
    const now: Agent = {
      ...(was ?? { _id: newId(deps.clock.now()), role: "agent", active: true, inboxIds: "all", timeZone: "UTC", createdAt: deps.clock.now() }),
      ...defined<Agent>(without(entry, ["name", "email", "skills", "capacity", "hours"])), ...workOf(entry), ...(hoursId === undefined ? {} : { hoursId }),
      name: entry.name, email: entry.email,
      links: [...(was?.links ?? []).filter((link) => !byName.includes(link.desk)), ...byName.map((desk) => ({ desk, userId: entry.name }))],
    };
    return wish(was, now);
  });
}

function planLabels(deps: PlanDeps, file: ReadFile, wanted: SettingsFile, stored: StoredSettings, faults: Fault[]): Wish<Label>[] {
  const entries = wanted.labels ?? [];
  const found = matchEntries(file, entries.map((entry, i) => ({ path: ["labels", i], name: entry.name, identity: entry.name })), stored.labels,
    { noun: "label", identityPath: "name", identityOf: (label) => label.name, refusal: () => "is spelt the same but for case" }, faults);
  return entries.map((entry, i) => wish(found[i], { _id: found[i]?._id ?? newId(deps.clock.now()), name: entry.name, color: entry.color ?? found[i]?.color ?? DEFAULT_COLOR }));
}

/** Members are named by their address. Agents and teams are called in the same place, so they share no name. */
function planTeams(deps: PlanDeps, file: ReadFile, wanted: SettingsFile, stored: StoredSettings, agents: Agent[], calendars: HoursCalendar[], faults: Fault[]): Wish<Team>[] {
  const entries = wanted.teams ?? [];
  const found = matchEntries(file, entries.map((entry, i) => ({ path: ["teams", i], name: entry.name, identity: entry.name })), stored.teams,
    { noun: "team", identityPath: "name", identityOf: (team) => team.name, refusal: () => "is spelt the same but for case" }, faults);
  const wishes = entries.map((entry, i) => {
    const memberIds = entry.members.flatMap((email, m) => {
      const agent = agents.find((one) => one.email === email);
      if (agent === undefined) faults.push(file.fault(["teams", i, "members", m], `No agent has the address ${email}.${didYouMean(email, agents.map((one) => one.email))}`));
      return agent === undefined ? [] : [agent._id];
    });
    const hoursId = hoursNamed(file, ["teams", i], entry.hours, calendars, faults) ?? (entry.hours === undefined ? found[i]?.hoursId : null);
    return wish(found[i], { _id: found[i]?._id ?? newId(deps.clock.now()), name: entry.name, memberIds: [...new Set(memberIds)], ...(hoursId === undefined ? {} : { hoursId }), ...policyOf(entry.routing, found[i]?.routing) });
  });
  const names = new Set(agents.map((agent) => agent.name.toLowerCase()));
  for (const [i, { name }] of entries.entries()) {
    if (names.has(name.toLowerCase()) || /^(me|mine|none|any|nobody)$/i.test(name)) faults.push(file.fault(["teams", i, "name"], `A team can't be called ${name}: ${names.has(name.toLowerCase()) ? "an agent is" : "the word has a meaning of its own in commands"}. Choose another name.`));
  }
  return wishes;
}

const deskIdentity = (desk: Pick<DeskTarget, "kind" | "identity" | "channel">) => JSON.stringify([desk.kind, desk.identity, desk.channel]);

function planDesks(deps: PlanDeps, file: ReadFile, wanted: SettingsFile, stored: StoredSettings, faults: Fault[]): Wish<DeskTarget>[] {
  const common = Object.keys(deskShape.shape);
  const read = (wanted.desks ?? []).flatMap((entry: DeskEntry, i) => {
    const kind = readKind(file, ["desks", i], "kind", entry.kind, deps.deskKinds, without(entry, common), common, faults);
    return kind === null ? [] : [{ entry, path: ["desks", i], connection: kind, facts: { kind: entry.kind, identity: kind.identity, channel: entry.channel } }];
  });
  const found = matchEntries<DeskTarget>(file, read.map(({ entry, path, facts }) => ({ path, name: entry.name, identity: deskIdentity(facts) })), stored.desks,
    { noun: "desk", identityPath: "channel", identityOf: deskIdentity, refusal: (desk) => `is the channel ${desk.channel} on ${desk.kind}` }, faults);
  oneConnectionAKind(file, read, stored, faults);
  return read.map(({ entry, facts, connection }, i) => {
    const was = found[i];
    const { config, secrets } = connection;
    const now: DeskTarget = {
      ...(was ?? { _id: newId(deps.clock.now()), createdAt: deps.clock.now() }), ...facts, name: entry.name,
      ...(config === undefined ? {} : { config }), ...(secrets === undefined ? {} : { secrets }),
    };
    return wish(was, now, changedSecrets(deps.secrets, was?.secrets ?? {}, secrets ?? {}));
  });
}

/** One organisation works in one workspace or server: a second connection of the same kind would leave its threads unheard. */
function oneConnectionAKind(file: ReadFile, read: { path: Path; facts: { kind: string; identity: string } }[], stored: StoredSettings, faults: Fault[]): void {
  const identities = new Map(stored.desks.map((desk) => [desk.kind, desk.identity]));
  for (const { path, facts } of read) {
    const known = identities.get(facts.kind);
    if (known !== undefined && known !== facts.identity) faults.push(file.fault([...path, "kind"], `Another ${facts.kind} connection (${known}) is in use. One installation has one of each kind; several channels of it may be desks.`));
    identities.set(facts.kind, facts.identity);
  }
}

function changedSecrets(secrets: Secrets, stored: Record<string, string>, wanted: Record<string, string>): string[] {
  const same = (name: string) => { try { return secrets.open(stored[name] ?? "") === wanted[name]; } catch { return false; } };
  return [...Object.keys(wanted).filter((name) => !same(name)), ...Object.keys(stored).filter((name) => !(name in wanted))];
}

function planInboxes(deps: PlanDeps, file: ReadFile, wanted: SettingsFile, stored: StoredSettings, desks: Wish<DeskTarget>[], calendars: HoursCalendar[], codes: ReadonlySet<string>, faults: Fault[]): Wish<Inbox>[] {
  const common = Object.keys(inboxShape.shape);
  const read = (wanted.inboxes ?? []).flatMap((entry: InboxEntry, i) => {
    const channel = readKind(file, ["inboxes", i], "channel", entry.channel, deps.channelKinds, without(entry, common), common, faults);
    return channel === null ? [] : [{ entry, path: ["inboxes", i], channel }];
  });
  const identityOf = (channel: string, identity: string) => JSON.stringify([channel, identity]);
  const found = matchEntries(file, read.map(({ entry, path, channel }) => ({ path, name: entry.name, identity: identityOf(entry.channel, channel.identity) })), stored.inboxes,
    { noun: "inbox", identityPath: "channel", identityOf: (inbox) => identityOf(inbox.channel, inbox.identity), refusal: (inbox) => `is connected to ${inbox.identity} on ${inbox.channel}` }, faults);
  const known = afterwards(desks, stored.desks);
  const planned = read.flatMap(({ entry, path, channel }, i) => {
    const was = found[i];
    const desk = entry.desk === undefined ? known.find((one) => one._id === was?.deskTargetId) ?? known[0] : known.find((one) => one.name === entry.desk);
    if (desk === undefined) {
      const deskHasFaults = wanted.desks?.some((one) => entry.desk === undefined || one.name === entry.desk) === true;
      if (!deskHasFaults) faults.push(file.fault([...path, "desk"], entry.desk === undefined
        ? `The inbox ${entry.name} needs a desk to be answered from. Add one under desks.`
        : `There is no desk named ${entry.desk}.${didYouMean(entry.desk, known.map((one) => one.name))}`));
      return [];
    }
    const hoursId = hoursNamed(file, path, entry.hours, calendars, faults);
    const [greeting, awayMessage] = (["greeting", "awayMessage"] as const).map((key) => {
      const fault = entry[key] === undefined || entry[key] === "off" ? undefined : textFault(entry[key], codes);
      if (fault !== undefined) faults.push(file.fault([...path, key], fault));
      return entry[key] === "off" ? null : entry[key];
    });
    const { undoSeconds, doubleReplySeconds, noteFirst, reopenHours, takeOnReply, hideUntilTaken } = entry;
    const now: Inbox = {
      ...(was ?? { _id: newId(deps.clock.now()), channel: entry.channel, identity: channel.identity, enabled: true, createdAt: deps.clock.now() }),
      name: entry.name, enabled: entry.enabled ?? was?.enabled ?? true, deskTargetId: desk._id, config: channel.config, secrets: channel.secrets,
      settings: { ...(was?.settings ?? DEFAULT_INBOX_SETTINGS), ...defined<InboxSettings>({ undoSeconds, doubleReplySeconds, noteFirst, reopenHours, takeOnReply, hideUntilTaken, hoursId, greeting, awayMessage }), ...policyOf(entry.routing, was?.settings.routing), ...atResolveOf(entry.atResolve) },
    };
    return [{ was, now, entry, path, channel }];
  });
  const all = [...planned.map(({ now }) => now), ...stored.inboxes];
  return planned.map(({ was, now, entry, path, channel }) => {
    const csat = entry.csat === "off" ? null : entry.csat === undefined ? now.settings.csat : defined<CsatSettings>(entry.csat) as CsatSettings;
    const autoResolve = entry.autoResolve === "off" ? null : entry.autoResolve === undefined ? now.settings.autoResolve : defined<AutoResolve>(entry.autoResolve) as AutoResolve;
    const settings: InboxSettings = { ...now.settings, ...(csat === undefined ? {} : { csat }), ...(autoResolve === undefined ? {} : { autoResolve }), ...(entry.thanksReopens === undefined ? {} : { thanksReopens: entry.thanksReopens }), ...(entry.replyMinutes === undefined ? {} : { replyMinutes: entry.replyMinutes === "off" ? null : entry.replyMinutes }), ...continuityOf(file, path, entry, now._id, all, deps.channelKinds, faults) };
    return wish(was, { ...now, settings }, changedSecrets(deps.secrets, was?.secrets ?? {}, channel.secrets));
  });
}

/** Rules are kept as they are written; names in them are read each time, so a later rename is told in the log. */
function planRouting(deps: PlanDeps, file: ReadFile, wanted: SettingsFile, desks: DeskTarget[], names: { agents: Agent[]; teams: Team[]; inboxes: Inbox[]; labels: Label[] }, faults: Fault[]): RoutingRule[] | undefined {
  return wanted.routing?.flatMap(({ when, desk: name, moves }, i) => {
    const path = ["routing", i];
    const desk = desks.find((one) => one.name === name);
    if (desk === undefined) faults.push(file.fault([...path, "desk"], `There is no desk named ${name}.${didYouMean(name, desks.map((one) => one.name))}`));
    try {
      readCondition(when, { ...names, labels: names.labels.map((label) => label.name) }, deps.clock.now());
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      faults.push(file.fault([...path, "when"], error.message));
    }
    return desk === undefined ? [] : [{ when, deskTargetId: desk._id, ...(moves === true ? { moves } : {}) }];
  });
}

/** What there will be: what the file names, and what is stored besides. */
const afterwards = <T extends { _id: string }>(wishes: Wish<T>[], stored: T[]): T[] => {
  const now = wishes.map((one) => one.now);
  return [...now, ...stored.filter((one) => !now.some((other) => other._id === one._id))];
};

/** Every part is planned even when another has faults, so that all are told at once. `texts`: of the files that it names. */
export function makePlan(deps: PlanDeps, file: ReadFile, wanted: SettingsFile, stored: StoredSettings, texts: ReadonlyMap<string, string> = new Map()): Plan {
  const faults: Fault[] = [];
  const hours = planHours(deps.clock, file, wanted, stored.hours, texts, faults);
  const calendars = afterwards(hours, stored.hours);
  const agents = planAgents(deps, file, wanted, stored, calendars, faults);
  const labels = planLabels(deps, file, wanted, stored, faults);
  const desks = planDesks(deps, file, wanted, stored, faults);
  const inboxes = planInboxes(deps, file, wanted, stored, desks, calendars, new Set([...stored.canned, ...(wanted.canned ?? [])].map(({ code }) => code)), faults);
  const teams = planTeams(deps, file, wanted, stored, afterwards(agents, stored.agents), calendars, faults);
  const names = { agents: afterwards(agents, stored.agents), teams: afterwards(teams, stored.teams), inboxes: afterwards(inboxes, stored.inboxes), labels: afterwards(labels, stored.labels) };
  const routing = planRouting(deps, file, wanted, afterwards(desks, stored.desks), names, faults);
  const canned = planCanned(deps.clock, file, wanted, stored.canned, names, faults);
  const codes = new Set([...stored.canned.map(({ code }) => code), ...canned.map(({ now }) => now.code)]);
  const macros = planMacros(deps.clock, file, wanted, stored.macros, { ...names, codes }, faults);
  const rules = planRules(deps.clock, file, wanted, stored.rules, { names: { ...names, desks: afterwards(desks, stored.desks), labels: names.labels.map(({ name }) => name) }, codes, macros: [...stored.macros, ...macros.map(({ now }) => now)], webhooks: [...stored.webhooks, ...(wanted.webhooks ?? [])].map(({ name }) => name), slas: (wanted.sla ?? stored.sla).map(({ name }) => name) }, faults);
  workFaults(deps, file, wanted, { ...names, labels: names.labels.map(({ name }) => name) }, faults);
  const sla = planSla(deps.clock, file, wanted, { ...names, labels: names.labels.map(({ name }) => name), desks: afterwards(desks, stored.desks) }, faults);
  const attributes = planAttributes(file, wanted, faults);
  const webhooks = planWebhooks(deps.clock, file, wanted, stored.webhooks, { ...names, labels: names.labels.map(({ name }) => name), desks: afterwards(desks, stored.desks) }, (was, now) => changedSecrets(deps.secrets, was, now), faults);
  return { attributes, sla, webhooks, faults, hours, rules, agents, teams, labels, canned, macros, desks, inboxes, routing, rateLimits: wanted.limits === undefined ? undefined : wanted.limits === "on" };
}

/** Names of the settings that may stand in each part, for "did you mean". */
export const knownIn = (part: string | undefined): string[] =>
  part === "agents" ? Object.keys(agentShape.shape) : part === "teams" ? Object.keys(teamShape.shape) : part === "canned" ? Object.keys(cannedShape.shape) : part === "macros" ? [...Object.keys(macroShape.shape), "do", "with"] : part === "labels" ? ["name", "color"] : part === "attributes" ? Object.keys(attributeShape.shape) : part === "routing" ? Object.keys(routeShape.shape) : part === "sla" ? Object.keys(slaShape.shape) : part === "rules" ? [...Object.keys(ruleShape.shape), "do", "with"] : part === "hours" ? [...Object.keys(hoursShape.shape), "date", "from", "to", "open"] : part === "webhooks" ? Object.keys(webhookShape.shape) : ["limits", "agents", "teams", "hours", "rules", "labels", "attributes", "canned", "macros", "inboxes", "desks", "routing", "sla", "webhooks"];
