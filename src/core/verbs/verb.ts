/** What a verb is. */
import type { z } from "zod";
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import type { Agent, Conversation, FileRef, Message } from "../model/types.ts";
import type { CardButton, Form, FormField } from "../ports.ts";

/** `button.id` is the verb with its arguments behind a colon: "resolve", "resolve:--anyway", "snooze:tomorrow 9:00". */
export interface VerbResult {
  notice?: string; form?: Form; buttons?: CardButton[]; messageId?: string;
  /** A line of the timeline says the same: whoever stands in the thread is not told twice. */
  logged?: true;
}

/** `source`: unique, where a repeat must not say it twice. `mentions`: of the text, where it is not what the person typed just now. `template`: the approved text that it is. `quote`: the customer's line that it answers. `choices`: what may be pressed under it. `canned`: files of canned responses in it, beside those that came with the line. */
export interface Saying { files?: FileRef[]; canned?: FileRef[]; mentions?: number; source?: string; template?: Message["template"]; quote?: Message["quote"]; choices?: Message["choices"] }
/** Says a line in the bridge's guarded way: what may not go to the customer comes back as a notice. */
export type Say = (kind: "reply" | "note", text: string, conversation: Conversation, more?: Saying) => Promise<VerbResult>;

export interface VerbContext<A, C extends Conversation | null = Conversation | null> {
  core: Core;
  actor: Agent;
  conversation: C;
  /** Highest message seq that the actor could see; absent when the desk can't tell. */
  seen?: number | undefined;
  /** Teammates and groups that the desk itself marked as mentioned in the arguments. */
  mentions?: number | undefined;
  /** The message that the act is about, where a person pointed at one. */
  message?: Message | undefined;
  say: Say;
  args: A;
  /** Answers a form whose values come back as this verb's arguments, about the same conversation and `message`. */
  ask(title: string, fields: FormField[], message?: Message): VerbResult;
}

/** What the text after the verb was cut into: flags that the verb declares are taken out of it. */
export interface ArgText { text: string; flags: string[] }

export interface Needs {
  /** Runs on one conversation: a thread, or `#1042` as first word elsewhere. */
  conversation: boolean;
  role?: "administrator";
  /** Acts on one message; without one, on the newest that fits. */
  message?: boolean;
}

export interface VerbSpec<A, N extends Needs> {
  name: string;
  aliases: readonly string[];
  /** One line: what it does, for whom. */
  help: string;
  /** Arguments as a person types them: "<agent>", "[until]". */
  usage: string;
  /** Flags such as "--anyway". Anything else that begins with dashes stays text. */
  flags?: readonly string[];
  needs: N;
  args: z.ZodType<A, ArgText>;
  /** Form values → the text that a person would have typed. */
  fromForm?: (values: Record<string, string>) => string;
  run(context: VerbContext<A, N["conversation"] extends true ? Conversation : Conversation | null>): Promise<VerbResult>;
}

export const buttonId = (verb: string, args: string): string => (args === "" ? verb : `${verb}:${args}`);

/** A verb as the table holds it: it reads its own arguments. */
export interface Verb extends Pick<VerbSpec<unknown, Needs>, "name" | "aliases" | "help" | "usage" | "needs"> {
  readonly fromForm: (values: Record<string, string>) => string;
  /** @throws {UserError} */
  run(context: Omit<VerbContext<never>, "args">, argText: string): Promise<VerbResult>;
}

export function verb<A, const N extends Needs>(spec: VerbSpec<A, N>): Verb {
  const { name, aliases, help, usage, needs } = spec;
  return {
    name, aliases, help, usage, needs,
    fromForm: spec.fromForm ?? ((values) => values[FORM_FIELD] ?? ""),
    async run(context, argText) {
      const args = spec.args.safeParse(takeFlags(argText, spec.flags ?? []));
      if (!args.success) throw new UserError("BAD_TEXT", `${args.error.issues[0]?.message ?? "That can't be read."} Write: ${usageLine(spec)}`);
      if (needs.conversation && context.conversation === null) {
        throw new UserError("NEEDS_CONVERSATION", `${name} is about one conversation. Use it in a thread, or name one: /${name} #1042${usage === "" ? "" : ` ${usage}`}`);
      }
      return spec.run({ ...context, args: args.data } as Parameters<typeof spec.run>[0]);
    },
  };
}

/** The field whose value is the whole argument, unless a verb reads its form itself. */
export const FORM_FIELD = "value";

export const usageLine = (of: Pick<Verb, "name" | "usage">): string => `/${of.name}${of.usage === "" ? "" : ` ${of.usage}`}`;

function takeFlags(text: string, known: readonly string[]): ArgText {
  const flags: string[] = [];
  const words = known.length === 0 ? text : text.replace(/(^|\s)(--[a-z-]+)(?=\s|$)/gi, (all, _before: string, flag: string) => {
    if (!known.includes(flag.toLowerCase())) return all;
    flags.push(flag.toLowerCase());
    return "";
  });
  return { text: words.trim(), flags };
}
