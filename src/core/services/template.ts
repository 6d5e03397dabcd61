/**
 * Texts with variables (Liquid), rendered from data alone: what a customer or an agent is called is never read as a template, brings no
 * line break and mentions nobody. No loops, no files, no filter that reads a text as an expression.
 */
import { Liquid, type Template } from "liquidjs";
import { UserError } from "../errors.ts";
import { didYouMean } from "../model/close-names.ts";
import { fold } from "../model/guard-fold.ts";
import { mentionsSomeone } from "../model/guard-prefix.ts";

/** Each variable with what it is; a test finds each in the README. */
export const VARIABLES = {
  "contact.name": "the customer's name", "contact.first_name": "its first word", "contact.last_name": "its last word, where there are several",
  "contact.email": "their e-mail address", "contact.phone": "their phone number",
  "agent.name": "who sends it", "agent.first_name": "the first word of that",
  "conversation.number": "such as 1042", "conversation.subject": "the first line",
  "inbox.name": "the inbox", "team.name": "the team in whose queue it is",
  "hours.state": "open or closed, by its working hours", "hours.opens": "when they next open while closed, in their own zone",
} as const;
export type Variable = keyof typeof VARIABLES;
/** What is not known of this conversation is absent. */
export type Values = Partial<Record<Variable, string>>;

/** Characters of a template, and of what it comes to. */
export const TEMPLATE_CHARS = 8_000;
const VALUE_CHARS = 200;
const DEPTH = 3;
/** Other texts that one may hold, those within them included. */
const TEXTS = 50;
const TAGS = ["if", "unless", "case", "comment", "raw"];
const FILTERS = ["default", "upcase", "downcase", "capitalize", "strip", "truncate"];
/** Stand around each value while a text is put together; taken out of all that comes in. */
const [OPEN, CLOSE] = ["\uE000", "\uE001"];
const MARKS = /[\uE000\uE001]/g;

/** Another text that stands in a template as `{{code}}`; it was rendered by itself. */
class Inline { constructor(readonly text: string) {} toString(): string { return this.text; } }

const engine = new Liquid({
  strictVariables: true, strictFilters: true, lenientIf: true, ownPropertyOnly: true, templates: {},
  parseLimit: TEMPLATE_CHARS, renderLimit: 1_000, memoryLimit: 200_000,
  outputEscape: (value: unknown) => (value instanceof Inline ? value.text : `${OPEN}${asData(String(value ?? ""))}${CLOSE}`),
});
for (const name of Object.keys(engine.tags)) if (!TAGS.includes(name)) delete engine.tags[name];
for (const name of Object.keys(engine.filters)) if (!FILTERS.includes(name)) delete engine.filters[name];

const mentions = (text: string): boolean => mentionsSomeone(fold(text));

