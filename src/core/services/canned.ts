/** Canned responses: which ones a person may use here, and what they come to for one conversation. */
import { DateTime } from "luxon";
import type { Filter } from "mongodb";
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import { didYouMean } from "../model/close-names.ts";
import { termsOf } from "../model/terms.ts";
import type { CannedFile } from "../model/settings.ts";
import type { Agent, CannedResponse, Contact, Conversation, FileRef } from "../model/types.ts";
import { eachOnce, filesToSend } from "./canned-files.ts";
import { hoursOf } from "./hours.ts";
import { hiddenOf, type Hidden } from "./hide-contact.ts";
import { allTeams, inboxOf } from "./inbox-settings.ts";
import { CODE, renderTemplate, TEMPLATE_CHARS, type Values } from "./template.ts";

/** What a canned response is found by. */
export const wordsOf = (code: string, title: string): string[] => [...new Set([code, ...termsOf(`${code} ${title}`)])];

/** What `agent` may use; without a conversation, in any inbox that they may see. */
async function usable(core: Core, agent: Agent | null, conversation: Conversation | null): Promise<Filter<CannedResponse>> {
  if (agent === null) return { $or: [{ scope: "all" }, { scope: "inbox", scopeId: conversation?.inboxId ?? "" }] };
  const teams = (await allTeams(core)).filter((team) => team.memberIds.includes(agent._id)).map((team) => team._id);
  const inboxes = conversation !== null ? [conversation.inboxId] : agent.inboxIds;
  return {
    $or: [
      { scope: "all" }, { scope: "team", scopeId: { $in: teams } }, { scope: "mine", scopeId: agent._id },
      inboxes === "all" ? { scope: "inbox" } : { scope: "inbox", scopeId: { $in: inboxes } },
    ],
  };
}

export type CannedName = Pick<CannedResponse, "code" | "title">;
const NAME = { projection: { _id: 0, code: 1, title: 1 } } as const;
const beginning = (text: string) => ({ $gte: text, $lt: `${text}\u{10FFFF}` });

/** Those whose code begins with `typed`, then those with a word of code or title that does; for "" the most used. */
export async function suggestCanned(core: Core, agent: Agent, conversation: Conversation | null, typed: string, limit: number): Promise<CannedName[]> {
  const { canned } = core.store;
  const mine = await usable(core, agent, conversation);
  const wanted = typed.trim().toLowerCase();
  if (wanted === "") return canned.find(mine, NAME).sort({ uses: -1 }).limit(limit).toArray();
  const byCode = await canned.find({ code: beginning(wanted), ...mine }, NAME).sort({ code: 1 }).limit(limit).toArray();
  const words = termsOf(wanted);
  const last = words.pop();
  if (byCode.length >= limit || last === undefined) return byCode;
  // the last word is still being written, those before it must be there
  const byTitle = await canned.find({ $and: [...words.map((word) => ({ words: word })), { words: { $elemMatch: beginning(last) } }, mine] }, NAME).limit(limit * 2).toArray();
  const known = new Set(byCode.map(({ code }) => code));
  return [...byCode, ...byTitle.filter(({ code }) => !known.has(code))].slice(0, limit);
}

/** Those behind a code, by code. */
export const usableCanned = async (core: Core, agent: Agent, { after, limit }: { after: string; limit: number }): Promise<CannedResponse[]> =>
  core.store.canned.find({ code: { $gt: after }, ...(await usable(core, agent, null)) }).sort({ code: 1 }).limit(limit).toArray();

/** @throws {UserError} CANNED_UNKNOWN with close codes */
export async function cannedNamed(core: Core, agent: Agent, conversation: Conversation, code: string, hint = "/canned alone lists them."): Promise<CannedResponse> {
  const wanted = code.toLowerCase();
  const found = await findUsable(core, agent, conversation, wanted);
  if (found !== null) return found;
  const near = await suggestCanned(core, agent, conversation, wanted.slice(0, 1), 500);
  throw new UserError("CANNED_UNKNOWN", `There is no canned response "${code.slice(0, 40)}" that you may use here.${didYouMean(wanted, near.map((one) => one.code))} ${hint}`);
}

const findUsable = async (core: Core, agent: Agent | null, conversation: Conversation, code: string): Promise<CannedResponse | null> =>
  CODE.test(code) ? inLanguage(await core.store.canned.findOne({ code, ...(await usable(core, agent, conversation)) }), conversation.language) : null;

/** With the text of the customer's language in `body`, where it has one; `pt` finds `pt-BR` too. */
function inLanguage(found: CannedResponse | null, language: string | undefined): CannedResponse | null {
  if (found?.texts === undefined || language === undefined) return found;
  const own = Object.keys(found.texts).find((key) => key === language) ?? Object.keys(found.texts).find((key) => key.split("-")[0] === language);
  return own === undefined ? found : { ...found, body: found.texts[own]! };
}

/** The text as the customer would get it from `agent` now, or (null) by itself: then only what everybody may use here stands in it. @throws {UserError} VARIABLE_UNKNOWN, TEMPLATE_BROKEN, TEXT_TOO_LONG */
export async function renderCanned(core: Core, agent: Agent | null, conversation: Conversation, body: string): Promise<string> {
  return (await renderWithFiles(core, agent, conversation, { body })).text;
}

