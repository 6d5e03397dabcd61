/** What a rule may tell others: programs, a channel of the team, colleagues, the customer by mail or an approved text. */
import { createHash } from "node:crypto";
import { UserError } from "../errors.ts";
import type { Telling } from "../model/tellings.ts";
import { isThreading } from "../ports.ts";
import { addNote } from "./add-note.ts";
import { renderCanned } from "./canned.ts";
import { mailTranscript } from "./continuity.ts";
import { askByRule } from "./csat.ts";
import { allAgents, allInboxes, allTargets, inboxOf, mayAnswer } from "./inbox-settings.ts";
import { mustReach, type ActSpec, type RuleAct } from "./rule-reach.ts";
import { sendAutomatic } from "./send-automatic.ts";
import { storeTellings } from "./tellings.ts";
import { renderTemplate, templateNamed, templatesFor, valuesOf } from "./templates.ts";
import { tellWebhook } from "./webhooks.ts";

/** Short, and the same for a repeat. */
const keyOf = (act: string): string => createHash("sha256").update(act).digest("hex").slice(0, 24);

/** "Escalations: the text": the desk's name before the first colon that makes one. */
export function deskAndText<T extends { name: string }>(text: string, targets: readonly T[]): { target: T; rest: string } | null {
  const target = targets.toSorted((a, b) => b.name.length - a.name.length).find(({ name }) => text.toLowerCase().startsWith(`${name.toLowerCase()}:`));
  const rest = target === undefined ? "" : text.slice(target.name.length + 1).trim();
  return target === undefined || rest === "" ? null : { target, rest };
}

/** Agents whose names stand behind an @, the longest that fits. */
const mentioned = <T extends { name: string }>(text: string, agents: readonly T[]): T[] => {
  const lower = text.toLowerCase();
  const longestFirst = agents.toSorted((a, b) => b.name.length - a.name.length);
  const found = new Set<T>();
  for (let at = lower.indexOf("@"); at >= 0; at = lower.indexOf("@", at + 1)) {
    const agent = longestFirst.find(({ name }) => lower.startsWith(name.toLowerCase(), at + 1) && !/^[\p{L}\p{N}]/u.test(lower.slice(at + 1 + name.length)));
    if (agent !== undefined) found.add(agent);
  }
  return [...found];
};

/** Whom it names by `@` hears of it. */
async function note({ core, conversation, actor, act }: RuleAct, text: string): Promise<void> {
  const body = await renderCanned(core, null, conversation, text);
  // Names in the rule's own text: a customer can't mention anybody by what they are called.
  const people = mentioned(text, (await allAgents(core)).filter((agent) => mayAnswer(agent, conversation.inboxId)));
  await addNote(core, { conversation, author: actor, body, files: [], source: `rule:${act}`, mentions: people.length });
  const tell = people.map(({ _id }): Telling => ({ to: "agent", agentId: _id, text: `${actor.name} mentions you on #${conversation.number} · ${conversation.contactName}: ${body}`, buttons: [] }));
  await storeTellings(core, conversation._id, { id: keyOf(act), tell });
}

async function template(it: RuleAct, text: string): Promise<void> {
  const { core, conversation, actor, act } = it;
  await mustReach(it);
  const [, id = "", rest = ""] = /^(\S*)\s*([\s\S]*)$/.exec(text) ?? [];
  const one = templateNamed(await templatesFor(core, conversation), id);
  const values: Record<string, string> = {};
  for (const [key, value] of Object.entries(valuesOf(one, rest.replace(/^\|/, "")))) values[key] = (await renderCanned(core, null, conversation, value)).replace(/\s+/g, " ").trim();
  await sendAutomatic(core, { conversation, author: actor, body: renderTemplate(one, values), source: `rule:${act}`, template: { name: one.name, language: one.language, values } });
}

/** To the customer's own address, which must be known to be theirs, or to one that the rule names. */
async function transcript({ core, conversation, act }: RuleAct, text: string): Promise<void> {
  const contact = await core.store.contacts.findOne({ _id: conversation.contactId });
  const own = await inboxOf(core, conversation.inboxId);
  const sends = (inboxId: string) => { const adapter = core.channels.get(inboxId); return adapter !== undefined && isThreading(adapter); };
  const address = text !== "" && text.toLowerCase() !== "customer" ? text : contact?.email !== undefined && (contact.verifiedEmail === contact.email || sends(own._id)) ? contact.email : undefined;
  if (address === undefined) throw new UserError("NOT_POSSIBLE", "No e-mail address is known to be this customer's.");
  const inboxId = [own._id, own.settings.continuity?.inboxId ?? "", ...(await allInboxes(core)).filter(({ enabled }) => enabled).map(({ _id }) => _id)].find(sends);
  if (inboxId === undefined) throw new UserError("NOT_POSSIBLE", "There is no e-mail inbox that could send it.");
  await mailTranscript(core, conversation, inboxId, address, keyOf(act));
  core.scheduler?.wakeAt("continuity", core.clock.now());
}

async function post({ core, conversation, act }: RuleAct, text: string): Promise<void> {
  const found = deskAndText(text, await allTargets(core));
  if (found === null) throw new UserError("DESK_UNKNOWN", "It names no desk (any more): the desk, a colon and the text.");
  const body = await renderCanned(core, null, conversation, found.rest);
  await storeTellings(core, conversation._id, { id: keyOf(act), tell: [{ to: "channel", targetId: found.target._id, key: `rule:${keyOf(act)}`, text: body }] });
}

export const OUTWARD_ACTS: Record<string, ActSpec> = {
  note: { needs: "the text", run: note },
  template: { needs: "its name, and its values with | between them", run: template },
  csat: { needs: null, run: ({ core, conversation, act }) => askByRule(core, conversation, keyOf(act)) },
  transcript: { needs: null, run: transcript },
  post: { needs: "a desk, a colon and the text", run: post },
  webhook: { needs: "its name", run: ({ core, conversation, actor, act }, text) => tellWebhook(core, conversation, text, { id: keyOf(act), rule: actor.name.replace(/^Rule “(.*)”$/, "$1") }) },
};
