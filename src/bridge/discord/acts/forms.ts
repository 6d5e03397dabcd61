/**
 * Core's forms as Discord shows them, and back: one choice as a select in a message, all else as a modal. Pure.
 * Source of limits: docs.discord.com/developers/components/reference (modal title 45, label 45, description 100, select 25 options, option 100, text input 4000)
 */
import { FORM_FIELD } from "../../../core/verbs/verb.ts";
import type { DeskFile } from "../../../core/model/types.ts";
import type { Form, FormField } from "../../../core/ports.ts";
import { looseFileRef } from "../in/files.ts";
import { plainName } from "../out/text.ts";
import { buttonComponent, customId, type About } from "./buttons.ts";
import type { ModalInteraction } from "./payload.ts";

const [TITLE, LABEL, HELP, OPTIONS, OPTION, INPUT, PLACEHOLDER, FIELDS] = [45, 45, 100, 25, 100, 4_000, 150, 5];
const SELECT = 3;
const TEXT_INPUT = 4;
const FILE_UPLOAD = 19;
/** Files of one message. Source: .../components/reference#file-upload */
const FILES = 10;
const LABELLED = 18;
const LINE = 1;
const PARAGRAPH = 2;
/** Selects of one message; each is a row. */
const SELECTS = 4;

/** At most `max` characters, "…" included; never empty. */
export const shortText = (text: string, max: number): string => {
  const signs = [...(plainName(text, Infinity) || "–")];
  return signs.length <= max ? signs.join("") : `${signs.slice(0, max - 1).join("")}…`;
};

interface Choice { value: string; label: string }
/** What Discord takes as choices; null when it can't hold these. */
function choicesOf(field: FormField, most: number): Choice[] | null {
  const choices = field.options ?? [];
  const fits = field.kind === "select" && choices.length > 0 && choices.length <= most && choices.every(({ value }) => value !== "" && [...value].length <= OPTION);
  return fits ? [...new Map(choices.map((choice) => [choice.value, choice])).values()] : null;
}
const optionOf = ({ value, label }: Choice, chosen: string | undefined): object => ({ value, label: shortText(label, OPTION), ...(value === chosen ? { default: true } : {}) });

/** A form that is one choice among at most 100: rows of selects, whose values come back as `readSelect` says. Null for any other form. */
export function selectRows(form: Form, about: About = {}): object[] | null {
  const [field, ...more] = form.fields;
  const choices = field === undefined || more.length > 0 || field.name !== FORM_FIELD ? null : choicesOf(field, SELECTS * OPTIONS);
  return choices === null ? null : rowsOf(form.id, field!, choices, about);
}
/** The first choice of a form that has more fields, where no modal can be shown (any more). */
export function firstChoiceRows(form: Form, about: About = {}): object[] {
  const field = form.fields.find((one) => one.name === FORM_FIELD);
  const choices = field === undefined ? null : choicesOf(field, SELECTS * OPTIONS);
  return choices === null ? [] : (rowsOf(form.id, field!, choices, about) ?? []);
}
function rowsOf(formId: string, field: FormField, choices: Choice[], about: About): object[] | null {
  const pages = Array.from({ length: Math.ceil(choices.length / OPTIONS) }, (_, at) => choices.slice(at * OPTIONS, (at + 1) * OPTIONS));
  const ids = pages.map((_, place) => customId(formId, 20 + place, about));
  if (ids.includes(null)) return null;
  return pages.map((page, place) => ({
    type: 1,
    components: [{
      type: SELECT, custom_id: ids[place], options: page.map((choice) => optionOf(choice, field.value)),
      placeholder: shortText(pages.length === 1 ? field.label : `${field.label}: ${page[0]!.label} – ${page.at(-1)!.label}`, PLACEHOLDER),
    }],
  }));
}

/** The values of a chosen option, as the form has them. */
export const readSelect = (values: string[]): Record<string, string> => (values[0] === undefined ? {} : { [FORM_FIELD]: values[0] });

