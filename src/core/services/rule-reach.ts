/** What an act of a rule is, and whether one may speak to the customer. */
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import type { Author, Conversation } from "../model/types.ts";
import { inboxOf } from "./inbox-settings.ts";
import { modeOf } from "./mode.ts";

/** `act`: the unique key of this act. `automatic`: a machine wrote what it answers. */
export interface RuleAct { core: Core; conversation: Conversation; actor: Author; act: string; automatic: boolean }
/** `needs` says what has to stand in `with`; null: nothing. @throws {UserError} from `run`, ALREADY_SO when it is so */
export interface ActSpec { needs: string | null; run(act: RuleAct, text: string): Promise<unknown> }

/** @throws {UserError} NOT_POSSIBLE: nothing is said to a machine, to who can't be reached, or in a team-only thread */
export async function mustReach({ core, conversation, automatic }: RuleAct): Promise<void> {
  if (automatic) throw new UserError("NOT_POSSIBLE", "A machine wrote this: nothing answers it by itself.");
  if (conversation.contactBlocked === true || conversation.unreachable !== undefined) throw new UserError("NOT_POSSIBLE", `${conversation.contactName} can't be reached here.`);
  if (modeOf(conversation, await inboxOf(core, conversation.inboxId)) === "team-only") throw new UserError("NOT_POSSIBLE", "This thread is team-only: nothing goes to the customer.");
}
