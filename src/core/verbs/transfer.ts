/** transfer: to another desk target, with a hand-over note. */
import { UserError } from "../errors.ts";
import { didYouMean } from "../model/close-names.ts";
import type { DeskTarget } from "../model/types.ts";
import { agentAuthor } from "../services/send-reply.ts";
import { allTargets } from "../services/inbox-settings.ts";
import { NOTE_CHARS, targetName, targetsFor, transfer as moveTo } from "../services/transfer.ts";
import { anyText } from "./args.ts";
import { FORM_FIELD, verb } from "./verb.ts";

export const transfer = verb({
  name: "transfer", aliases: [], usage: "[desk] [hand-over note]", help: "Moves it to another desk, with what was said so far; the thread here points there. Without a desk it asks for one.",
  needs: { conversation: true }, args: anyText,
  fromForm: (values) => [values[FORM_FIELD] ?? "", values.note?.trim() ?? ""].join("\n").trim(),
  async run({ core, actor, conversation, args, ask }) {
    const choices = await targetsFor(core, conversation);
    if (args.text === "") {
      if (choices.length === 0) return { notice: `There is no other desk to move #${conversation.number} to. An administrator adds desks in the settings file (threadline.yaml).` };
      return ask(`Move #${conversation.number} to another desk`, [
        { name: FORM_FIELD, label: "Desk", kind: "select", required: true, options: choices.map((target) => ({ value: target.name, label: targetName(target) })) },
        { name: "note", label: "Hand-over note", kind: "longtext", required: false, help: `The first thing that is read there; it stays in the team. ${NOTE_CHARS.toLocaleString("en")} characters at most.` },
      ]);
    }
    // its own desk too: that it is there already is better news than that there is no such desk
    const { target, note } = readTarget(args.text, choices, await allTargets(core));
    const { number, thread } = await moveTo(core, { conversation, to: target._id, actor: agentAuthor(actor), note });
    return { notice: `#${number} moves to ${targetName(target)}.${thread === undefined && conversation.thread !== undefined ? " The card of the old thread says where it goes on." : ""}` };
  },
});

/**
 * A target's name, in quotation marks or not, then the note. Of two names that fit the longer counts; a first word that only one name
 * begins with will do. @throws {UserError} DESK_UNKNOWN with close names
 */
export function readTarget(text: string, choices: readonly DeskTarget[], all: readonly DeskTarget[] = choices): { target: DeskTarget; note: string } {
  const known = [...choices, ...all.filter((target) => !choices.some((one) => one._id === target._id))];
  const quoted = /^["“]([^"“”]+)["”]\s*([^]*)$/.exec(text);
  const begins = (name: string): boolean => text.toLowerCase().startsWith(name.toLowerCase()) && /^(?:$|[\s:,])/.test(text.slice(name.length));
  const exact = quoted === null ? known.filter(({ name }) => begins(name)).toSorted((a, b) => b.name.length - a.name.length)[0] : known.find(({ name }) => name.toLowerCase() === quoted[1]!.trim().toLowerCase());
  if (exact !== undefined) return { target: exact, note: quoted === null ? text.slice(exact.name.length).replace(/^[:,]/, "").trim() : quoted[2]!.trim() };

  const [word = "", rest = ""] = quoted === null ? [text.split(/\s/, 1)[0], text.slice(text.split(/\s/, 1)[0]!.length)] : [quoted[1]!.trim(), quoted[2]];
  const starting = choices.filter(({ name }) => name.toLowerCase().startsWith(word.toLowerCase()));
  if (starting.length === 1) return { target: starting[0]!, note: rest.trim() };
  const names = choices.map(({ name }) => name);
  if (starting.length > 1) throw new UserError("DESK_UNKNOWN", `"${word}" could be ${starting.map(({ name }) => name).join(" or ")}. Write the whole name, then the note.`);
  throw new UserError("DESK_UNKNOWN", `There is no desk "${word.slice(0, 60)}".${didYouMean(word, names) || (names.length === 0 ? " There is no other desk." : ` There are: ${names.join(", ")}.`)}`);
}
