/** What an agent set for a time: replies that go then, and reminders. */
import type { Author, FileRef } from "./types.ts";

/**
 * Kept apart from the conversation's messages until it is due. A reply becomes a message under the key `later:<_id>`, whether it goes or is
 * held, so that nothing is sent twice or both sent and held.
 */
export interface Later {
  /** `<conversation>:<sign>`. */
  _id: string;
  /** What its author names it by, in this conversation. */
  sign: string;
  kind: "reply" | "reminder";
  conversationId: string;
  agentId: string;
  author: Author;
  body: string;
  /** Of canned responses in it; brought over when it goes. */
  files?: FileRef[];
  /** When it was meant to happen. */
  at: Date;
  /** Set while something is left to do, as a claim while somebody does it; indexed. */
  dueAt?: Date;
  claim?: string;
  tries: number;
  state: "waiting" | "doing" | "done" | "held" | "cancelled";
  /** The customer's newest line when it was set: a newer one holds the reply. */
  seenSeq: number;
  createdAt: Date;
  /** It is forgotten a while after that; indexed. */
  endedAt?: Date;
}

/** On the timeline. */
export type LaterFact =
  | { type: "later"; act: "set" | "changed" | "cancelled"; at: Date; text: string }
  | { type: "later"; act: "held"; at: Date; text: string; byName: string; why: string }
  | { type: "later"; act: "reminder"; at: Date; text: string; byName: string };
