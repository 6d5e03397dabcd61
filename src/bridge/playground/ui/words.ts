/** Words that the desk shows for codes and states. */
import * as icons from "./icons.ts";

export const STATUS_WORDS = { open: "Open", pending: "Pending", snoozed: "Snoozed", resolved: "Resolved" } as const;

export const RECEIPT_WORDS: Record<string, { icon: string; word: string; says: string }> = {
  queued: { icon: icons.hourglass, word: "Leaves in a moment", says: "The undo window is open: delete the message, react with ❌ or press Undo, and the customer never gets it." },
  sending: { icon: icons.hourglass, word: "Sending", says: "It is on its way to the customer's channel." },
  sent: { icon: icons.check, word: "Sent", says: "The customer's channel took it." },
  delivered: { icon: icons.delivered, word: "Delivered", says: "It is on the customer's device." },
  read: { icon: icons.eye, word: "Read", says: "The customer has seen it." },
  failed: { icon: icons.trouble, word: "Not delivered", says: "It did not reach the customer. The notice to its author says why and offers to send it again." },
  unknown: { icon: icons.unknown, word: "Unknown", says: "Nobody can know whether it arrived. It is not sent again by itself." },
  cancelled: { icon: icons.undo, word: "Taken back", says: "It was cancelled in time: the customer never got it." },
};

export const HELD_WORDS: Record<string, string> = {
  mention: "It mentions a teammate.",
  owner: "Somebody else owns this conversation.",
  unseen: "The customer or a colleague wrote something that was not in the thread yet.",
  "double-reply": "A newer line of the customer came in while it was written.",
  late: "It reached Threadline too long after it was written.",
  overtaken: "A reply that was written after it went out first.",
};

export const SHORTCUTS: [keys: string, what: string][] = [
  ["J / K", "Next or previous conversation"], ["R", "Write in this thread"], ["/", "Type a command"], ["T", "Take"], ["A", "Assign"], ["S", "Snooze"], ["E", "Resolve, or reopen"],
  ["1 … 9", "Act as the first, second … person"], ["Esc", "Close, or leave what is written for later"], ["?", "This list"],
];

/** Size of a file as people say it. */
export const bytesInWords = (bytes: number): string => (bytes < 1_000 ? `${bytes} bytes` : bytes < 1_000_000 ? `${Math.round(bytes / 1_000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`);