/** One line of at most 200 characters in which nothing mentions anybody; an @ stays only within an address. */
function asData(value: string): string {
  const line = value.replace(MARKS, "").replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ").trim();
  const calm = line.replace(/[<＜﹤]/g, "‹").replace(/(?<![a-z0-9._%+-])[@＠﹫]|[＠﹫]|@(?![a-z0-9])/gi, "");
  const quiet = mentions(calm) ? calm.replace(/[^\p{L}\p{N}\s.'’-]/gu, "") : calm;
  return [...quiet].slice(0, VALUE_CHARS).join("");
}

interface Read { template: Template[]; inline: string[] }

/** @throws {UserError} TEMPLATE_BROKEN, VARIABLE_UNKNOWN */
function read(text: string): Read {
  let template: Template[];
  try { template = engine.parse(text.replace(MARKS, "")); } catch (error) { throw broken(error); }
  const names = engine.globalFullVariablesSync(template);
  const inline = names.filter((name) => CODE.test(name));
  const unknown = names.find((name) => !Object.hasOwn(VARIABLES, name) && !CODE.test(name));
  if (unknown !== undefined) throw noSuch(unknown);
  return { template, inline };
}

/** What a text may be called, so that `{{code}}` stands for it. */
export const CODE = /^[a-z0-9][a-z0-9_-]{0,39}$/;

const noSuch = (name: string) => new UserError("VARIABLE_UNKNOWN", `There is no variable {{${name.slice(0, 60)}}}.${didYouMean(name, Object.keys(VARIABLES))} Nothing was sent. There are: ${Object.keys(VARIABLES).join(", ")}.`);
const noText = (code: string) => new UserError("VARIABLE_UNKNOWN", `There is neither a variable nor a canned response {{${code}}}.${didYouMean(code, Object.keys(VARIABLES))} Nothing was sent.`);
const broken = (error: unknown) => new UserError("TEMPLATE_BROKEN", `This text's braces can't be read: ${error instanceof Error ? error.message.split("\n")[0]! : "its form is wrong"}. Nothing was sent.`);

/** Whether `{{code}}` stands for a text of that code: `true` and `42` are values of their own. */
export function standsForText(code: string): boolean {
  try { return read(`{{${code}}}`).inline.length === 1; } catch { return true; }
}

/** The codes that a template names as `{{code}}`. @throws {UserError} TEMPLATE_BROKEN, VARIABLE_UNKNOWN */
export const checkTemplate = (text: string): string[] => read(text).inline;

/**
 * @param textOf another text by its code, null when there is none
 * @throws {UserError} VARIABLE_UNKNOWN names the variable that is unknown, or not known here and without a default; TEMPLATE_BROKEN; TEXT_TOO_LONG
 */
export async function renderTemplate(text: string, values: Values, textOf: (code: string) => Promise<string | null>): Promise<string> {
  const marked = await put(text, { scope: scopeOf(values), textOf, texts: 0 }, []);
  const plain = marked.replace(MARKS, "").trim();
  // "@{{contact.name}}" must not mention everyone because somebody is called so.
  if (!mentions(plain) || mentions(marked.replace(/\uE000[^\uE000\uE001]*\uE001/g, "x"))) return plain;
  return marked.replaceAll(OPEN, " ").replaceAll(CLOSE, "").trim();
}

type Scope = Record<string, Record<string, string>>;
function scopeOf(values: Values): Scope {
  const scope: Scope = {};
  for (const variable of Object.keys(VARIABLES)) {
    const [group, name] = variable.split(".") as [string, string];
    const value = asData(values[variable as Variable] ?? "");
    scope[group] ??= {};
    // what takes no ink is as good as not known
    if (fold(value).text.trim() !== "") scope[group][name] = value;
  }
  return scope;
}

interface Putting { scope: Scope; textOf: (code: string) => Promise<string | null>; /** That were asked for. */ texts: number }

async function put(text: string, putting: Putting, within: string[]): Promise<string> {
  const { template, inline } = read(text);
  const texts: Record<string, Inline> = {};
  for (const code of inline) {
    if (within.includes(code) || within.length >= DEPTH) throw new UserError("TEMPLATE_BROKEN", `{{${code}}} stands within itself, or too deep: texts may hold each other ${DEPTH} deep. Nothing was sent.`);
    if (++putting.texts > TEXTS) throw new UserError("TEMPLATE_BROKEN", `This text holds more than ${TEXTS} others, those within them included. Nothing was sent.`);
    const found = await putting.textOf(code);
    if (found === null) throw noText(code);
    texts[code] = new Inline(await put(found, putting, [...within, code]));
  }
  const filled = fill(template, { ...texts, ...putting.scope });
  // each by itself: what is too long must not be multiplied by what holds it
  if (filled.replace(MARKS, "").trim().length > TEMPLATE_CHARS) throw new UserError("TEXT_TOO_LONG", `This text has more than ${TEMPLATE_CHARS.toLocaleString("en")} characters once its variables are filled in. Nothing was sent.`);
  return filled;
}

function fill(template: Template[], scope: object): string {
  try {
    return engine.renderSync(template, scope) as string;
  } catch (error) {
    const name = /undefined variable: ([^\s,]+)/.exec(error instanceof Error ? error.message : "")?.[1];
    if (name === undefined) throw broken(error);
    throw new UserError("VARIABLE_UNKNOWN", `{{${name}}} is not known here, and the text says nothing else for that: {{ ${name} | default: "…" }}. Nothing was sent.`);
  }
}
