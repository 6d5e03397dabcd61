/** label, unlabel, priority: how a conversation is sorted. */
import { PRIORITIES } from "../filters/fields.ts";
import { addLabel, allLabels, removeLabel } from "../services/label.ts";
import { setPriority } from "../services/priority.ts";
import { agentAuthor } from "../services/send-reply.ts";
import { anyText, oneOf } from "./args.ts";
import { FORM_FIELD, verb } from "./verb.ts";

const select = (label: string, names: readonly string[], value?: string) =>
  ({ name: FORM_FIELD, label, kind: "select" as const, required: true, options: names.map((name) => ({ value: name, label: name })), ...(value === undefined ? {} : { value }) });

export const label = verb({
  name: "label", aliases: ["tag"], usage: "[label]", help: "Adds a label; without a name it asks for one.",
  needs: { conversation: true }, args: anyText,
  async run({ core, actor, conversation, args, ask }) {
    if (args.text === "") {
      const free = (await allLabels(core)).filter((name) => !conversation.labels.includes(name));
      if (free.length > 0) return ask(`Label #${conversation.number}`, [select("Label", free)]);
      return { notice: "There is no label left to add. An administrator adds labels in the settings file (threadline.yaml)." };
    }
    const { number, labels } = await addLabel(core, { conversation, actor: agentAuthor(actor), label: args.text });
    return { notice: `#${number} is labelled ${labels.join(", ")}.`, logged: true };
  },
});

export const unlabel = verb({
  name: "unlabel", aliases: [], usage: "[label]", help: "Takes a label off; without a name it asks which.",
  needs: { conversation: true }, args: anyText,
  async run({ core, actor, conversation, args, ask }) {
    if (args.text === "") {
      return conversation.labels.length === 0 ? { notice: `#${conversation.number} carries no label.` } : ask(`Take a label off #${conversation.number}`, [select("Label", conversation.labels)]);
    }
    const { number, labels } = await removeLabel(core, { conversation, actor: agentAuthor(actor), label: args.text });
    return { notice: labels.length === 0 ? `#${number} carries no label now.` : `#${number} is labelled ${labels.join(", ")}.`, logged: true };
  },
});

const CHOICES = [...PRIORITIES, "none"] as const;

export const priority = verb({
  name: "priority", aliases: [], usage: "[low | medium | high | urgent | none]", help: "Says how urgent it is; without a word it asks.",
  needs: { conversation: true }, args: oneOf(CHOICES),
  async run({ core, actor, conversation, args, ask }) {
    if (args.choice === "") return ask(`Priority of #${conversation.number}`, [select("Priority", CHOICES, conversation.priority ?? "none")]);
    const { number, priority: now } = await setPriority(core, { conversation, actor: agentAuthor(actor), priority: args.choice === "none" ? null : args.choice });
    return { notice: now === null ? `#${number} has no priority now.` : `#${number} has the priority ${now}.`, logged: true };
  },
});
