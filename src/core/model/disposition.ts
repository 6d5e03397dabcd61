/** What an inbox wants to know when a conversation is resolved. Pure. */
import { didYouMean } from "./close-names.ts";

export interface DispositionField { key: string; name: string; /** Absent: any text. */ values?: string[] }
/** One of `labels` has to be on it, and every field has to be filled in. */
export interface DispositionRule { labels: string[]; fields: DispositionField[] }
export interface Disposition { label?: string; fields: Record<string, string> }
export interface DispositionFacts { disposition?: Record<string, string> }

interface Known { labels: readonly string[]; disposition?: Record<string, string> }
export interface Missing { label: boolean; fields: DispositionField[] }

/** Null: nothing is missing. */
export function missingAt(rule: DispositionRule, { labels, disposition = {} }: Known, given: Disposition = { fields: {} }): Missing | null {
  const label = rule.labels.length > 0 && !rule.labels.some((one) => labels.includes(one) || one === given.label);
  const fields = rule.fields.filter(({ key }) => (given.fields[key] ?? disposition[key]) === undefined);
  return label || fields.length > 0 ? { label, fields } : null;
}

const list = (words: readonly string[]): string => words.join(", ");
export const missingWords = (rule: DispositionRule, { label, fields }: Missing): string =>
  [...(label ? [`one of the labels ${list(rule.labels)}`] : []), ...fields.map(({ name, values }) => (values === undefined ? name : `${name} (${list(values)})`))].join("; ");

const CHARS = 500;

/** "label=billing; outcome=solved", or one a line → what is said; a string says what can't be read. Null: the text says nothing of the kind. */
export function readDisposition(rule: DispositionRule, text: string): Disposition | string | null {
  if (!/^\s*[\w-]+\s*=/.test(text)) return null;
  const given: Disposition = { fields: {} };
  for (const part of text.split(/[\n;]/).filter((one) => one.trim() !== "")) {
    const [, key = "", value = ""] = /^\s*([\w-]+)\s*=\s*(.*?)\s*$/.exec(part) ?? [];
    const field = rule.fields.find((one) => one.key === key.toLowerCase());
    const choices = key.toLowerCase() === "label" ? rule.labels : field?.values;
    if (key.toLowerCase() !== "label" && field === undefined) return `"${part.trim().slice(0, 40)}" names nothing that this inbox asks for.`;
    if (value === "" || value.length > CHARS) return `${field?.name ?? "The label"} must have 1 to ${CHARS} characters.`;
    const chosen = choices === undefined ? value : choices.find((one) => one.toLowerCase() === value.toLowerCase());
    if (chosen === undefined) return `"${value.slice(0, 40)}" is none of ${list(choices!)}.${didYouMean(value, choices!)}`;
    if (field === undefined) given.label = chosen;
    else given.fields[field.key] = chosen;
  }
  return given;
}
