/** The parts of a new message that are the same whatever it is. */
import { termsOf } from "./terms.ts";
import type { Author, FileRef, Message, MessageKind } from "./types.ts";

export interface DraftInput {
  id: string; conversationId: string; inboxId: string; identityId: string; kind: MessageKind; source: string;
  author: Author; body: string; files: FileRef[]; now: Date; seq: number;
}

/** A message with nothing to mirror and nothing to deliver; the services add what they need. */
export const draftMessage = (d: DraftInput): Omit<Message, "seq"> => ({
  _id: d.id, conversationId: d.conversationId, inboxId: d.inboxId, identityId: d.identityId, kind: d.kind, source: d.source,
  author: d.author, body: d.body, files: d.files, createdAt: d.now, terms: termsOf(d.body),
  rev: 0, revisions: [], reactions: [], todo: [], deskPosts: [],
  mirror: { state: "none", turn: d.seq, tries: 0, token: 0, rev: 0 },
  delivery: { state: "none", turn: d.seq, tries: 0, token: 0, parts: [], rev: 0 },
  schema: 1,
});

/** First line of a text for cards and lists, at most `chars` characters, never cut inside a character. */
export function firstLine(text: string, chars = 120): string {
  const line = text.split("\n").find((l) => l.trim() !== "")?.trim() ?? "";
  const letters = [...line];
  return letters.length <= chars ? line : `${letters.slice(0, chars - 1).join("")}…`;
}
