/** Text → verb and arguments. */
import { UserError } from "../../core/errors.ts";
import { didYouMean } from "../../core/model/close-names.ts";
import { readCommand } from "../../core/model/guard.ts";
import { isVerb, verbs } from "../../core/verbs/table.ts";

export interface Command { verb: string; args: string }

/** Reads `/verb args`, `!verb args`, or what followed a desk's own command (`verb args`). @throws {UserError} VERB_UNKNOWN with close verbs */
export function parseCommand(text: string): Command {
  const trimmed = text.trim();
  const command = readCommand(/^[!/]/.test(trimmed) ? trimmed : `/${trimmed}`, isVerb);
  if (command !== undefined) return command;
  throw unknownVerb(trimmed.replace(/^[!/]/, "").split(/\s/)[0] ?? "");
}

export const unknownVerb = (word: string): UserError => new UserError(
  "VERB_UNKNOWN",
  word === "" ? "Write a verb, such as /queue. /help lists them all." : `There is no verb "${word.slice(0, 40)}".${didYouMean(word, verbs.flatMap((one) => [one.name, ...one.aliases]))} /help lists them all.`,
);

/** Takes the conversation's number off the front: "#1042 tomorrow" → 1042 and "tomorrow". */
export function takeNumber(args: string): { number: number; rest: string } | null {
  const [, digits, rest] = /^#?(\d{1,12})(?:\s+([\s\S]*))?$/.exec(args.trim()) ?? [];
  return digits === undefined ? null : { number: Number(digits), rest: (rest ?? "").trim() };
}
