/** A conversation moves to another desk target, also of another kind: one conditional update; the mirror lane does the rest (`bridge/hand-over.ts`). */
import type { Filter } from "mongodb";
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import { newId } from "../model/ids.ts";
import type { Author, Conversation, DeskTarget, LeftThread, Move } from "../model/types.ts";
import { isShut } from "../ports.ts";
import { changeConversation } from "./change-conversation.ts";
import { allTargets, deskTargetOf } from "./inbox-settings.ts";
import { reread } from "./set-status.ts";

/** Characters of a hand-over note. */
export const NOTE_CHARS = 1_000;
const ATTEMPTS = 5;

export interface TransferAct { conversation: Conversation; /** A desk target's id. */ to: string; actor: Author; note?: string | undefined; /** A routing rule moves it: rules are asked again later. */ byRule?: true }

/** How people tell desk targets apart: "Billing (Slack)". */
export function targetName({ name, kind }: Pick<DeskTarget, "name" | "kind">): string {
  return name.toLowerCase().includes(kind) ? name : `${name} (${kind.charAt(0).toUpperCase()}${kind.slice(1)})`;
}

/** Where a conversation can be moved to: every desk target but its own, and none of a desk that is shut. */
export async function targetsFor(core: Core, conversation: Pick<Conversation, "deskTargetId">): Promise<DeskTarget[]> {
  return (await allTargets(core)).filter((target) => target._id !== conversation.deskTargetId && isUsable(core, target));
}

function isUsable(core: Core, { kind }: DeskTarget): boolean {
  const desk = core.desks.get(kind);
  return desk === undefined || !isShut(desk);
}

/**
 * From this write on the old thread is retired, and what waits to be mirrored waits for the new one. Number, owner, labels, status and
 * snooze stay as they are, and so do replies on their way to the customer.
 * @throws {UserError} ALREADY_SO, NOT_FOUND, NOT_POSSIBLE (the desk is shut), TEXT_TOO_LONG
 */
export async function transfer(core: Core, act: TransferAct): Promise<Conversation> {
  const note = act.note?.trim() ?? "";
  if (note.length > NOTE_CHARS) throw new UserError("TEXT_TOO_LONG", `A hand-over note may have ${NOTE_CHARS.toLocaleString("en")} characters, this one has ${note.length.toLocaleString("en")}. Nothing was moved: shorten it, or write a note first.`);
  const target = await deskTargetOf(core, act.to);
  if (!isUsable(core, target)) throw new UserError("NOT_POSSIBLE", `${targetName(target)} is off at present, so nobody could work there. Choose another desk.`);

  let current = act.conversation;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (current.deskTargetId === target._id) {
      throw new UserError("ALREADY_SO", `#${current.number} is ${current.thread === undefined && current.move !== undefined ? "on its way to" : "in"} ${targetName(target)} already; nothing changed.`);
    }
    const from = (await allTargets(core)).find((one) => one._id === current.deskTargetId);
    const fromName = from === undefined ? "a desk that is gone" : targetName(from);
    const at = core.clock.now();
    const move: Move = { id: newId(at), at, by: act.actor, fromName, left: await leftBy(core, current, from), ...(note === "" ? {} : { note }) };
    const after = await changeConversation(core, current._id, act.actor, {
      expect: standsAs(current), set: { deskTargetId: target._id, ...(act.byRule === true ? {} : { deskChosen: true }), move, moveDueAt: at }, unset: ["thread"],
      activity: [{ type: "transferred", from: current.deskTargetId, fromName, to: target._id, toName: targetName(target), ...(note === "" ? {} : { note }) }],
    });
    if (after !== null) return after;
    current = await reread(core, current._id);
  }
  throw new UserError("NOT_POSSIBLE", "This conversation is being moved by others at this moment. Try again.");
}

/** The conversation is where it was when it was read. */
const standsAs = ({ deskTargetId, thread, move }: Conversation): Filter<Conversation> =>
  ({ deskTargetId, "thread.id": thread === undefined ? { $exists: false } : thread.id, "move.id": move === undefined ? { $exists: false } : move.id });

/** The thread in use, and those of an earlier move that do not point on yet: they point to the newest place at once. */
async function leftBy(core: Core, { thread, move }: Conversation, from: DeskTarget | undefined): Promise<LeftThread[]> {
  const before = (move?.left ?? []).map(({ thread: id, desk }): LeftThread => ({ thread: id, desk, tries: 0 }));
  if (thread === undefined) return before;
  const desk = (await core.store.threads.findOne({ _id: thread.id }, { projection: { desk: 1 } }))?.desk ?? from?.kind;
  return desk === undefined ? before : [...before, { thread: thread.id, desk, tries: 0 }];
}
