/** Why a thread message stayed inside although its author may have meant it for the customer. */
export type NoteReason =
  | "disguised-verb"
  | "unknown-verb"
  | "prefix-below-quote"
  | "edit-command"
  | "edit-of-note"
  | "bot"
  | "guest"
  | "may-not-answer"
  | "thread-retired"
  | "team-only"
  | "note-first";

/** Why a reply waits for its author's word. */
export type HeldReason = "mention" | "owner" | "unseen" | "double-reply" | "late" | "overtaken" | "wrote-since";

/** One or two sentences for the author of the message: what happened, and what to do. */
export const reasonText: Readonly<Record<NoteReason | HeldReason, string>> = {
  "disguised-verb": "Kept as a note, and no command was run: a command must be the very first thing in the message, written plainly, such as !resolve.",
  "unknown-verb": "Kept as a note: it begins like a command, but there is no such command. Write !help for the list.",
  "prefix-below-quote": "Kept as a note: the line below your quote begins with a note prefix. If the customer should read it, choose Send to customer.",
  "edit-command": "Kept as a note: an edit never runs a command. Send the command as a new message.",
  "edit-of-note": "This stays a note: editing a note never sends it. If the customer should read it, choose Send to customer.",
  bot: "Kept as a note: messages from bots and apps never go to the customer.",
  guest: "Kept as a note: only linked agents can answer customers. Link your account with the link command, or ask an administrator.",
  "may-not-answer": "Kept as a note: you are not an active agent of this inbox. Ask an administrator if you should answer it.",
  "thread-retired": "Kept as a note: this thread has been replaced, nothing written here reaches the customer. Go on in the new thread.",
  "team-only": "Kept as a note: this thread is team-only. Use !reply for one message, or !mode reply to switch.",
  "note-first": "Kept as a note: in this thread only !reply or Send to customer reaches the customer.",
  mention: "Not sent yet: it mentions a colleague or a group. Should the customer read it?",
  owner: "Not sent yet: someone else owns this conversation. Should your reply still go?",
  unseen: "Not sent yet: a newer line from the customer or a colleague was not in the thread when you wrote this. Should it still go?",
  "double-reply": "Not sent yet: the customer wrote again just before your reply appeared. Does it still fit?",
  overtaken: "Not sent yet: a reply that was written after it went out first. Should it still go?",
  "wrote-since": "Not sent: it was to go later, and the customer has written since. Should it still go?",
  late: "Not sent yet: it reached Threadline more than two minutes after you wrote it. Should it still go?",
};
