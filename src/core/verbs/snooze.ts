/** snooze: hide until a time or the next reply. */
import { UserError } from "../errors.ts";
import { parseWhen } from "../model/when.ts";
import { agentAuthor } from "../services/send-reply.ts";
import { snooze as hide } from "../services/snooze.ts";
import { anyText } from "./args.ts";
import { timeFor } from "./describe.ts";
import { FORM_FIELD, verb } from "./verb.ts";

/** Offered in the form and while typing. */
export const USUAL_TIMES = [
  { value: "1h", label: "In 1 hour" }, { value: "3h", label: "In 3 hours" }, { value: "tomorrow 9:00", label: "Tomorrow 9:00" },
  { value: "monday", label: "Monday 9:00" }, { value: "1 week", label: "In a week" }, { value: "until reply", label: "Until the customer replies" },
];

export const snooze = verb({
  name: "snooze", aliases: ["later"], usage: "[2h | tomorrow 9:00 | monday | until reply] [--anyway]", flags: ["--anyway"],
  help: "Hides it until then; the customer's next line wakes it earlier. Without a time it asks for one.",
  needs: { conversation: true }, args: anyText,
  fromForm: (values) => values.other?.trim() || (values[FORM_FIELD] ?? ""),
  async run({ core, actor, conversation, seen, args, ask }) {
    if (args.text === "") {
      return ask(`Snooze #${conversation.number}`, [
        { name: FORM_FIELD, label: "Until", kind: "select", required: true, value: "tomorrow 9:00", options: USUAL_TIMES },
        { name: "other", label: "Or another time", kind: "text", required: false, help: "Such as 45m, friday 14:00 or 2026-12-24 10:00. It wins over the choice above." },
      ]);
    }
    const when = parseWhen(args.text, core.clock.now(), actor.timeZone);
    if ("error" in when) throw new UserError("BAD_TIME", when.error);
    const until = "at" in when ? when.at : null;
    const { number } = await hide(core, { conversation, actor: agentAuthor(actor), seen, anyway: args.anyway, until });
    if (until === null) return { notice: `#${number} is snoozed until the customer replies.`, logged: true };
    // The timeline names the time in UTC; its author reads here how their words were understood.
    return { notice: `#${number} is snoozed until ${timeFor(actor, until)}, or until the customer writes.` };
  },
});
