/** The verb table behind every front end: one line a verb, in the order that help shows. */
import { choices, quote } from "./answer.ts";
import { attribute } from "./attribute.ts";
import { away, back, status } from "./availability.ts";
import { block, unblock } from "./block.ts";
import { canned } from "./canned.ts";
import { cc } from "./cc.ts";
import { contact, history } from "./contact.ts";
import { csat } from "./csat.ts";
import { erase } from "./erase.ts";
import { makeMacro } from "./macro.ts";
import { makeHelp, makeMore } from "./help.ts";
import { find, mine, queue } from "./lists.ts";
import { merge } from "./merge.ts";
import { remind, schedule } from "./later.ts";
import { mode } from "./mode.ts";
import { cancel, correct, keep, makeEdit, original, retract, retry, send } from "./on-message.ts";
import { delivery, health } from "./operate.ts";
import { assign, take, unassign } from "./owner.ts";
import { approve, decline, request } from "./request.ts";
import { note, reply } from "./say.ts";
import { ack, sla } from "./sla.ts";
import { snooze } from "./snooze.ts";
import { label, priority, unlabel } from "./sort.ts";
import { makeResolve, pending, reopen } from "./status.ts";
import { template } from "./template.ts";
import { transfer } from "./transfer.ts";
import { why } from "./why.ts";
import type { Verb } from "./verb.ts";

export const verbs: readonly Verb[] = [
  reply, note,
  take, assign, unassign, transfer, request, approve, decline,
  makeResolve(() => verbs), reopen, pending, snooze, schedule, remind, csat,
  label, unlabel, priority,
  sla, ack,
  cc, quote, choices, canned, template, makeMacro(() => verbs),
  contact, history, why,
  attribute, merge, block, unblock, erase,
  find, mine, queue,
  away, back, status,
  mode,
  send, keep, retry, cancel, retract, makeEdit(() => verbs), correct, original,
  delivery, health,
  makeMore(() => verbs), makeHelp(() => verbs),
];

const byWord = new Map(verbs.flatMap((one) => [one.name, ...one.aliases].map((word) => [word, one] as const)));

/** By name or alias, in any case. */
export const verbNamed = (word: string): Verb | undefined => byWord.get(word.toLowerCase());
/** Whether a word is a verb or an alias; the guard asks this of a line's first word. */
export const isVerb = (word: string): boolean => byWord.has(word.toLowerCase());