/** As `renderCanned`, with the files that belong to it and to those that stand in it. */
export async function renderWithFiles(core: Core, agent: Agent | null, conversation: Conversation, { body, files = [] }: Pick<CannedResponse, "body" | "files">): Promise<{ text: string; files: CannedFile[] }> {
  const all = [...files];
  const text = await renderTemplate(body, await valuesFor(core, agent, conversation), async (code) => {
    const found = await findUsable(core, agent, conversation, code);
    all.push(...(found?.files ?? []));
    return found?.body ?? null;
  });
  return { text, files: eachOnce(all) };
}

const INLINE = /(\\?)\{\{\s*([a-z0-9][a-z0-9_-]{0,39})\s*\}\}/gi;

/** `files`: to be brought over with the line. */
export interface Expanded { text: string; files: FileRef[] }

/**
 * A person's own text with `{{code}}` replaced by that canned response, and its files; nothing else in it is read as a template, `\{{code}}` stays as it is.
 * @throws {UserError} CANNED_UNKNOWN, TEXT_TOO_LONG when they bring more than one text may hold, and what `renderCanned` and `filesToSend` throw
 */
export async function expandCodes(core: Core, agent: Agent, conversation: Conversation, text: string): Promise<Expanded> {
  let expanded = "";
  let from = 0;
  const files: CannedFile[] = [];
  for (const match of text.matchAll(INLINE)) {
    const [all, escaped, code] = match as unknown as [string, string, string];
    const meant = escaped === "" ? await renderWithFiles(core, agent, conversation, await cannedNamed(core, agent, conversation, code, `Nothing was sent. To send the braces themselves, write \\{{${code}}}.`)) : { text: all.slice(1), files: [] };
    files.push(...meant.files);
    expanded += text.slice(from, match.index) + meant.text;
    from = match.index + all.length;
    if (expanded.length - from > TEMPLATE_CHARS) throw new UserError("TEXT_TOO_LONG", `The canned responses in it bring more than ${TEMPLATE_CHARS.toLocaleString("en")} characters. Nothing was sent.`);
  }
  return { text: expanded + text.slice(from), files: filesToSend(core, conversation, files) };
}

/** As `expandCodes`; what can't be expanded comes back as it was written, with the reason in words. */
export async function expandOrSay(core: Core, agent: Agent, conversation: Conversation, text: string): Promise<Expanded & { refused?: string }> {
  try {
    return await expandCodes(core, agent, conversation, text);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { text, files: [], refused: error.message.replace(" Nothing was sent.", "") };
  }
}

/** One that may stand in what goes by itself. @throws {UserError} CANNED_UNKNOWN */
export async function cannedForAll(core: Core, conversation: Conversation, code: string): Promise<CannedResponse> {
  const found = await findUsable(core, null, conversation, code.toLowerCase());
  if (found === null) throw new UserError("CANNED_UNKNOWN", `There is no canned response "${code.slice(0, 40)}" that everybody may use in this inbox.`);
  return found;
}

export const countUse = async (core: Core, code: string): Promise<void> => void (await core.store.canned.updateOne({ code }, { $inc: { uses: 1 } }));

async function valuesFor(core: Core, agent: Agent | null, conversation: Conversation): Promise<Values> {
  const [contact, inbox, hours] = await Promise.all([core.store.contacts.findOne({ _id: conversation.contactId }), inboxOf(core, conversation.inboxId), hoursOf(core, conversation)]);
  const now = core.clock.now();
  const opens = hours === null || hours.isOpen(now) ? null : hours.nextOpening(now);
  const values: { [K in keyof Values]: string | undefined } = {
    ...(conversation.untaken === true ? shownOnly(conversation, contactValues(contact), await hiddenOf(core, conversation)) : contactValues(contact)), "agent.name": agent?.name, "agent.first_name": agent === null ? undefined : firstWord(agent.name),
    "conversation.number": String(conversation.number), "conversation.subject": conversation.subject, "inbox.name": inbox.name, "team.name": conversation.teamName,
    "hours.state": hours === null || hours.isOpen(now) ? "open" : "closed", "hours.opens": opens === null ? undefined : DateTime.fromJSDate(opens, { zone: hours!.calendar.timeZone }).setLocale("en-GB").toFormat("cccc d LLLL, HH:mm"),
  };
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== ""));
}

function contactValues(contact: Contact | null): { [K in keyof Values]: string | undefined } {
  if (contact === null) return {};
  const words = contact.name.trim().split(/\s+/);
  return { "contact.name": contact.name, "contact.first_name": words[0], "contact.last_name": words.length > 1 ? words.at(-1) : undefined, "contact.email": contact.email, "contact.phone": contact.phone };
}

/** What nobody may see yet is not known here either. */
function shownOnly({ hiddenName }: Conversation, values: ReturnType<typeof contactValues>, hidden: readonly Hidden[]): ReturnType<typeof contactValues> {
  return Object.fromEntries(Object.entries(values).filter(([variable]) => !(hidden.includes("email") && variable === "contact.email") && !(hidden.includes("phone") && variable === "contact.phone") && (hiddenName === undefined || !variable.endsWith("name"))));
}

const firstWord = (name: string): string | undefined => name.trim().split(/\s+/)[0];
