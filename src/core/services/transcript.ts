/** What was said in a conversation, as one mail: lines of the customer and replies that they got; never a note, nor what was taken back. */
import type { Core } from "../core.ts";
import type { ContinuityMail } from "../model/continuity-mail.ts";
import type { Author, Conversation } from "../model/types.ts";
import { addNote } from "./add-note.ts";
import { inboxOf } from "./inbox-settings.ts";

/** The newest of a long one. */
const MOST_LINES = 500, MOST_CHARS = 50_000;
const SYSTEM: Author = { type: "system", name: "Threadline" };
const HAD = ["sending", "sent", "delivered", "read", "unknown"] as const;

/** Null when nothing was said, or it was erased. */
export async function transcriptOf(core: Core, mail: ContinuityMail, conversation: Conversation) {
  const lines = await core.store.messages
    .find({ conversationId: conversation._id, deletedAt: { $exists: false }, $or: [{ kind: "incoming" }, { kind: "outgoing", "delivery.state": { $in: [...HAD] } }] }).sort({ seq: -1 }).limit(MOST_LINES).toArray();
  if (lines.length === 0 || conversation.erased === true) return null;
  const { name } = await inboxOf(core, conversation.inboxId);
  const texts: string[] = [];
  let left = MOST_CHARS;
  for (const { author, body, files, createdAt } of lines) {
    const text = `${author.name}, ${createdAt.toISOString().slice(0, 16).replace("T", " ")} UTC:\n${[body, ...files.map((file) => `[File: ${file.name}]`)].filter((part) => part !== "").join("\n")}`;
    left -= text.length;
    if (left < 0) break;
    texts.unshift(text);
  }
  const intro = `This is what was said in your conversation #${conversation.number} with ${name}${texts.length < lines.length || lines.length === MOST_LINES ? ", its newest part" : ""}.`;
  return {
    id: mail._id, body: `${intro}\n\n${texts.join("\n\n")}`, files: [], author: { name: "" }, automatic: true as const,
    place: { conversationId: mail.conversationId, subject: `${name}: conversation #${conversation.number}`, answers: null, recipients: { to: null, alsoTo: [], cc: [], bcc: [], left: [] } },
  };
}

export async function tellTranscript(core: Core, conversation: Conversation, { _id, address, state }: Pick<ContinuityMail, "_id" | "address" | "state">, why: string): Promise<void> {
  const body = state === "sent" ? `What was said here went to ${address} by mail.` : `${state === "failed" ? "What was said here could not go to" : "It is not known whether what was said here reached"} ${address} by mail. ${why}`;
  await addNote(core, { conversation, author: SYSTEM, body: body.trim(), files: [], source: `continuity:${_id}:told` });
}
