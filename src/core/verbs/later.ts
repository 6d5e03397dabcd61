/** schedule and remind: what happens at a time that an agent names. */
import { UserError } from "../errors.ts";
import { cutWhen } from "../model/cut-when.ts";
import { firstLine } from "../model/draft.ts";
import type { Later } from "../model/later.ts";
import type { Conversation } from "../model/types.ts";
import { expandCodes } from "../services/canned.ts";
import { cancelLater, changeLater, scheduleReply, setReminder, waitingLater } from "../services/later.ts";
import { anyText } from "./args.ts";
import { timeFor } from "./describe.ts";
import { newOnce, ONCE } from "./once.ts";
import { USUAL_TIMES } from "./snooze.ts";
import { buttonId, FORM_FIELD, verb, type VerbContext, type VerbResult } from "./verb.ts";

type Context = VerbContext<{ text: string; anyway: boolean }, Conversation>;
const TIMES = USUAL_TIMES.filter(({ value }) => value !== "until reply");
const ACT = new RegExp(`^(list|cancel|edit)(?:\\s+(${ONCE}|\\d{1,2})(?=\\s|$))?\\s*([\\s\\S]*)$`, "i");
/** A form bears a sign, so that what comes back twice is done once. */
const SIGNED = new RegExp(`^(${ONCE})\\s+`);

/** What a form of these verbs comes back as: its sign, the time, the text below. */
function fromForm(values: Record<string, string>): string {
  const chosen = values.about ?? values[FORM_FIELD] ?? "";
  const other = values.other?.trim() ?? "";
  const when = other === "" ? chosen : `${SIGNED.exec(chosen)?.[0] ?? ""}${other}`;
  return values.text === undefined ? when : `${when}\n${values.text}`;
}

const usualTimes = (sign: string) => TIMES.map(({ value, label }) => ({ value: `${sign} ${value}`, label }));

function whenForm({ ask, conversation }: Context, words: { title: string; text: string; needed: boolean }): VerbResult {
  const times = usualTimes(newOnce());
  return ask(`${words.title} #${conversation.number}`, [
    { name: FORM_FIELD, label: "When", kind: "select", required: true, value: times.find(({ value }) => value.endsWith("tomorrow 9:00"))!.value, options: times },
    { name: "other", label: "Or another time", kind: "text", required: false, help: "Such as 45m, friday 14:00 or 2026-12-24 10:00. It wins over the choice above." },
    { name: "text", label: words.text, kind: "longtext", required: words.needed },
  ]);
}

/** One that waits, by its sign or its place in the list; the only one where none is named. @throws {UserError} NOT_FOUND */
function pick(waiting: readonly Later[], named: string | undefined, list: string): Later {
  const one = named === undefined ? (waiting.length === 1 ? waiting[0] : undefined) : (waiting.find(({ sign }) => sign === named) ?? waiting[Number(named) - 1]);
  if (one === undefined) throw new UserError("NOT_FOUND", waiting.length === 0 ? "Nothing waits here any more: it has gone, or was cancelled." : `Name one by its place in ${list}: there are ${waiting.length}.`);
  return one;
}

async function listed({ core, actor, conversation }: Context, kind: Later["kind"], verbName: string): Promise<VerbResult> {
  const waiting = await waitingLater(core, kind, { conversation, agent: actor });
  const what = kind === "reply" ? "reply" : "reminder of yours";
  if (waiting.length === 0) return { notice: `No ${what} waits for its time on #${conversation.number}.` };
  const lines = waiting.map(({ at, author, body }, i) => `${i + 1}. ${timeFor(actor, at)} · ${kind === "reply" ? `${author.name}: ` : ""}${body === "" ? "no text" : `“${firstLine(body, 200)}”`}`);
  const buttons = waiting.slice(0, 5).map(({ sign }, i) => ({ id: buttonId(verbName, `cancel ${sign}`), label: waiting.length === 1 ? "Cancel it" : `Cancel ${i + 1}` }));
  return { notice: [`Waiting on #${conversation.number}:`, ...lines].join("\n"), buttons };
}

/** The text in the form, or typed behind the time; its sign is the form's, or new. */
function readTime({ core, actor, args }: Context): { sign: string; at: Date; rest: string; shown: string } {
  const sign = SIGNED.exec(args.text)?.[1];
  const shown = args.text.replace(SIGNED, "");
  const when = cutWhen(shown, core.clock.now(), actor.timeZone);
  if ("error" in when) throw new UserError("BAD_TIME", when.error);
  return { sign: sign ?? newOnce(), shown, ...when };
}

