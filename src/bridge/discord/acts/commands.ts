/**
 * The verb table as Discord's commands. A verb that is added to the table is a command at the next start. Pure.
 * Source of limits: docs.discord.com/developers/interactions/application-commands (100 chat and 15 message commands, 25 options, name 32, description 100)
 */
import type { Verb } from "../../../core/verbs/verb.ts";
import { COMMAND, type OptionValue } from "./payload.ts";
import { MENU } from "./menu.ts";

const [DESCRIPTION, TEXT_OPTION] = [100, 6_000];
const STRING = 3;
const BOOLEAN = 5;

/** The option that names a conversation, for who stands in no thread. */
export const CONVERSATION = "conversation";
/** Verbs that open a modal for a long text when nothing was written behind them. */
export const WRITING: ReadonlySet<string> = new Set(["reply", "note"]);

export interface CommandOption { type: number; name: string; description: string; required?: true; autocomplete?: true; max_length?: number }
export interface CommandDefinition { type: number; name: string; description?: string; options?: CommandOption[] }

/** One text of a verb. `free`: nothing can be proposed for it. `flag`: what it stands behind, such as "--with". */
interface Argument { name: string; hint: string; free: boolean; flag?: string }
/** What may stand behind a verb, read out of its `usage`: texts in their order, and flags such as `--anyway`. */
export interface Shape { texts: Argument[]; flags: string[] }

const ARGUMENT_NAMES: Record<string, string> = { snooze: "until", schedule: "when", remind: "when", priority: "level", assign: "to", queue: "team", mode: "to", contact: "what", merge: "with" };
/** Verbs whose text stands on a line of its own, so that none of it is read as the time before it. */
const TIMED: ReadonlySet<string> = new Set(["schedule", "remind"]);
/** Words at the end of which anything may stand. */
const FREE = /(?:^|\s)(?:text|note)$/;

export function shapeOf(verb: Pick<Verb, "name" | "usage">): Shape {
  const shape: Shape = { texts: [], flags: [] };
  for (const [, group = ""] of verb.usage.matchAll(/[<[]([^<>[\]]*)[>\]]/g)) {
    const [, flag, valued = ""] = /^--([a-z-]+)(?: (.+))?$/.exec(group) ?? [];
    if (flag !== undefined && valued === "") shape.flags.push(flag);
    else if (flag !== undefined) shape.texts.push({ name: flag, hint: valued, free: false, flag: `--${flag}` });
    else shape.texts.push({ name: (shape.texts.length === 0 ? ARGUMENT_NAMES[verb.name] : undefined) ?? (group.includes(" | ") ? "choice" : asName(group.split(" ").at(-1)!)), hint: group, free: !group.includes(" | ") && FREE.test(group) });
  }
  return shape;
}
const asName = (word: string): string => word.toLowerCase().replace(/[^a-z0-9_-]/g, "").slice(0, 32) || "text";

const short = (text: string): string => (text.length <= DESCRIPTION ? text : `${text.slice(0, DESCRIPTION - 1).replace(/[\uD800-\uDBFF]$/, "")}…`);

function chatCommand(verb: Verb): CommandDefinition {
  const { texts, flags } = shapeOf(verb);
  const options: CommandOption[] = [];
  for (const { name, hint, free } of texts) {
    const words = WRITING.has(verb.name) ? "The text. Leave it out to write a longer one in a window" : hint;
    // Nothing is required: what is missing is asked for by a form, or in words.
    options.push({ type: STRING, name, description: short(words), ...(free ? { max_length: TEXT_OPTION } : { autocomplete: true as const }) });
  }
  for (const flag of flags) options.push({ type: BOOLEAN, name: flag, description: flag === "anyway" ? "Do it without being asked first" : short(`--${flag}`) });
  if (verb.needs.conversation) options.push({ type: STRING, name: CONVERSATION, description: "Its number, such as #1042. Not needed in its thread", autocomplete: true });
  return { type: COMMAND.chat, name: verb.name, description: short(verb.help), ...(options.length === 0 ? {} : { options }) };
}

export const LINK: CommandDefinition = { type: COMMAND.chat, name: "link", description: "Links your Discord account to your agent, so that you may answer customers." };

/** All commands of a guild, as one bulk PUT takes them. */
export const commandSet = (verbs: readonly Verb[]): CommandDefinition[] => [
  ...verbs.map(chatCommand), ...(verbs.some((verb) => verb.name === LINK.name) ? [] : [LINK]),
  ...MENU.map(({ label }) => ({ type: COMMAND.message, name: label })),
];

/** What a person filled in, as the text that they would have typed behind the verb. */
export function typedText(verb: Pick<Verb, "name" | "usage">, options: OptionValue[]): { args: string; number: number | null; badNumber: boolean } {
  const { texts, flags } = shapeOf(verb);
  const value = (name: string) => options.find((option) => option.name === name)?.value;
  const written = texts.flatMap(({ name, flag }) => {
    const text = String(value(name) ?? "").trim();
    return text === "" ? [] : [...(flag === undefined || text.startsWith(flag) ? [] : [flag]), text];
  });
  const named = value(CONVERSATION);
  const digits = named === undefined ? undefined : /^#?(\d{1,12})$/.exec(String(named).trim())?.[1];
  return {
    args: [written.join(TIMED.has(verb.name) ? "\n" : " "), ...flags.filter((flag) => value(flag) === true).map((flag) => `--${flag}`)].filter((part) => part !== "").join(" "),
    number: digits === undefined ? null : Number(digits), badNumber: named !== undefined && digits === undefined,
  };
}
