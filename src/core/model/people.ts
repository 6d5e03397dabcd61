/** Who writes to us, as plain data: contacts, where they write, and what was done to who they are. */
import type { Author } from "./types.ts";

export interface Contact {
  _id: string; name: string; email?: string; phone?: string; anonymous: boolean; avatar?: string; createdAt: Date;
  /** When they were last asked how it went, and by which survey. */
  surveyed?: { at: Date; by: string };
  /** An address that is known to be theirs; `email` may be another one. */
  verifiedEmail?: string;
  /** How a system of the administrator's knows them; unique. */
  externalId?: string;
  /** By the key of their definition. */
  attributes?: Record<string, AttributeValue>;
  /** Their lines are not taken; each of their identities says so too. */
  blocked?: { at: Date; by: string };
  /** Who they turned out to be: nothing belongs to this contact while it is set. */
  mergedInto?: string;
}
export type AttributeValue = string | number | boolean;

/** A person's data being erased. Holds nothing of it. */
export interface Erasure {
  _id: string;
  contactId: string;
  /** Where it was asked for, and what is said when it is done; "" where they had none. */
  conversationId: string;
  by: Author;
  at: Date;
  state: "doing" | "done";
  /** Set while something is left to do, as a claim while somebody does it; indexed. */
  dueAt?: Date;
  tries: number;
  counts: { conversations: number; messages: number; files: number; posts: number };
  /** What a desk did not let us delete: where it is. */
  left: string[];
}

/** Two contacts made one. What belongs to an identity follows it, so the identities say what moved, and what to put back. */
export interface Merge {
  _id: string;
  keepId: string;
  goneId: string;
  by: Author;
  at: Date;
  state: "doing" | "done" | "undoing" | "undone";
  /** Both contacts while one of them is being changed; unique. */
  open?: string[];
  /** Set while something is left to do; indexed. */
  dueAt?: Date;
  identityIds: string[];
  /** What the one who stays lacked and got, by path. */
  filled: Record<string, AttributeValue>;
  /** How they were called. */
  keepName: string;
  goneName: string;
  /** As the desk was shown them. */
  shown: { keep: string; gone: string };
  /** Where the timeline tells it. */
  conversationIds: string[];
  undoneBy?: Author;
}

export interface ContactIdentity {
  _id: string;
  inboxId: string;
  /** The customer's address on that channel: a chat id, a visitor id. Unique with `inboxId`. */
  address: string;
  contactId: string;
  /** Their picture, an https address, as the channel told it last. */
  avatar?: string;
  /** Set while the vendor says that this address can't be reached. */
  unreachable?: { code: string; at: Date };
  /** The contact is blocked: lines from here were left out so often, last at that time. */
  blocked?: { swallowed: number; lastAt?: Date };
  createdAt: Date;
}
