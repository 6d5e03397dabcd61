/** The message shortcuts: what can be done from the ⋯ menu of one message. Slack takes ten of an app (docs.slack.dev/reference/app-manifest). */

export interface Shortcut {
  callbackId: string;
  /** At most 24 characters. */
  name: string;
  /** At most 150 characters. */
  description: string;
  verb: string;
  /** Acts on the message of that post; else on the thread's conversation. */
  onMessage: boolean;
}

export const SHORTCUTS: readonly Shortcut[] = [
  { callbackId: "send", name: "Send to customer", description: "Sends a note, or a message that was held back, to the customer.", verb: "send", onMessage: true },
  { callbackId: "keep", name: "Make note", description: "Keeps a held message inside, or stops a reply that has not left yet.", verb: "keep", onMessage: true },
  { callbackId: "edit", name: "Edit sent reply…", description: "Changes a reply of yours at the customer's; where the channel can't, it offers a correction.", verb: "edit", onMessage: true },
  { callbackId: "retract", name: "Retract", description: "Takes a sent reply back, where the customer's channel can.", verb: "retract", onMessage: true },
  { callbackId: "retry", name: "Retry", description: "Tries a reply again that failed, or whose outcome is unknown.", verb: "retry", onMessage: true },
  { callbackId: "canned", name: "Canned…", description: "Shows a canned response as this customer would get it, to change and send.", verb: "canned", onMessage: false },
  { callbackId: "assign", name: "Assign…", description: "Gives this conversation to an agent.", verb: "assign", onMessage: false },
  { callbackId: "snooze", name: "Snooze…", description: "Hides this conversation until a time, or until the customer writes.", verb: "snooze", onMessage: false },
  { callbackId: "resolve", name: "Resolve", description: "Marks this conversation as done; the customer's next line opens it again.", verb: "resolve", onMessage: false },
  { callbackId: "more", name: "More…", description: "Shows what else can be done with this conversation.", verb: "more", onMessage: false },
];
