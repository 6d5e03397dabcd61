/** erase: a person's data, for good. Confirmed by typing the conversation's number. */
import { UserError } from "../errors.ts";
import { beginErasure } from "../services/erase-contact.ts";
import { anyText } from "./args.ts";
import { FORM_FIELD, verb } from "./verb.ts";

export const erase = verb({
  name: "erase", aliases: [], usage: "[number]", help: "Erases the customer for good: their lines, files and details in all conversations, and the posts of these threads. Asks for this conversation's number.",
  needs: { conversation: true, role: "administrator" }, args: anyText,
  async run({ core, actor, conversation, args, ask }) {
    const number = args.text.replace(/^#/, "").trim();
    if (number === "") {
      return ask(`Erase ${conversation.contactName} for good`, [{
        name: FORM_FIELD, label: `Type ${conversation.number} to erase this customer`, kind: "text", required: true,
        help: "All their conversations are emptied, here and in their threads; nobody can undo it.",
      }]);
    }
    if (number !== String(conversation.number)) throw new UserError("BAD_TEXT", `"${number.slice(0, 20)}" is not this conversation's number, so nothing was erased. To erase the customer, write ${conversation.number}.`);
    await beginErasure(core, { contactId: conversation.contactId, conversationId: conversation._id, agent: actor });
    return { notice: `The customer of #${conversation.number} is being erased. A note here says when it is done, and what a desk did not let us delete.` };
  },
});
