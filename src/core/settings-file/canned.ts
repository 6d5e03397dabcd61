/** Canned responses of the settings file: matched by code, their texts read before anything is written. */
import { isDeepStrictEqual } from "node:util";
import { UserError } from "../errors.ts";
import { didYouMean } from "../model/close-names.ts";
import { newId } from "../model/ids.ts";
import type { CannedResponse } from "../model/types.ts";
import type { Clock } from "../ports.ts";
import { wordsOf } from "../services/canned.ts";
import { checkTemplate, standsForText, VARIABLES } from "../services/template.ts";
import type { Store } from "../store/store.ts";
import type { CannedWish } from "./plan.ts";
import type { SettingsFile } from "./shape.ts";
import type { Fault, Path, ReadFile } from "./yaml.ts";

interface Names { teams: readonly Named[]; inboxes: readonly Named[]; agents: readonly (Named & { email: string })[] }
interface Named { _id: string; name: string }
type Entry = NonNullable<SettingsFile["canned"]>[number];

/** Words that mean a group of variables where they stand in braces. */
const TAKEN = new Set(Object.keys(VARIABLES).map((variable) => variable.split(".")[0]!));

export function planCanned(clock: Clock, file: ReadFile, wanted: SettingsFile, stored: CannedResponse[], names: Names, faults: Fault[]): CannedWish[] {
  const entries = wanted.canned ?? [];
  const known = new Map(stored.map((one) => [one.code, one]));
  const codes = new Set([...known.keys(), ...entries.map((entry) => entry.code)]);
  const seen = new Set<string>();
  return entries.map((entry, i) => {
    const path = ["canned", i];
    const { code, text, folder, language, texts } = entry;
    if (seen.has(code)) faults.push(file.fault([...path, "code"], `There is a second canned response ${code} in this file. Give it another code.`));
    if (TAKEN.has(code)) faults.push(file.fault([...path, "code"], `A canned response can't be called ${code}: {{${code}.…}} is a variable. Choose another code.`));
    else if (!standsForText(code)) faults.push(file.fault([...path, "code"], `A canned response can't be called ${code}: {{${code}}} is a value of its own in a text. Choose another code.`));
    seen.add(code);
    const fault = textFault(text, codes);
    if (fault !== undefined) faults.push(file.fault([...path, "text"], fault));
    for (const [key, one] of Object.entries(texts ?? {})) {
      const wrong = textFault(one, codes);
      if (wrong !== undefined) faults.push(file.fault([...path, "texts", key], wrong));
    }
    const was = known.get(code);
    const title = entry.title ?? was?.title ?? code;
    const { scope: before = "all", scopeId: idBefore, ...rest } = was ?? { _id: newId(clock.now()), uses: 0, createdAt: clock.now() };
    const scope = scopeOf(file, path, entry, names, faults) ?? { scope: before, ...(idBefore === undefined ? {} : { scopeId: idBefore }) };
    return { ...(entry.files === undefined ? {} : { files: { names: entry.files, path: [...path, "files"] } }), was, now: { ...rest, code, title, body: text, ...(folder === undefined ? {} : { folder }), ...(language === undefined ? {} : { language }), ...(texts === undefined ? {} : { texts }), ...scope, words: wordsOf(code, title) } };
  });
}

/** What is wrong with a text, in words; undefined when it can be sent. */
export function textFault(text: string, codes: ReadonlySet<string>): string | undefined {
  try {
    const missing = checkTemplate(text).find((code) => !codes.has(code));
    return missing === undefined ? undefined : `There is neither a variable nor a canned response {{${missing}}}.${didYouMean(missing, codes)}`;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return error.message.replace(" Nothing was sent.", "");
  }
}

/** Undefined when the entry says nothing about it. */
function scopeOf(file: ReadFile, path: Path, entry: Entry, names: Names, faults: Fault[]): Pick<CannedResponse, "scope" | "scopeId"> | undefined {
  const given = [
    { key: "team", scope: "team", value: entry.team, among: names.teams.map(({ _id, name }) => ({ _id, name })) },
    { key: "inbox", scope: "inbox", value: entry.inbox, among: names.inboxes.map(({ _id, name }) => ({ _id, name })) },
    { key: "agent", scope: "mine", value: entry.agent, among: names.agents.map(({ _id, email }) => ({ _id, name: email })) },
  ] as const;
  const chosen = given.filter(({ value }) => value !== undefined);
  if (chosen.length > 1) faults.push(file.fault(path, `The canned response ${entry.code} is for a team, an inbox or an agent, one of them.`));
  const [one] = chosen;
  if (one === undefined) return undefined;
  const found = one.among.find(({ name }) => name === one.value);
  if (found === undefined) faults.push(file.fault([...path, one.key], `There is no ${one.key} ${one.key === "agent" ? "with the address" : "named"} ${one.value}.${didYouMean(one.value!, one.among.map(({ name }) => name))}`));
  return found === undefined ? undefined : { scope: one.scope, scopeId: found._id };
}

/** One line for each that differs; from ten on, how many. */
export async function writeCanned(store: Store, wishes: CannedWish[]): Promise<string[]> {
  const due = wishes.filter(({ was, now }) => was === undefined || !isDeepStrictEqual({ ...was, uses: 0 }, { ...now, uses: 0 }));
  if (due.length === 0) return [];
  await store.canned.bulkWrite(due.map(({ was, now }) => {
    if (was === undefined) return { insertOne: { document: now } };
    const { _id, uses: _uses, ...facts } = now;
    return { updateOne: { filter: { _id }, update: { $set: facts, ...(was.scopeId !== undefined && now.scopeId === undefined ? { $unset: { scopeId: "" as const } } : {}) } } };
  }), { ordered: false });
  const made = due.filter(({ was }) => was === undefined).length;
  return due.length < 10 ? due.map(({ was, now }) => `Canned response ${now.code}: ${was === undefined ? "made" : "changed"}`) : [`Canned responses: ${made} made, ${due.length - made} changed`];
}
