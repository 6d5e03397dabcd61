/** request, approve, decline: where agents may not give themselves work. */
import { allAgents, mayAnswer } from "../services/inbox-settings.ts";
import { decide, requestTransfer } from "../services/transfer-request.ts";
import { anyText, nothing } from "./args.ts";
import { nameOf } from "./owner.ts";
import { UserError } from "../errors.ts";
import { verb } from "./verb.ts";

export const request = verb({
  name: "request", aliases: [], usage: "[agent]", help: "Asks an administrator to give it to you, or to somebody else, where agents may not take or assign.",
  needs: { conversation: true }, args: anyText,
  async run({ core, actor, conversation, args }) {
    const to = args.text === "" || /^@?me$/i.test(args.text) ? actor : nameOf(args.text, (await allAgents(core)).filter((agent) => mayAnswer(agent, conversation.inboxId)), []);
    if ("memberIds" in to) throw new UserError("NOT_POSSIBLE", "Name a person.");
    await requestTransfer(core, { conversation, by: actor, to });
    return { notice: `Administrators were asked to give #${conversation.number} to ${to._id === actor._id ? "you" : to.name}.`, logged: true };
  },
});

export const approve = verb({
  name: "approve", aliases: [], usage: "", help: "Gives it to whoever asked for it.",
  needs: { conversation: true, role: "administrator" }, args: nothing,
  async run({ core, actor, conversation }) {
    return { notice: `#${conversation.number} is now with ${await decide(core, { conversation, by: actor, approve: true })}.`, logged: true };
  },
});

export const decline = verb({
  name: "decline", aliases: [], usage: "", help: "Says no to whoever asked for it.",
  needs: { conversation: true, role: "administrator" }, args: nothing,
  async run({ core, actor, conversation }) {
    await decide(core, { conversation, by: actor, approve: false });
    return { notice: `#${conversation.number} stays as it is.`, logged: true };
  },
});
