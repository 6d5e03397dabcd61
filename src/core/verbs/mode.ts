/** mode: whether a plain line goes to the customer. */
import { inboxOf } from "../services/inbox-settings.ts";
import { modeOf, setMode } from "../services/mode.ts";
import { agentAuthor } from "../services/send-reply.ts";
import { oneOf } from "./args.ts";
import { buttonId, verb } from "./verb.ts";

export const MODES = ["reply", "note-first", "team-only"] as const;
const MEANING: Record<(typeof MODES)[number], string> = {
  reply: "plain lines go to the customer",
  "note-first": "plain lines stay inside; only /reply sends",
  "team-only": "it is for the team; a line leaves only by an explicit /reply",
};

export const mode = verb({
  name: "mode", aliases: [], usage: "[reply | note-first | team-only]", help: "Switches what plain lines in this thread do; without a word it says what they do now.",
  needs: { conversation: true }, args: oneOf(MODES, { notefirst: "note-first", note: "note-first", teamonly: "team-only", team: "team-only" }),
  async run({ core, actor, conversation, args }) {
    if (args.choice === "") {
      const now = modeOf(conversation, await inboxOf(core, conversation.inboxId));
      return { notice: `This thread is in ${now} mode: ${MEANING[now]}.`, buttons: MODES.filter((one) => one !== now).map((one) => ({ id: buttonId("mode", one), label: `Switch to ${one}` })) };
    }
    await setMode(core, { conversation, actor: agentAuthor(actor), mode: args.choice });
    return { notice: `This thread is now in ${args.choice} mode: ${MEANING[args.choice]}.`, logged: true };
  },
});
