/** Choices that a customer answers by a press: what an agent may offer, and what a press means. */
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import type { Choice, Conversation } from "../model/types.ts";

const LEAST = 2, MOST = 10;
/** As short as the shortest channel has them (a button of WhatsApp). */
const LABEL_CHARS = 20;

/** What the press was on, where it is on a reply of ours to this customer; null else (a button of a template). */
export async function chosenOf(core: Core, identityId: string, { messageId, id }: { messageId: string; id: string }): Promise<{ messageId: string; id: string; label: string } | null> {
  const asked = await core.store.messages.findOne({ _id: messageId, identityId, kind: "outgoing" }, { projection: { choices: 1 } });
  const choice = asked?.choices?.find((one) => one.id === id);
  return choice === undefined ? null : { messageId, id, label: choice.label };
}

/** How a question goes out: with buttons where the channel has them, with a numbered list where not. @throws {UserError} BAD_TEXT */
export function offer(core: Core, { inboxId }: Pick<Conversation, "inboxId">, question: string, labels: string[]): { body: string; choices?: Choice[] } {
  if (labels.length < LEAST || labels.length > MOST) throw new UserError("BAD_TEXT", `A question needs ${LEAST} to ${MOST} choices, and ${labels.length} ${labels.length === 1 ? "was" : "were"} given. Write: question | choice | choice`);
  const long = labels.find((label) => label.length > LABEL_CHARS);
  if (long !== undefined) throw new UserError("BAD_TEXT", `"${long.slice(0, 60)}" is longer than the ${LABEL_CHARS} characters that a choice may have.`);
  if (new Set(labels.map((label) => label.toLowerCase())).size < labels.length) throw new UserError("BAD_TEXT", "Two choices read alike. Give each a text of its own.");
  const bodyChars = core.channels.get(inboxId)?.capabilities.choices.is ?? null;
  if (bodyChars === null) return { body: [question, ...labels.map((label, i) => `${i + 1}. ${label}`)].join("\n") };
  if (question.length > bodyChars) throw new UserError("BAD_TEXT", `The question has ${question.length} characters; with choices this channel takes ${bodyChars}. Send the long part first, as a reply of its own.`);
  return { body: question, choices: labels.map((label, i) => ({ id: String(i + 1), label })) };
}
