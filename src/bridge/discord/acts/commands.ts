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

/** What may stand behind a verb, read out of its `usage`: one text, and flags such as `--anyway`. */
export interface Shape { argument: { name: string; hint: string; free: boolean } | null; flags: string[] }

const ARGUMENT_NAMES: Record<string, string> = { snooze: "until", priority: "level" };

export function shapeOf(verb: Pick<Verb, "name" | "usage">): Shape {
  const flags = [...verb.usage.matchAll(/\[--([a-z-]+)\]/g)].map((match) => match[1]!);
  const rest = verb.usage.replace(/\[--[a-z-]+\]/g, "").trim();
  if (rest === "") return { argument: null, flags };
  const words = /^[<[]([^<>[\]]*)[>\]]$/.exec(rest)?.[1]?.split(" | ") ?? [];
  const name = ARGUMENT_NAMES[verb.name] ?? (words.length === 1 ? asName(words[0]!.split(" ").at(-1)!) : words.length > 1 ? "choice" : "text");
  return { argument: { name, hint: rest.replace(/[<>[\]]/g, ""), free: name === "text" }, flags };
}
const asName = (word: string): string => word.toLowerCase().replace(/[^a-z0-9_-]/g, "").slice(0, 32) || "text";

const short = (text: string): string => (text.length <= DESCRIPTION ? text : `${text.slice(0, DESCRIPTION - 1).replace(/[\uD800-\uDBFF]$/, "")}…`);

function chatCommand(verb: Verb): CommandDefinition {
  const { argument, flags } = shapeOf(verb);
  const options: CommandOption[] = [];
  if (argument !== null) {
    const hint = WRITING.has(verb.name) ? "The text. Leave it out to write a longer one in a window" : argument.hint;
    // Nothing is required: what is missing is asked for by a form, or in words.
    options.push({ type: STRING, name: argument.name, description: short(hint), ...(argument.free ? { max_length: TEXT_OPTION } : { autocomplete: true as const }) });
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
  const { argument, flags } = shapeOf(verb);
  const value = (name: string) => options.find((option) => option.name === name)?.value;
  const text = argument === null ? "" : String(value(argument.name) ?? "").trim();
  const named = value(CONVERSATION);
  const digits = named === undefined ? undefined : /^#?(\d{1,12})$/.exec(String(named).trim())?.[1];
  return {
    args: [text, ...flags.filter((flag) => value(flag) === true).map((flag) => `--${flag}`)].filter((part) => part !== "").join(" "),
    number: digits === undefined ? null : Number(digits), badNumber: named !== undefined && digits === undefined,
  };
}
