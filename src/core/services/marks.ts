/** Which mark the post of a message's author should bear: written with what it says, in the same update, so that no stop comes between. */
import type { Core } from "../core.ts";
import type { Conversation, MarkState, Message } from "../model/types.ts";
import { canMark } from "../ports.ts";
import { changeConversation } from "./change-conversation.ts";

/** A conversation's held lines are counted up to here. */
const COUNTED = 100;

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

/** Lines of a conversation that wait for their author's word, 100 at most. */
export async function countHeld(core: Core, { _id: conversationId, counts }: Conversation): Promise<number> {
  if (counts.note + counts.outgoing === 0) return 0;
  const held = await core.store.messages.find({ conversationId, "held.at": { $exists: true }, "held.settled": { $exists: false }, kind: "note", deletedAt: { $exists: false } }, { projection: { _id: 1 } }).limit(COUNTED).toArray();
  return held.length;
}

/** The card says how many lines are held: it is due when one was settled. */
export async function heldChanged(core: Core, message: Pick<Message, "conversationId" | "origin" | "author">): Promise<void> {
  await changeConversation(core, message.conversationId, message.author, { activity: [] });
  kickMarks(core, message);
}