export interface Modal { custom_id: string; title: string; components: object[] }
/** A modal's `data`; null for a form that no modal can hold. */
export function modalOf(form: Form, about: About = {}): Modal | null {
  const id = customId(form.id, 0, about);
  if (id === null || form.fields.length === 0 || form.fields.length > FIELDS) return null;
  return { custom_id: id, title: shortText(form.title, TITLE), components: form.fields.map(labelled) };
}

function labelled(field: FormField): object {
  const choices = choicesOf(field, OPTIONS);
  const tooLong = choices === null && field.value !== undefined && field.value.length > INPUT;
  const unlisted = field.kind === "select" && choices === null ? "Write it as it is called." : undefined;
  const help = [field.help, unlisted, tooLong ? "The present text is too long to be changed here." : undefined].filter((text) => text !== undefined).join(" ");
  return {
    type: LABELLED, label: shortText(field.label, LABEL), ...(help === "" ? {} : { description: shortText(help, HELP) }),
    component: choices === null ? {
      type: TEXT_INPUT, custom_id: field.name, style: field.kind === "longtext" ? PARAGRAPH : LINE, required: field.required, max_length: INPUT,
      ...(field.value === undefined || field.value === "" || tooLong ? {} : { value: field.value }),
    } : { type: SELECT, custom_id: field.name, required: field.required, options: choices.map((choice) => optionOf(choice, field.value)) },
  };
}

/** Values by field, as a person left them; what is empty is left out. */
export function readModal(it: ModalInteraction): Record<string, string> {
  const values: Record<string, string> = {};
  for (const part of it.data.components) {
    for (const input of [...(part.component === undefined ? [] : [part.component]), ...(part.components ?? [])]) {
      const value = input.values?.[0] ?? input.value;
      if (input.type !== FILE_UPLOAD && typeof value === "string" && value !== "") values[input.custom_id] = value;
    }
  }
  return values;
}

/** Files that a person put into a modal; their links last only for a while. */
export const readFiles = ({ data: { resolved } }: ModalInteraction): DeskFile[] =>
  Object.values(resolved?.attachments ?? {}).map(({ id, filename, size, content_type: type, url }) => ({ name: filename, type: type ?? "application/octet-stream", bytes: size, ref: looseFileRef(id, url) }));

/** Opens a form again by a press: a modal may only be the first answer to something that a person did. */
export const openButton = (verb: string, about: About): object | null => buttonComponent({ id: verb, label: "Open the form", style: "main" }, 30, about);

/** What may follow what is written in a window. */
export const THEN = { wait: "Wait for the answer", resolve: "Resolve", snooze: "Snooze…" } as const;
export type Then = keyof typeof THEN;
export const isThen = (text: string): text is Then => text in THEN;
const SAY = "say";
export const SAY_TEXT = "text";
export const SAY_NEXT = "next";
export const SAY_UNTIL = "until";
const SAY_FILES = "files";

/** The window in which a reply or a note is written. @param verb reply or note */
export function sayModal(verb: string, about: About, value = ""): object | null {
  const isReply = verb === "reply";
  const fields: FormField[] = [
    { name: SAY_TEXT, label: isReply ? "To the customer" : "For the team only", kind: "longtext", required: true, ...(value === "" ? {} : { value }), ...(isReply ? {} : { help: "It never leaves the team." }) },
    ...(isReply ? [
      { name: SAY_NEXT, label: "Then", kind: "select" as const, required: true, value: "wait", options: Object.entries(THEN).map(([then, label]) => ({ value: then, label })) },
      { name: SAY_UNTIL, label: "Snooze until", kind: "text" as const, required: false, help: "Such as 2h, tomorrow 9:00 or monday. Only with Snooze; until the customer replies when left out." },
    ] : []),
  ];
  const modal = modalOf({ id: `${SAY}:${verb}`, title: isReply ? "Reply" : "Note", fields }, about);
  if (modal === null) return null;
  const [text, ...rest] = modal.components;
  const files = { type: LABELLED, label: "Files", component: { type: FILE_UPLOAD, custom_id: SAY_FILES, required: false, min_values: 0, max_values: FILES } };
  return { ...modal, components: [text!, files, ...rest] };
}
/** The verb of a window for writing; null for another modal. */
export const sayVerb = (id: string): string | null => (id.startsWith(`${SAY}:`) ? id.slice(SAY.length + 1) : null);
