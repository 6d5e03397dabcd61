/** Suggestions while a command is typed. Each suggestion is the whole text as it would stand then. */
import type { Core } from "../../core/core.ts";
import { FIELDS, FIELD_NAMES, fieldOf, isContactField, isEventField, isFieldName, PRIORITIES } from "../../core/filters/fields.ts";
import { LANGUAGES } from "../../core/model/language.ts";
import type { Agent, Conversation } from "../../core/model/types.ts";
import { parseWhen } from "../../core/model/when.ts";
import type { Suggestion } from "../../core/ports.ts";
import { attributeDefinitions } from "../../core/services/attributes.ts";
import { suggestCanned } from "../../core/services/canned.ts";
import { myConversations, queueFor } from "../../core/services/find.ts";
import { allAgents, allInboxes, allTargets, allTeams, mayAnswer } from "../../core/services/inbox-settings.ts";
import { allMacros } from "../../core/services/macros.ts";
import { allLabels } from "../../core/services/label.ts";
import { targetName, targetsFor } from "../../core/services/transfer.ts";
import { timeFor } from "../../core/verbs/describe.ts";
import { MODES } from "../../core/verbs/mode.ts";
import { USUAL_TIMES } from "../../core/verbs/snooze.ts";
import { verbNamed, verbs } from "../../core/verbs/table.ts";
import type { Verb } from "../../core/verbs/verb.ts";

export interface CompleteRequest { agent: Agent; conversation?: Conversation | null; text: string }
interface Choice { value: string; hint: string }

const MOST = 30;

