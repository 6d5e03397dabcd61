/** A preview is acted on once: its button bears a sign, and what comes of it is unique by that. */
import { randomBytes } from "node:crypto";
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import type { Agent, Conversation } from "../model/types.ts";

/** Matches what `newOnce` makes. */
export const ONCE = "~[0-9a-f]{8}";
/** Told apart among the previews of one person in one conversation. Short, since Discord gives a button's id 100 characters. */
export const newOnce = (): string => `~${randomBytes(4).toString("hex")}`;

/**
 * The source under which a text that was said by pressing a preview's button is stored; undefined without a sign.
 * @throws {UserError} ALREADY_SO when that was done before
 */
export async function onceOnly({ core, actor, conversation }: { core: Core; actor: Agent; conversation: Conversation }, once: string | undefined, step = ""): Promise<{ source?: string }> {
  if (once === undefined) return {};
  const source = `once:${conversation._id}:${actor._id}:${once}:${step}`;
  const said = await core.store.messages.findOne({ source }, { projection: { _id: 1 } });
  if (said !== null) throw new UserError("ALREADY_SO", "That was done already, so it was not done again.");
  return { source };
}
