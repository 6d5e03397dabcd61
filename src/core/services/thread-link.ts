/** Where people find a conversation's thread. */
import type { Core } from "../core.ts";
import type { Conversation } from "../model/types.ts";
import { canLink } from "../ports.ts";

/** The permalink of the thread in use, where its desk gives one. */
export async function linkToThread(core: Core, { thread }: Pick<Conversation, "thread">): Promise<string | undefined> {
  const known = thread === undefined ? null : await core.store.threads.findOne({ _id: thread.id }, { projection: { desk: 1 } });
  const desk = known === null ? undefined : core.desks.get(known.desk);
  return thread !== undefined && desk !== undefined && canLink(desk) ? desk.linkTo(thread.id) : undefined;
}
