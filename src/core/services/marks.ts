/** Which mark the post of a message's author should bear: written with what it says, in the same update, so that no stop comes between. */
import type { Core } from "../core.ts";
import type { Conversation, MarkState, Message } from "../model/types.ts";
import { canMark } from "../ports.ts";
import { heldLines } from "../store/look-together.ts";
import { changeConversation } from "./change-conversation.ts";

function marks(core: Core, { origin, mark }: Pick<Message, "origin" | "mark">): boolean {
  const desk = origin === undefined ? undefined : core.desks.get(origin.desk);
  return mark !== undefined || (desk !== undefined && canMark(desk));
}

/** For a message that is made now; nothing where its desk shows no marks. */
export const newMark = (core: Core, origin: Message["origin"], want: MarkState["want"] | undefined): { mark?: MarkState } =>
  want === undefined || want === "none" || !marks(core, { origin } as Message) ? {} : { mark: { want, dueAt: core.clock.now(), tries: 0, on: [] } };

/** For the `$set` of an update that changes what the mark should be; nothing where there is none and none is shown. */
export const markDue = (core: Core, message: Pick<Message, "origin" | "mark">, want: MarkState["want"]): { "mark.want"?: MarkState["want"]; "mark.dueAt"?: Date; "mark.tries"?: number } =>
  marks(core, message) ? { "mark.want": want, "mark.dueAt": core.clock.now(), "mark.tries": 0 } : {};

/** After the write: the mark is looked after at once. */
export function kickMarks(core: Core, { origin }: Pick<Message, "origin">): void {
  if (origin !== undefined) core.bus.publish({ type: "marks.due", desk: origin.desk });
}

/** Brings a mark to this where nothing else is written about its message: an edit that stayed inside, and what settles it. */
export async function wantMark(core: Core, message: Pick<Message, "_id" | "origin" | "mark">, want: "inside" | "none"): Promise<void> {
  if ((want === "none" && message.mark === undefined) || !marks(core, message)) return;
  await core.store.messages.updateOne({ _id: message._id }, { $set: markDue(core, message, want) });
  kickMarks(core, message);
}

/** Lines of a conversation that wait for their author's word, 100 at most. */
export const countHeld = async (core: Core, { _id, holds }: Conversation): Promise<number> =>
  holds !== true ? 0 : (await heldLines(core, _id)).length;

/** The card says how many lines are held: it is due when one was held or settled. */
export async function heldChanged(core: Core, message: Pick<Message, "conversationId" | "origin" | "author">): Promise<void> {
  await changeConversation(core, message.conversationId, message.author, { set: { holds: true }, activity: [] });
  kickMarks(core, message);
}
