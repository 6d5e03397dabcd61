/** A line to the customer that no person wrote. It leaves at once, nobody owns the conversation by it, and the customer still waits. */
import type { Core } from "../core.ts";
import { draftMessage } from "../model/draft.ts";
import { newId } from "../model/ids.ts";
import type { Author, Conversation, FileRef, Message } from "../model/types.ts";
import { appendAndApply } from "./apply.ts";
import { FETCH_DESK_FILES, filesTodo } from "./desk-files.ts";

/** A repeat of the same `source` (or `id`) answers the first. `choices`: what the customer may answer by a press. `template`: the approved text that it is. */
export async function sendAutomatic(core: Core, { conversation, author, body, source, id, choices, template, files = [] }: { conversation: Conversation; author: Author; body: string; source: string; id?: string; choices?: Message["choices"]; template?: Message["template"]; files?: FileRef[] }): Promise<Message> {
  const now = core.clock.now();
  const { message, duplicate } = await appendAndApply(core, conversation, (seq) => {
    const draft = draftMessage({ id: id ?? newId(now), conversationId: conversation._id, inboxId: conversation.inboxId, identityId: conversation.identityId, kind: "outgoing", source, author, body, files, now, seq });
    return { ...draft, todo: filesTodo(files, now), ...(choices === undefined ? {} : { choices }), ...(template === undefined ? {} : { template }), mirror: { ...draft.mirror, state: "queued", dueAt: now }, delivery: { ...draft.delivery, state: "queued", dueAt: now } };
  }, false);
  if (duplicate) return message;
  core.bus.publish({ type: "message.stored", conversationId: conversation._id, messageId: message._id });
  if (message.todo.length > 0) core.bus.publish({ type: "todo.due", messageId: message._id, conversationId: conversation._id, for: FETCH_DESK_FILES });
  for (const lane of ["mirror", "delivery"] as const) core.bus.publish({ type: "lane.due", lane, conversationId: conversation._id });
  return message;
}
