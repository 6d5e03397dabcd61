/** Shapes of arguments that several verbs share. Each turns the text after the verb into what `run` is given. */
import { z } from "zod";
import type { ArgText } from "./verb.ts";

const cut = z.object({ text: z.string(), flags: z.array(z.string()) }) satisfies z.ZodType<ArgText>;

/** Nothing may follow the verb. */
export const nothing = cut.transform(({ text }, context) => {
  if (text !== "") context.addIssue({ code: "custom", message: `"${text.slice(0, 40)}" is one word too many.` });
  return {};
});

/** Only `--anyway` may follow. */
export const onlyAnyway = cut.transform(({ text, flags }, context) => {
  if (text !== "") context.addIssue({ code: "custom", message: `"${text.slice(0, 40)}" is one word too many.` });
  return { anyway: flags.includes("--anyway") };
});

/** Any text, also none. */
export const anyText = cut.transform(({ text, flags }) => ({ text, anyway: flags.includes("--anyway") }));

/** A text that must be there. */
export const someText = (missing: string) => anyText.refine(({ text }) => text !== "", { message: missing });

/** One of a few words; `""` when nothing was written. */
export const oneOf = <T extends string>(words: readonly T[], aliases: Record<string, T> = {}) => cut.transform(({ text }, context): { choice: T | "" } => {
  const word = text.toLowerCase();
  const choice = words.find((known) => known === word) ?? aliases[word];
  if (choice === undefined && word !== "") context.addIssue({ code: "custom", message: `"${text.slice(0, 40)}" is none of ${words.join(", ")}.` });
  return { choice: choice ?? "" };
});