/** Verbs, agents, teams, labels, canned responses, macros, times, priorities, modes, filter fields and numbers; nothing for a text that is no command. */
export async function complete(core: Core, request: CompleteRequest): Promise<Suggestion[]> {
  const [, sign, word, blank, rest = ""] = /^([!/])([a-z-]*)(\s*)([\s\S]*)$/i.exec(request.text.trimStart()) ?? [];
  if (sign === undefined || word === undefined || !request.agent.active) return [];
  if (blank === "" && rest === "") return verbSuggestions(request.agent, sign, word.toLowerCase());
  const verb = verbNamed(word);
  if (verb === undefined || !mayRun(request.agent, verb)) return [];
  const typed = rest.trimStart();

  if (verb.needs.conversation && (request.conversation ?? null) === null) {
    const number = /^#?\d+\s+/.exec(typed)?.[0];
    if (number === undefined) return (await numbers(core, request.agent)).filter(startsWith(typed.replace(/^#/, ""), 1)).map(({ value, hint }) => ({ text: `${sign}${word} ${value} `, hint }));
    return argumentSuggestions(core, request, verb, `${sign}${word} ${number}`, typed.slice(number.length));
  }
  return argumentSuggestions(core, request, verb, `${sign}${word} `, typed);
}

const mayRun = (agent: Agent, verb: Verb): boolean => verb.needs.role === undefined || verb.needs.role === agent.role;
const startsWith = (typed: string, skip = 0) => (choice: Choice): boolean => choice.value.slice(skip).toLowerCase().startsWith(typed.toLowerCase());

/** A later word begins so: "lopez" finds Mara Lopez. */
const holdsWord = (typed: string) => ({ value }: Choice): boolean => {
  const at = typed === "" ? -1 : value.toLowerCase().indexOf(typed.toLowerCase(), 1);
  return at > 0 && !value.toLowerCase().startsWith(typed.toLowerCase()) && /[^\p{L}\p{N}]/u.test(value[at - 1]!);
};
/** A time that is none of the usual ones, and how it is understood. */
function timeTyped(core: Core, agent: Agent, typed: string): Choice[] {
  const when = parseWhen(typed, core.clock.now(), agent.timeZone);
  return "at" in when ? [{ value: typed, hint: timeFor(agent, when.at) }] : [];
}

function verbSuggestions(agent: Agent, sign: string, word: string): Suggestion[] {
  const fitting = verbs.filter((verb) => mayRun(agent, verb) && [verb.name, ...verb.aliases].some((name) => name.startsWith(word)));
  const byName = fitting.toSorted((a, b) => Number(b.name.startsWith(word)) - Number(a.name.startsWith(word)));
  return byName.slice(0, MOST).map((verb) => ({ text: `${sign}${verb.name}${verb.usage === "" ? "" : " "}`, hint: verb.help }));
}

async function argumentSuggestions(core: Core, request: CompleteRequest, verb: Verb, before: string, typed: string): Promise<Suggestion[]> {
  if (verb.name === "find") return filterSuggestions(core, request, before, typed);
  if (verb.name === "canned") return cannedSuggestions(core, request, before, typed);
  const choices = await choicesFor(core, request, verb);
  const name = typed.replace(/^@/, "");
  const fitting = [...choices.filter(startsWith(name)), ...choices.filter(holdsWord(name))];
  return (fitting.length === 0 && ["snooze", "schedule", "remind"].includes(verb.name) ? timeTyped(core, request.agent, typed.trim()) : fitting).slice(0, MOST).map(({ value, hint }) => ({ text: before + value, hint }));
}

async function choicesFor(core: Core, { agent, conversation = null }: CompleteRequest, verb: Verb): Promise<Choice[]> {
  const plain = (words: readonly string[], hint: string): Choice[] => words.map((value) => ({ value, hint }));
  switch (verb.name) {
    case "assign": {
      const agents = (await allAgents(core)).filter((one) => (conversation === null ? one.active : mayAnswer(one, conversation.inboxId)));
      return [{ value: "me", hint: agent.name }, ...agents.map((one) => ({ value: one.name, hint: one._id === agent._id ? "you" : one.role })), ...(await teamChoices(core))];
    }
    case "unassign": return conversation?.teamName === undefined ? [] : [{ value: "team", hint: conversation.teamName }];
    case "queue": return [...((await allTeams(core)).length === 0 ? [] : [{ value: "mine", hint: "of your teams" }]), ...(await teamChoices(core))];
    case "label": return plain((await allLabels(core)).filter((name) => conversation?.labels.includes(name) !== true), "label");
    case "unlabel": return plain(conversation?.labels ?? [], "label");
    case "transfer": return conversation === null ? [] : (await targetsFor(core, conversation)).map((target) => ({ value: target.name, hint: targetName(target) }));
    case "snooze": return USUAL_TIMES.map(({ value, label }) => ({ value, hint: label }));
    case "schedule": case "remind": return [...USUAL_TIMES.filter(({ value }) => value !== "until reply"), { value: "list", label: "what waits" }].map(({ value, label }) => ({ value, hint: label }));
    case "priority": return plain([...PRIORITIES, "none"], "priority");
    case "mode": return plain(MODES, "mode");
    case "delivery": return plain(["pause", "resume"], "delivery");
    case "help": return verbs.filter((one) => mayRun(agent, one)).map((one) => ({ value: one.name, hint: one.help }));
    case "contact": return plain(["edit", "name ", "email ", "phone "], "the customer's details");
    case "attribute": return (await attributeDefinitions(core)).map(({ key, name }) => ({ value: `${key} `, hint: name }));
    case "macro": return plain((await allMacros(core)).map(({ name }) => name), "macro");
    case "resolve": return [{ value: "--anyway", hint: "without asking" }, ...(await allMacros(core)).map(({ name }) => ({ value: `--with ${name}`, hint: "macro" }))];
    case "take": return plain(["--anyway"], "without asking");
    default: return [];
  }
}

/** By code or title; behind a whole code, what may follow it. */
async function cannedSuggestions(core: Core, { agent, conversation = null }: CompleteRequest, before: string, typed: string): Promise<Suggestion[]> {
  const [, code, flag] = /^(\S+)\s+(-\S*)$/.exec(typed) ?? [];
  if (code !== undefined && flag !== undefined) return "--send".startsWith(flag) ? [{ text: `${before}${code} --send`, hint: "without a preview" }] : [];
  return (await suggestCanned(core, agent, conversation, typed, MOST)).map((one) => ({ text: before + one.code, hint: one.title }));
}

const teamChoices = async (core: Core): Promise<Choice[]> => (await allTeams(core)).map(({ name }) => ({ value: name, hint: "team" }));

/** What may stand where the last word of the filter stands. */
async function filterSuggestions(core: Core, { agent }: CompleteRequest, before: string, typed: string): Promise<Suggestion[]> {
  const from = /(?:^|[\s(])-?((?:[a-z]+[:<>])?(?:"[^"]*|[^\s()"]*))$/i.exec(typed)?.[1] ?? "";
  const kept = before + typed.slice(0, typed.length - from.length);
  const [, field, sign, value = ""] = /^([a-z]+)([:<>])"?(.*)$/i.exec(from) ?? [];
  if (field === undefined) {
    const word = from.toLowerCase();
    return FIELD_NAMES.filter((name) => name !== "text" && name.startsWith(word)).map((name) => ({ text: `${kept}${name}:`, hint: `${FIELDS[name].example}: ${FIELDS[name].help}` }));
  }
  const name = field.toLowerCase();
  const values = isFieldName(name) && !isEventField(name) && !isContactField(name) ? await valuesOf(core, agent, name) : [];
  return values.filter(startsWith(value)).slice(0, MOST).map((choice) => ({ text: `${kept}${name}${sign}${choice.value.includes(" ") ? `"${choice.value}"` : choice.value}`, hint: choice.hint }));
}

async function valuesOf(core: Core, agent: Agent, name: keyof typeof FIELDS): Promise<Choice[]> {
  const named = (words: readonly string[], hint: string): Choice[] => words.map((value) => ({ value, hint }));
  const inboxes = async () => (await allInboxes(core)).filter((inbox) => agent.inboxIds === "all" || agent.inboxIds.includes(inbox._id));
  switch (name) {
    case "label": return [...named(await allLabels(core), "label"), ...named(["none"], "no label")];
    case "assignee": return [{ value: "me", hint: agent.name }, { value: "none", hint: "nobody" }, ...named((await allAgents(core)).map((one) => one.name), "agent")];
    case "team": return [{ value: "mine", hint: "one of yours" }, { value: "none", hint: "no team" }, ...(await teamChoices(core))];
    case "inbox": return named((await inboxes()).map((inbox) => inbox.name), "inbox");
    case "desk": return named((await allTargets(core)).map((target) => target.name), "desk");
    case "channel": return named([...new Set((await inboxes()).map((inbox) => inbox.channel))], "channel");
    case "language": return [...named(Object.values(LANGUAGES).map((word) => word.toLowerCase()), "language"), ...named(["none"], "could not be told")];
    case "created": case "updated": case "resolved": return named(["today", "yesterday", "24h", "7d", "30d"], "when");
    default: return named(fieldOf(name).choices ?? [], name);
  }
}

async function numbers(core: Core, agent: Agent): Promise<Choice[]> {
  const [mine, queue] = await Promise.all([myConversations(core, agent, { limit: 10 }), queueFor(core, agent, { limit: 10 })]);
  return [...mine.conversations, ...queue.conversations].map((one) => ({ value: `#${one.number}`, hint: `${one.contactName}${one.subject === "" ? "" : ` · ${one.subject}`}` }));
}
