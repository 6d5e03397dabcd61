/** csat: ask the customer how it went, or leave it out. */
import { askNow, skipSurvey } from "../services/csat.ts";
import { oneOf } from "./args.ts";
import { verb } from "./verb.ts";

export const csat = verb({
  name: "csat", aliases: [], usage: "[ask | skip]", help: "Asks the customer now how it went; skip leaves out the survey that would follow a resolve.",
  needs: { conversation: true }, args: oneOf(["ask", "skip"]),
  async run({ core, conversation, args }) {
    if (args.choice === "skip") return { notice: (await skipSurvey(core, conversation)) ? `The customer of #${conversation.number} is not asked.` : `No survey waits on #${conversation.number}; nothing changed.` };
    await askNow(core, conversation);
    return { notice: `The customer of #${conversation.number} is asked how it went.`, logged: true };
  },
});
