/** block, unblock: whether a customer's lines are taken at all. */
import { setBlocked } from "../services/block-contact.ts";
import { resolve } from "../services/set-status.ts";
import { agentAuthor } from "../services/send-reply.ts";
import { nothing } from "./args.ts";
import { verb } from "./verb.ts";

export const block = verb({
  name: "block", aliases: [], usage: "", help: "Takes nothing more from this customer, on any inbox, and resolves this conversation; what they write is counted and not kept.",
  needs: { conversation: true }, args: nothing,
  async run({ core, actor, conversation }) {
    const after = (await setBlocked(core, { contactId: conversation.contactId, conversation, agent: actor, blocked: true })).conversation ?? conversation;
    if (after.status !== "resolved") await resolve(core, { conversation: after, actor: agentAuthor(actor), anyway: true });
    return { notice: `${after.contactName} is blocked: what they write is counted and not kept. /unblock takes it back.`, buttons: [{ id: "unblock", label: "Unblock" }], logged: true };
  },
});

export const unblock = verb({
  name: "unblock", aliases: [], usage: "", help: "Takes a blocked customer's lines again, from now on.",
  needs: { conversation: true }, args: nothing,
  async run({ core, actor, conversation }) {
    const { contactName } = conversation;
    const { swallowed } = await setBlocked(core, { contactId: conversation.contactId, conversation, agent: actor, blocked: false });
    return { notice: `${contactName} is not blocked any more. ${swallowed === 0 ? "They wrote nothing meanwhile." : `${swallowed === 1 ? "1 line" : `${swallowed} lines`} they wrote meanwhile ${swallowed === 1 ? "was" : "were"} not kept.`}` };
  },
});
