/** Resolve, pending and reopen: one conditional update each, whoever asks. Snooze lies beside it. */
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import { missingAt, missingWords, type Disposition } from "../model/disposition.ts";
import { canChange, onStatusSet } from "../model/status.ts";
import type { Author, Conversation, Status } from "../model/types.ts";
import { isDuplicateKey } from "../store/store.ts";
import { changeConversation } from "./change-conversation.ts";
import { csatOnResolve } from "./csat.ts";
import { inboxOf } from "./inbox-settings.ts";
import { slaOn } from "./sla.ts";

export interface StatusAct {
  conversation: Conversation;
  actor: Author;
  /** Last line that the actor could see; with a newer customer line the act is refused, unless `anyway`. */
  seen?: number | undefined;
  anyway?: boolean | undefined;
  /** What the inbox asks for at resolve. */
  disposition?: Disposition | undefined;
}

const ATTEMPTS = 5;
const WORD: Record<Status, string> = { open: "open", pending: "pending", snoozed: "snoozed", resolved: "resolved" };

/** @throws {UserError} ALREADY_SO, NEWER_LINE, DISPOSITION_MISSING where an agent says too little for this inbox */
export async function resolve(core: Core, act: StatusAct & { /** No person does it. */ automatic?: true; /** The customer is not asked how it went. */ noSurvey?: boolean; /** What the timeline gives as the cause. */ reason?: string }): Promise<Conversation> {
  const askAfterMs = await csatOnResolve(core, act.conversation, { automatic: act.automatic, skip: act.noSurvey });
  const after = await enterStatus(core, act, "resolved", { ...(askAfterMs === null ? {} : { askAfterMs }), ...(act.reason === undefined ? {} : { reason: act.reason }) });
  if (askAfterMs !== null && after.csat !== undefined) core.scheduler?.wakeAt("survey", after.csat.dueAt);
  return after;
}
/** @throws {UserError} ALREADY_SO, NOT_POSSIBLE when it is resolved */
export const setPending = (core: Core, act: Omit<StatusAct, "seen" | "anyway">): Promise<Conversation> => enterStatus(core, act, "pending");

/** Writes the status while the conversation still is as it was read; a change in between is looked at anew. */
export async function enterStatus(core: Core, act: StatusAct, to: "pending" | "snoozed" | "resolved", more: { set?: Partial<Conversation>; until?: Date; reason?: string; /** The customer is asked how it went so much later. */ askAfterMs?: number } = {}): Promise<Conversation> {
  let current = act.conversation;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    refuseImpossible(current, to);
    const limit = act.seen === undefined || act.anyway === true ? undefined : act.seen;
    if (limit !== undefined && current.lastIncomingSeq > limit) throw newerLine(current, `#${current.number} was not ${WORD[to]}`);
    const now = core.clock.now();
    const change = onStatusSet(current, to, now, { ...(more.until === undefined ? {} : { until: more.until }), ...(more.reason === undefined ? {} : { reason: more.reason }) });
    const { label, fields } = to === "resolved" ? await dispositionOf(core, current, act) : NOTHING_SAID;
    const adds = label !== undefined && !current.labels.includes(label);
    const sla = await slaOn(core, current, change.set, now);
    const after = await changeConversation(core, current._id, act.actor, {
      ...(adds ? { addLabel: label } : {}),
      expect: { ...change.expect, ...sla.expect, ...(limit === undefined ? {} : { lastIncomingSeq: { $lte: limit } }) },
      set: { ...change.set, ...more.set, ...sla.set, ...(Object.keys(fields).length === 0 ? {} : { disposition: { ...current.disposition, ...fields } }), ...(more.askAfterMs === undefined ? {} : { csat: { dueAt: new Date(now.getTime() + more.askAfterMs), resolvedAt: now } }) }, ...(sla.unset === undefined ? {} : { unset: [sla.unset] }),
      activity: [...(adds ? [{ type: "labelled" as const, label }] : []), ...change.activity],
    });
    if (after !== null) return after;
    current = await reread(core, current._id);
  }
  throw changing();
}

