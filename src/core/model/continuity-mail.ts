/** What is kept of a mail that carries a chat on. */

/** Unread replies of a chat that go to the customer by mail, the question whether they may, or all that was said. */
export interface ContinuityMail {
  _id: string;
  conversationId: string;
  /** The inbox that sends it. */
  inboxId: string;
  address: string;
  kind: "replies" | "question" | "transcript";
  messageIds: string[];
  state: "queued" | "sending" | "sent" | "failed" | "unknown" | "cancelled";
  /** Queued: when it goes. Sending: until when its sender is waited for. Indexed. */
  dueAt?: Date;
  tries: number;
  at: Date;
}