export const schedule = verb({
  name: "schedule", aliases: ["later-send"], usage: "[2h | tomorrow 9:00 | list | cancel 2 | edit 2] [text] [--anyway]", flags: ["--anyway"],
  help: "Sends the text at that time, by your own clock; when the customer writes first, it is held and you are asked. list shows what waits, cancel and edit change it. Without a time or a text it asks for them.",
  needs: { conversation: true }, args: anyText, fromForm,
  async run(context: Context) {
    const { core, actor, conversation, seen, mentions = 0, args, ask } = context;
    if (args.text === "") return whenForm(context, { title: "Reply later on", text: "To the customer", needed: true });
    const [, act, named, text = ""] = ACT.exec(args.text) ?? [];
    if (act?.toLowerCase() === "list" && named === undefined && text === "") return listed(context, "reply", "schedule");
    if (act !== undefined && act.toLowerCase() !== "list") {
      const one = pick(await waitingLater(core, "reply", { conversation, agent: actor }), named, "/schedule list");
      if (act.toLowerCase() === "cancel") {
        await cancelLater(core, { conversation, agent: actor }, one);
        return { notice: `Cancelled: the reply for ${timeFor(actor, one.at)} does not go.`, logged: true };
      }
      const behind = text.trim();
      if (behind === "") {
        return ask("Change the scheduled reply", [
          { name: "text", label: "To the customer", kind: "longtext", required: true, value: one.body },
          { name: "about", label: "It goes", kind: "select", required: true, value: `edit ${one.sign}`, options: [{ value: `edit ${one.sign}`, label: timeFor(actor, one.at) }] },
        ]);
      }
      await changeLater(core, { conversation, agent: actor, ...(await expandCodes(core, actor, conversation, behind)), mentions }, one);
      return { notice: `Changed: it goes on ${timeFor(actor, one.at)}.`, logged: true };
    }
    const { sign, at, rest, shown } = readTime(context);
    if (rest === "") {
      const value = `${sign} ${shown}`;
      return ask(`Reply on ${timeFor(actor, at)}`, [
        { name: "text", label: "To the customer", kind: "longtext", required: true },
        { name: "about", label: "It goes", kind: "select", required: true, value, options: [{ value, label: timeFor(actor, at) }] },
      ]);
    }
    const later = await scheduleReply(core, { conversation, agent: actor, sign, at, ...(await expandCodes(core, actor, conversation, rest)), mentions, seen, anyway: args.anyway });
    return {
      notice: `It goes to the customer on ${timeFor(actor, later.at)}, unless they write first:\n“${later.body}”`,
      buttons: [{ id: buttonId("schedule", `cancel ${later.sign}`), label: "Cancel it" }, { id: buttonId("schedule", `edit ${later.sign}`), label: "Change it…" }],
    };
  },
});

export const remind = verb({
  name: "remind", aliases: [], usage: "[2h | tomorrow 9:00 | list | cancel 2] [text]",
  help: "Reminds you of this conversation at that time, by your own clock, in its thread. list shows your reminders here. Without a time it asks for one.",
  needs: { conversation: true }, args: anyText, fromForm,
  async run(context: Context) {
    const { core, actor, conversation, args } = context;
    if (args.text === "") return whenForm(context, { title: "Remind me of", text: "What of", needed: false });
    const [, act, named, text = ""] = ACT.exec(args.text) ?? [];
    if (act !== undefined && text === "" && act.toLowerCase() !== "edit") {
      if (act.toLowerCase() === "list") return listed(context, "reminder", "remind");
      const one = pick(await waitingLater(core, "reminder", { conversation, agent: actor }), named, "/remind list");
      await cancelLater(core, { conversation, agent: actor }, one);
      return { notice: `Cancelled: you are not reminded on ${timeFor(actor, one.at)}.` };
    }
    const { sign, at, rest } = readTime(context);
    const later = await setReminder(core, { conversation, agent: actor, sign, at, text: rest });
    return { notice: `You are reminded of #${conversation.number} on ${timeFor(actor, later.at)}.`, buttons: [{ id: buttonId("remind", `cancel ${later.sign}`), label: "Cancel it" }] };
  },
});
