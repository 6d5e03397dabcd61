/** Labels of a conversation. Only labels that an administrator has made exist. */
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import { didYouMean } from "../model/close-names.ts";
import type { Author, Conversation } from "../model/types.ts";
import { changeConversation } from "./change-conversation.ts";
import { reread } from "./set-status.ts";

interface LabelAct { conversation: Conversation; actor: Author; label: string }

export const allLabels = async (core: Core): Promise<string[]> => (await core.store.labels.find().sort({ name: 1 }).toArray()).map((label) => label.name);

/** @throws {UserError} LABEL_UNKNOWN with close names, ALREADY_SO */
export async function addLabel(core: Core, act: LabelAct): Promise<Conversation> {
  const known = await allLabels(core);
  const label = known.find((name) => name.toLowerCase() === act.label.toLowerCase());
  if (label === undefined) {
    const there = known.length === 0 ? " There are no labels yet." : didYouMean(act.label, known) || ` There are: ${known.slice(0, 10).join(", ")}.`;
    throw new UserError("LABEL_UNKNOWN", `There is no label "${act.label}".${there} An administrator adds labels in the settings file (threadline.yaml).`);
  }
  const after = await changeConversation(core, act.conversation._id, act.actor, { expect: { labels: { $ne: label } }, addLabel: label, activity: [{ type: "labelled", label }] });
  if (after !== null) return after;
  await reread(core, act.conversation._id);
  throw new UserError("ALREADY_SO", `#${act.conversation.number} carries the label ${label} already.`);
}

/** A label that no longer exists can still be taken off. @throws {UserError} ALREADY_SO */
export async function removeLabel(core: Core, act: LabelAct): Promise<Conversation> {
  const current = await reread(core, act.conversation._id);
  const label = current.labels.find((name) => name.toLowerCase() === act.label.toLowerCase());
  const after = label === undefined ? null : await changeConversation(core, current._id, act.actor, { expect: { labels: label }, removeLabel: label, activity: [{ type: "unlabelled", label }] });
  if (after !== null) return after;
  const carried = current.labels.length === 0 ? "It carries none." : `It carries ${current.labels.join(", ")}.`;
  throw new UserError("ALREADY_SO", `#${current.number} does not carry the label "${act.label}". ${carried}`);
}
