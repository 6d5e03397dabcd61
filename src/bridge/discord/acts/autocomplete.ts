/** What Discord proposes while a command is typed. It can't be put off: what is not ready in time is left out. */
import type { Core } from "../../../core/core.ts";
import type { DeskThreadId } from "../../../core/model/types.ts";
import type { DeskHost, Suggestion } from "../../../core/ports.ts";
import { verbs } from "../../../core/verbs/table.ts";
import type { Choice } from "./answers.ts";
import { CONVERSATION, shapeOf } from "./commands.ts";
import { shortText } from "./forms.ts";
import type { AutocompleteInteraction } from "./payload.ts";

/** Source: docs.discord.com/developers/interactions/application-commands#autocomplete */
const [MOST, CHOICE] = [25, 100];

/** Options that stand behind a flag, by verb and option. */
const FLAGGED = new Map(verbs.map((verb) => [verb.name, new Map(shapeOf(verb).texts.flatMap(({ name, flag }) => (flag === undefined ? [] : [[name, flag] as const])))]));

export interface Completing { core: Core; host: DeskHost; /** Milliseconds after which nothing is proposed. */ withinMs?: number }

/** Never rejects. @param threadHere of the conversation that the command is typed in; looking for it counts too */
export async function choicesFor({ core, host, withinMs = 2_000 }: Completing, it: AutocompleteInteraction, userId: string, threadHere: () => Promise<DeskThreadId | null>): Promise<Choice[]> {
  const focused = it.data.options.find((option) => option.focused === true);
  if (focused === undefined) return [];
  const typed = String(focused.value ?? "").trimStart();
  const named = focused.name === CONVERSATION ? undefined : it.data.options.find((option) => option.name === CONVERSATION)?.value;
  const number = /^#?(\d{1,12})$/.exec(String(named ?? "").trim())?.[1];
  const flag = FLAGGED.get(it.data.name)?.get(focused.name);
  const before = `/${it.data.name} ${number === undefined ? "" : `#${number} `}${flag === undefined ? "" : `${flag} `}`;
  // A number chooses the conversation, so then no thread says it already.
  const proposed = async (): Promise<Suggestion[]> => {
    const thread = await threadHere();
    return host.complete("discord", userId, before + typed, focused.name === CONVERSATION || number !== undefined ? null : thread);
  };
  let timer: NodeJS.Timeout | undefined;
  try {
    const late = new Promise<Suggestion[]>((resolve) => { timer = setTimeout(resolve, withinMs, []); });
    const found = await Promise.race([proposed(), late]);
    return asChoices(found, before);
  } catch (error) {
    core.log.warn({ err: error, verb: it.data.name }, "Nothing could be proposed for a command that is being typed in Discord.");
    return [];
  } finally {
    clearTimeout(timer);
  }
}

/** A suggestion is the whole text as it would stand then; a choice is what goes into the one option. */
function asChoices(found: Suggestion[], before: string): Choice[] {
  const choices = new Map<string, Choice>();
  for (const { text, hint } of found) {
    const value = text.startsWith(before) ? text.slice(before.length).trim() : "";
    if (value === "" || value.length > CHOICE || choices.has(value)) continue;
    choices.set(value, { name: shortText(hint === "" || hint === value ? value : `${value} · ${hint}`, CHOICE), value });
    if (choices.size === MOST) break;
  }
  return [...choices.values()];
}
