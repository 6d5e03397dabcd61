/** merge: two contacts who are one person; shown first, done on confirmation, undone within a stated time. */
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import type { Agent, Conversation } from "../model/types.ts";
import { COUNTED } from "../services/contact.ts";
import { allInboxes, mayAnswer } from "../services/inbox-settings.ts";
import { mergeContacts, planMerge, sideOf, undoNewestMerge, UNDO_DAYS, type MergePlan } from "../services/merge-contacts.ts";
import { anyText } from "./args.ts";
import { FORM_FIELD, buttonId, verb } from "./verb.ts";

const CONFIRM = "--confirm";
const ARGS = anyText.transform(({ text }, context): { number: number | null; undo: boolean; confirm: boolean } => {
  const [, word = "", flag] = /^(\S*)(?:\s+(--confirm))?$/.exec(text) ?? [text, text];
  const number = /^#?(\d{1,12})$/.exec(word)?.[1];
  if (word !== "" && word.toLowerCase() !== "undo" && number === undefined) context.addIssue({ code: "custom", message: `"${text.slice(0, 40)}" is not a conversation's number.` });
  return { number: number === undefined ? null : Number(number), undo: word.toLowerCase() === "undo", confirm: flag === CONFIRM };
});

export const merge = verb({
  name: "merge", aliases: [], usage: "[#number | undo]",
  help: `Makes one customer of this one and the other conversation's; shows what moves and asks first. undo takes the newest back within ${UNDO_DAYS} days.`,
  needs: { conversation: true }, args: ARGS,
  async run({ core, actor, conversation, args, ask }) {
    if (args.undo) {
      const { shown: { gone } } = await undoNewestMerge(core, { agent: actor, here: sideOf(conversation) });
      return { notice: `${gone} is a customer of their own again, with the addresses and conversations that had moved.` };
    }
    if (args.number === null) return ask(`Merge ${conversation.contactName} with another customer`, [{ name: FORM_FIELD, label: "Number of a conversation of theirs", kind: "text", required: true, help: "Such as #1042. What moves is shown before anything changes." }]);
    const other = await otherOf(core, actor, args.number);
    const two = { agent: actor, here: sideOf(conversation), other: sideOf(other) };
    if (args.confirm) {
      const plan = await mergeContacts(core, two);
      return { notice: `${other.contactName} and ${conversation.contactName} are one customer now: ${moving(plan)} moved. You can take it back for ${UNDO_DAYS} days.`, buttons: [{ id: buttonId("merge", "undo"), label: "Undo" }] };
    }
    return { notice: await preview(core, { here: conversation, other }, await planMerge(core, two)), buttons: [{ id: buttonId("merge", `#${other.number} ${CONFIRM}`), label: "Merge", style: "main" }] };
  },
});

async function otherOf(core: Core, agent: Agent, number: number): Promise<Conversation> {
  const other = await core.store.conversations.findOne({ number });
  if (other === null) throw new UserError("CONVERSATION_UNKNOWN", `#${number} does not exist. /find searches for it.`);
  if (!mayAnswer(agent, other.inboxId)) throw new UserError("NOT_ALLOWED", `#${number} is in an inbox that you may not see. Ask an administrator for access.`);
  return other;
}

const count = (n: number, one: string, many: string): string => `${n > COUNTED ? `more than ${COUNTED.toLocaleString("en")}` : n} ${n === 1 ? one : many}`;
const moving = ({ identities, conversations }: MergePlan, where = ""): string => `${count(identities.length, "address", "addresses")}${where} and ${count(conversations, "conversation", "conversations")}`;
const WORDS: Record<string, string> = { email: "e-mail", phone: "phone", externalId: "id in your system", avatar: "picture", name: "name" };
const word = (path: string): string => WORDS[path] ?? path.replace("attributes.", "");

async function preview(core: Core, { here, other }: { here: Conversation; other: Conversation }, plan: MergePlan): Promise<string> {
  const inboxes = await allInboxes(core);
  const names = [...new Set(plan.identities.map(({ inboxId }) => inboxes.find(({ _id }) => _id === inboxId)?.name ?? "an inbox that is gone"))];
  const hidden = here.untaken === true || other.untaken === true;
  const filled = Object.keys(plan.filled);
  return [
    `${other.contactName} (#${other.number}) would become ${here.contactName} (#${here.number}). Nothing has changed yet.`,
    `Moves: ${moving(plan, ` (${names.slice(0, 5).join(", ")}${names.length > 5 ? " and more" : ""})`)}.`,
    ...(filled.length === 0 ? [] : [`Taken over, since it is not known here: ${filled.map(word).join(", ")}.`]),
    ...plan.conflicts.slice(0, 20).map(({ field, kept, left }) => `${word(field)}: ${hidden ? "what is known here stays" : `${kept} stays, ${left} does not`}.`),
    `What they see themselves does not change. Taken back by /merge undo within ${UNDO_DAYS} days.`,
  ].join("\n");
}
