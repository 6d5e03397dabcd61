import { fold } from "./guard-fold.ts";
import { findPrefix, findPrefixBelowQuote, mentionsSomeone, readCommand } from "./guard-prefix.ts";
import type { HeldReason, NoteReason } from "./guard-reasons.ts";

export { readCommand } from "./guard-prefix.ts";
export { reasonText, type HeldReason, type NoteReason } from "./guard-reasons.ts";

/**
 * What a desk thread message becomes.
 * - `reply`: goes to the customer after the undo window. `body` is empty only for files alone.
 * - `note`: stays inside. `plain`: its author obviously meant a note and is told nothing; else `why` is told.
 *   A plain note with an empty body and no files is nothing at all: the caller ignores it.
 * - `held`: stored as a note, *Send to customer / Keep as note* offered. `also` holds further reasons that apply at the same time:
 *   tell them together, and give all of them back as `heldFor` when the author chooses to send.
 * - `command`: `verb` is lower case and known to `isVerb`; permission is checked where it runs.
 */
export type GuardVerdict =
  | { kind: "reply"; body: string }
  | { kind: "note"; body: string; plain: boolean; why?: NoteReason }
  | { kind: "held"; body: string; why: HeldReason; also?: HeldReason[] }
  | { kind: "command"; verb: string; args: string };

export interface GuardInput {
  /** As the desk gave it, markup included; for a message of files its caption, or "". With `explicit`, the text after the verb. */
  text: string;
  hasFiles: boolean;
  /** `mayAnswer`: linked, active, and allowed to answer this inbox. */
  author: { kind: "agent" | "guest" | "bot"; mayAnswer: boolean };
  mode: "reply" | "note-first" | "team-only";
  threadRetired: boolean;
  /** Users, groups and roles that the desk itself marked as mentioned; markup in the text is looked for here. */
  mentions: { teammates: number };
  /** Whether a lower-case word is a verb or an alias. */
  isVerb: (word: string) => boolean;
  /** The verbs that a guest may run too (`link`, `help`); none when absent. */
  isGuestVerb?: (word: string) => boolean;
  /**
   * An explicit act. Lifts mode and prefix; `send-to-customer` lifts `heldFor` as well. An edit keeps the act of the message:
   * when that was a reply verb, read the new text with `readCommand` first and give its arguments if it is still that verb.
   */
  explicit?: "reply-verb" | "send-to-customer";
  heldFor?: HeldReason | readonly HeldReason[];
  /** An edit never runs a command and never promotes: give `editOf: "note"` when the message is a note or held. */
  edit?: boolean;
  editOf?: "reply" | "note";
  /** Handled more than 2 minutes after its desk timestamp. */
  late?: boolean;
  /** Someone else's conversation. */
  ownerConflict?: boolean;
  /** The customer's newest line, or a colleague's reply, was not yet in the thread when it was written. */
  unseen?: boolean;
  /** A reply that was written later has left already. */
  overtaken?: boolean;
  /** It was to go at a time, and the customer wrote before that. */
  wroteSince?: boolean;
  /** Posted less than `doubleReplySeconds` after a customer line, with an older unanswered one before it. */
  doubleReply?: boolean;
}

/** Decides what a desk thread message becomes. Pure; in doubt it is a note. The order of the checks is the rule. */
export function guard(input: GuardInput): GuardVerdict {
  const { text, author, explicit } = input;
  const folded = fold(text);
  const body = folded.text.trim() === "" ? "" : text.trim();
  if (body === "" && !input.hasFiles) return { kind: "note", body, plain: true };

  const prefix = findPrefix(text, folded);
  const noteBody = prefix === undefined || prefix.kind === "slash" ? body : prefix.body;
  // What is no command was written as it stands: its sign is part of the text.
  const note = (why: NoteReason): GuardVerdict => ({ kind: "note", body: why === "unknown-verb" ? body : noteBody, plain: false, why });

  if (author.kind === "bot") return note("bot");
  if (input.threadRetired) return note("thread-retired");

  const isVerb = author.kind === "agent" ? input.isVerb : (input.isGuestVerb ?? (() => false));
  const command = readCommand(text, isVerb);
  if (command !== undefined && input.edit === true) return { kind: "note", body, plain: false, why: "edit-command" };
  if (command !== undefined && explicit === undefined) return { kind: "command", ...command };

  if (explicit === undefined) {
    if (prefix !== undefined) {
      const why = doubt(prefix, input.isVerb);
      if (why === undefined) return { kind: "note", body: noteBody, plain: true };
      if (why !== "harmless") return note(author.kind === "guest" ? "guest" : why);
    }
    const below = findPrefixBelowQuote(text, folded);
    if (below !== undefined && doubt(below, input.isVerb) !== "harmless") return { kind: "note", body, plain: false, why: "prefix-below-quote" };
  }
  if (author.kind === "guest") return note("guest");
  if (!author.mayAnswer) return note("may-not-answer");
  if (input.editOf === "note") return note("edit-of-note");
  if (input.mode !== "reply" && explicit === undefined) return note(input.mode);

  const lifted = explicit === "send-to-customer" ? [input.heldFor ?? []].flat() : [];
  const [why, ...also] = heldReasons(input, input.mentions.teammates > 0 || mentionsSomeone(folded)).filter((reason) => !lifted.includes(reason));
  if (why !== undefined) return { kind: "held", body, why, ...(also.length > 0 ? { also } : {}) };
  return { kind: "reply", body };
}

/** Why a prefix is not a plain one; undefined when it is, "harmless" for a path in quotation marks. */
function doubt(prefix: { kind: string; word?: string; attached: boolean; quoted: boolean }, isVerb: (word: string) => boolean): "disguised-verb" | "unknown-verb" | "harmless" | undefined {
  if (prefix.kind !== "bang" && prefix.kind !== "slash") return undefined;
  if (prefix.word !== undefined && isVerb(prefix.word)) return "disguised-verb";
  if (prefix.kind === "slash") return prefix.quoted ? "harmless" : "unknown-verb";
  return prefix.word !== undefined && prefix.attached ? "unknown-verb" : undefined;
}

function heldReasons(input: GuardInput, mention: boolean): HeldReason[] {
  const applies: Record<HeldReason, boolean | undefined> = {
    mention,
    owner: input.ownerConflict,
    unseen: input.unseen,
    "double-reply": input.doubleReply,
    late: input.late,
    overtaken: input.overtaken,
    "wrote-since": input.wroteSince,
  };
  return (Object.keys(applies) as HeldReason[]).filter((reason) => applies[reason] === true);
}
