/** A note stays with the team; a held one waits for its author's word and stays a note until then. */
import type { Core } from "../core.ts";
import { draftMessage } from "../model/draft.ts";
import { newId } from "../model/ids.ts";
import type { Author, Conversation, FileRef, HeldReason, Message, ThreadPlace } from "../model/types.ts";
import { appendAndApply } from "./apply.ts";
import { FETCH_DESK_FILES, filesTodo } from "./desk-files.ts";
import { kickMarks, newMark } from "./marks.ts";
import { fromDesk } from "./send-reply.ts";

export interface NoteInput {
  conversation: Conversation; author: Author; body: string; files: FileRef[]; source: string;
  origin?: NonNullable<Message["origin"]>;
  /** The desk's own time of the agent's line. */
  at?: Date;
  held?: { why: HeldReason; also?: HeldReason[] };
  /** It stays inside although its author may have meant it for the customer. */
  inside?: boolean;
  mentions?: number;
  place?: ThreadPlace;
  template?: Message["template"];
  quote?: Message["quote"];
  choices?: Message["choices"];
  /** `origin` is in a thread that is not in use any more: it is shown in the one that is. */
  elsewhere?: boolean;
}

/** A repeat of the same `source` answers the first. */
export async function addNote(core: Core, input: NoteInput): Promise<Message> {
  const { conversation } = input;
  const posted = input.origin !== undefined && input.elsewhere !== true;
  const now = core.clock.now();
  const { message, duplicate } = await appendAndApply(core, conversation, (seq) => {
    const draft = draftMessage({
      id: newId(now), conversationId: conversation._id, inboxId: conversation.inboxId, identityId: conversation.identityId, kind: "note",
      source: input.source, author: input.author, body: input.body, files: input.files, now, seq,
    });
    return {
      ...draft, ...fromDesk(input.origin), todo: filesTodo(input.files, now), ...(input.held === undefined ? {} : { held: { ...input.held, at: now } }),
      ...newMark(core, input.origin, input.held !== undefined ? "held" : input.inside === true ? "inside" : undefined),
      ...(input.mentions === undefined || input.mentions === 0 ? {} : { mentions: input.mentions }),
      ...(input.place === undefined ? {} : { place: input.place }),
      ...(input.template === undefined ? {} : { template: input.template }), ...(input.quote === undefined ? {} : { quote: input.quote }), ...(input.choices === undefined ? {} : { choices: input.choices }),
      // Due even when it is in the thread already: the lane's look applies it, should we stop here.
      mirror: { ...draft.mirror, state: posted ? "posted" as const : "queued" as const, dueAt: now, ...(posted ? { postedAt: input.at ?? now } : {}) },
    };
  }, false);
  if (duplicate) return message;
  core.bus.publish({ type: "message.stored", conversationId: conversation._id, messageId: message._id });
  if (message.todo.length > 0) core.bus.publish({ type: "todo.due", messageId: message._id, conversationId: conversation._id, for: FETCH_DESK_FILES });
  core.bus.publish({ type: "lane.due", lane: "mirror", conversationId: conversation._id });
  if (message.mark !== undefined) kickMarks(core, message);
  return message;
}
