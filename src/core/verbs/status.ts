/** resolve, reopen, pending. */
import { reopen as openAgain, resolve as close, setPending } from "../services/set-status.ts";
import { agentAuthor } from "../services/send-reply.ts";
import { nothing, onlyAnyway } from "./args.ts";
import { verb } from "./verb.ts";

export const resolve = verb({
  name: "resolve", aliases: ["close"], usage: "[--anyway]", flags: ["--anyway"],
  help: "Marks it as done; asks first when the customer wrote a line that you could not see yet. Their next line opens it again.",
  needs: { conversation: true }, args: onlyAnyway,
  async run({ core, actor, conversation, seen, args }) {
    const { number } = await close(core, { conversation, actor: agentAuthor(actor), seen, anyway: args.anyway });
    return { notice: `#${number} is resolved.`, logged: true };
  },
});

export const reopen = verb({
  name: "reopen", aliases: [], usage: "", help: "Opens it again: resolved, pending or snoozed.",
  needs: { conversation: true }, args: nothing,
  async run({ core, actor, conversation }) {
    const { number } = await openAgain(core, { conversation, actor: agentAuthor(actor) });
    return { notice: `#${number} is open.`, logged: true };
  },
});

export const pending = verb({
  name: "pending", aliases: [], usage: "", help: "Waits for somebody else; the customer's next line opens it.",
  needs: { conversation: true }, args: nothing,
  async run({ core, actor, conversation }) {
    const { number } = await setPending(core, { conversation, actor: agentAuthor(actor) });
    return { notice: `#${number} is pending.`, logged: true };
  },
});
