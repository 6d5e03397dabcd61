/** choices, quote: replies that carry more than their text, where the channel can. */
import { UserError } from "../errors.ts";
import { offer } from "../services/choices.ts";
import { pickMessage } from "../services/pick-message.ts";
import { quotedText, vendorIdOf } from "../services/quote.ts";
import { addressOf } from "../store/identities.ts";
import { anyText } from "./args.ts";
import { FORM_FIELD, verb } from "./verb.ts";

const partsOf = (text: string): string[] => text.split(text.includes("|") ? "|" : "\n").map((part) => part.trim()).filter((part) => part !== "");

export const choices = verb({
  name: "choices", aliases: [], usage: "[question | choice | choice]", help: "Asks the customer a question with choices to press, or with a numbered list where their channel has no buttons; without a text it asks for it.",
  needs: { conversation: true }, args: anyText,
  async run({ core, conversation, say, args, ask }) {
    if (args.text === "") return ask("Question with choices", [{ name: FORM_FIELD, label: "The question, then one choice a line", kind: "longtext", required: true, help: "2 to 10 choices of at most 20 characters." }]);
    const [question = "", ...labels] = partsOf(args.text);
    const { body, choices: offered } = offer(core, conversation, question, labels);
    return say("reply", body, conversation, offered === undefined ? {} : { choices: offered });
  },
});

export const quote = verb({
  name: "quote", aliases: [], usage: "[text]", help: "Replies to one line of the customer, which they see quoted above it where their channel can; without a text it asks for it.",
  needs: { conversation: true, message: true }, args: anyText,
  async run({ core, conversation, message, say, args, ask }) {
    const line = await pickMessage(core, conversation, message, { kind: "incoming", deletedAt: { $exists: false } }, "The customer has written nothing here that could be quoted.");
    if (line.kind !== "incoming") throw new UserError("NOT_POSSIBLE", "Only a line of the customer can be quoted. Choose the line that you answer.");
    const text = quotedText(line);
    if (args.text === "") return ask("Reply with a quote", [{ name: FORM_FIELD, label: "What you answer", kind: "longtext", required: true, help: `Quotes: ${text}` }], line);
    const adapter = core.channels.get(conversation.inboxId);
    const to = adapter?.capabilities.quotes.is !== true ? null : await addressOf(core.store, line.identityId, true);
    return say("reply", args.text, conversation, { quote: { text, ...(to === null ? {} : { vendorId: vendorIdOf(line, to) }) } });
  },
});
