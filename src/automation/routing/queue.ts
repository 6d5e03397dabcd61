/** What waits to be given to somebody, oldest first. */
import type { Core } from "../../core/core.ts";
import type { Conversation } from "../../core/model/types.ts";
import type { Policies } from "../../core/services/routing-policy.ts";
import { perOwner } from "../../core/store/together.ts";

/** Open, and its customer waits. */
export const WAITS = { status: "open" as const, waitingSince: { $gt: new Date(0) } };

/** Conversations that one look reads of one inbox or team. */
const PAGE = 500;

/** Where the next look goes on in a queue of which a full page could be given to nobody: what can't go must not hide what can. */
const cursors = perOwner<Core, Map<string, Date>>(() => new Map());

export interface Queue { waiting: Conversation[]; /** Tells which of them could not be given away. */ done(left: ReadonlySet<string>): void }

export async function readQueue(core: Core, { inboxIds, teamIds, manualTeamIds }: Policies): Promise<Queue> {
  const from = cursors(core);
  const look = async (key: string, of: object) => {
    const since = from.get(key);
    const page = await core.store.conversations.find({ ...of, ...WAITS, assigneeId: null, ...(since === undefined ? {} : { waitingSince: { $gte: since } }) }).sort({ waitingSince: 1 }).limit(PAGE).toArray();
    return { key, page };
  };
  const pages = await Promise.all([
    ...inboxIds.map((inboxId) => look(`inbox ${inboxId}`, { inboxId, ...(manualTeamIds.length === 0 ? {} : { teamId: { $nin: manualTeamIds } }) })),
    ...teamIds.map((teamId) => look(`team ${teamId}`, { teamId })),
  ]);
  const waiting = [...new Map(pages.flatMap(({ page }) => page).map((one) => [one._id, one])).values()]
    .toSorted((a, b) => a.waitingSince!.getTime() - b.waitingSince!.getTime() || a.number - b.number);
  return {
    waiting,
    done(left) {
      for (const { key, page } of pages) {
        const last = page.at(-1)?.waitingSince;
        if (page.length < PAGE || last == null || page.some(({ _id }) => !left.has(_id))) from.delete(key);
        else from.set(key, last.getTime() === from.get(key)?.getTime() ? new Date(last.getTime() + 1) : last);
      }
    },
  };
}

/** Its place in its inbox's queue, from 1. */
export const positionOf = async (core: Core, { inboxId, waitingSince }: Conversation): Promise<number> =>
  1 + (await core.store.conversations.countDocuments({ inboxId, status: "open", assigneeId: null, waitingSince: { $gt: new Date(0), $lt: waitingSince! } }));
