/** What somebody must hear: a word to one person alone, or to a channel of the team, that a crash does not lose. */

/** Said only while it is still so. */
export interface StillSo { /** They own the conversation. */ owner?: true; /** That request waits for a decision. */ request?: string }
export type Telling =
  | { to: "agent"; agentId: string; text: string; /** Each runs a verb in the conversation's thread. */ buttons: { id: string; label: string }[]; /** What the buttons act on. */ messageId?: string; while?: StillSo }
  /** A thread of its own there; the same `key` is told once where the desk can tell. */
  | { to: "channel"; targetId: string; key: string; text: string };

export interface StoredTelling {
  /** `<entry of the timeline>:<place in it>`: a repeat stores none. */
  _id: string;
  conversationId: string;
  what: Telling;
  at: Date;
  tries: number;
  /** Set until it is said (or can't be); indexed. */
  dueAt?: Date;
  doneAt?: Date;
}