const NOTHING_SAID: Disposition = { fields: {} };

/** What a program resolves is not asked. @throws {UserError} DISPOSITION_MISSING */
async function dispositionOf(core: Core, conversation: Conversation, { actor, disposition = NOTHING_SAID }: StatusAct): Promise<Disposition> {
  const rule = (await inboxOf(core, conversation.inboxId)).settings.atResolve;
  const missing = rule == null || actor.type !== "agent" ? null : missingAt(rule, conversation, disposition);
  if (rule != null && missing !== null) throw new UserError("DISPOSITION_MISSING", `#${conversation.number} was not resolved. This inbox asks for ${missingWords(rule, missing)} first.`);
  return disposition;
}

/**
 * Opens a conversation again. A resolved one takes the customer's next line over from whichever resolved one held it.
 * @throws {UserError} ALREADY_SO, OTHER_CONVERSATION_OPEN when the customer has another one that is not resolved
 */
export async function reopen(core: Core, act: { conversation: Conversation; actor: Author }): Promise<Conversation> {
  let current = act.conversation;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    refuseImpossible(current, "open");
    const change = onStatusSet(current, "open", core.clock.now());
    if (current.openKey === undefined) await freeOpenKey(core, current);
    try {
      const sla = await slaOn(core, current, change.set, core.clock.now());
      const after = await changeConversation(core, current._id, act.actor, {
        expect: { ...change.expect, ...sla.expect }, set: { ...change.set, openKey: current.identityId, ...sla.set }, ...(sla.unset === undefined ? {} : { unset: [sla.unset] }), activity: change.activity,
      });
      if (after !== null) return after;
    } catch (error) {
      if (!isDuplicateKey(error, "openKey")) throw error;
    }
    current = await reread(core, current._id);
  }
  throw changing();
}

/** Clears the key at the holder while that is resolved; a line that came meanwhile has opened it and wins. */
async function freeOpenKey(core: Core, wanting: Conversation): Promise<void> {
  const { conversations } = core.store;
  const holder = await conversations.findOne({ openKey: wanting.identityId });
  if (holder === null) return;
  if (holder.status === "resolved") {
    const { modifiedCount } = await conversations.updateOne({ _id: holder._id, openKey: wanting.identityId, status: "resolved" }, { $unset: { openKey: "" } });
    if (modifiedCount === 1) return;
  }
  const now = await conversations.findOne({ openKey: wanting.identityId });
  if (now === null || now._id === wanting._id) return;
  throw new UserError(
    "OTHER_CONVERSATION_OPEN",
    `#${wanting.number} stays resolved: ${wanting.contactName} already has #${now.number}, which is ${WORD[now.status]} and gets the next line. Answer there, or resolve #${now.number} first.`,
  );
}

function refuseImpossible(conversation: Conversation, to: Status): void {
  const verdict = canChange(conversation.status, to);
  if (verdict === "already") throw new UserError("ALREADY_SO", `#${conversation.number} is ${WORD[to]} already; nothing changed.`);
  if (verdict === "reopen-first") throw new UserError("NOT_POSSIBLE", `#${conversation.number} is resolved. Reopen it first.`);
}

/** @param undone what did not happen: "#1042 was not resolved" */
export const newerLine = (conversation: Conversation, undone: string) => new UserError(
  "NEWER_LINE",
  `The customer wrote again before you could see it${conversation.lastLine?.kind === "incoming" ? `: “${conversation.lastLine.text}”` : ""}. ${undone}: read it first.`,
);

export const changing = () => new UserError("NOT_POSSIBLE", "This conversation is being changed by others at this moment. Try again.");

/** @throws {UserError} CONVERSATION_UNKNOWN */
export async function reread(core: Core, id: string): Promise<Conversation> {
  const conversation = await core.store.conversations.findOne({ _id: id });
  if (conversation === null) throw new UserError("CONVERSATION_UNKNOWN", "This conversation does not exist (any more).");
  return conversation;
}
