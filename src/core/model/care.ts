/** What is due by itself on a conversation, and what marks a customer's line that asks for nothing. */

/** Part of a conversation. */
export interface ConversationCare {
  /** When the customer is asked how it went, after the resolve at `resolvedAt`; indexed. */
  csat?: { dueAt: Date; resolvedAt: Date };
  /** Names the newest reply that was set for a time, while one waits: a line of the customer's holds it. */
  sendsLater?: string;
  /** A person asked how it went where the inbox itself does not: answers in words are looked for. */
  askedByHand?: true;
  /** The customer was nudged since their last line. */
  nudged?: true | null;
}

/** Closing what the customer has left. Hours since the last line, whoever of us wrote it; `afterHours` count from the nudge where there is one. */
export interface AutoResolve { afterHours: number; nudge?: string; nudgeAfterHours: number }

/** Part of a message. */
export interface MessageCare {
  /** A customer's line that wants no answer: it opens nothing and nobody waits for it. */
  quiet?: "survey" | "thanks" | "wish";
  /** It answers this survey: with a score, or with what they add to it. */
  survey?: { id: string; score?: number };
}

/** How an inbox asks its customers. */
export interface CsatSettings {
  scale: "1-5" | "emoji" | "stars" | "thumbs";
  question?: string;
  delayMinutes: number;
  /** At most once in so many days for one customer; 0: always. */
  everyDays: number;
  /** Also after what no person resolved. */
  onAutomatic: boolean;
  /** Only conversations with one of these. */
  labels: string[];
}

/** One customer asked about one resolved conversation. */
export interface Survey {
  /** `<conversation>:<when it was resolved>`, so that each resolve asks once. */
  _id: string;
  conversationId: string;
  contactId: string;
  identityId: string;
  inboxId: string;
  scale: CsatSettings["scale"];
  /** The outgoing line that asks. */
  messageId: string;
  /** Who answered the customer in this episode; null when a person asked for the survey and nobody had. */
  agentId: string | null;
  agentName: string | null;
  askedAt: Date;
  /** From then on no answer counts. */
  closesAt: Date;
  /** From 1, the worst. */
  score?: number;
  low?: boolean;
  comment?: string;
  answeredAt?: Date;
  /** What the newest answer came by: a repeat changes nothing. */
  answerKey?: string;
  /** Rises with each answer. */
  rev: number;
  /** Set while the timeline does not say so yet; indexed. */
  tellDueAt?: Date;
}
