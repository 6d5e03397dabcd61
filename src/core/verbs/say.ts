/** reply and note: the two explicit ways to write. */
import { expandCodes } from "../services/canned.ts";
import { someText } from "./args.ts";
import { verb } from "./verb.ts";

export const reply = verb({
  name: "reply", aliases: ["r"], usage: "<text>", help: "Sends the text to the customer, also where plain lines stay inside; {{code}} in it becomes that canned response.",
  needs: { conversation: true }, args: someText("There is no text to send."),
  async run({ core, actor, say, conversation, args }) {
    const { text, files } = await expandCodes(core, actor, conversation, args.text);
    return say("reply", text, conversation, { canned: files });
  },
});

export const note = verb({
  name: "note", aliases: ["n"], usage: "<text>", help: "Keeps the text inside the team.",
  needs: { conversation: true }, args: someText("There is no text to note."),
  run: ({ say, conversation, args }) => say("note", args.text, conversation),
});
