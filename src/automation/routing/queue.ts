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

/** Where conversations wait, of one inbox or team. */
export type Place = { inboxId: string } | { teamId: string };

const filterOf = (place: Place, { manualTeamIds }: Policies): object => ({
  ...place, ...("inboxId" in place && manualTeamIds.length > 0 ? { teamId: { $nin: manualTeamIds } } : {}), ...WAITS, assigneeId: null,
});

/** Those of the places in which conversations are given out where anybody waits: one document of each is looked at. */
export async function placesWaiting(core: Core, policies: Policies): Promise<Place[]> {
  const places: Place[] = [...policies.inboxIds.map((inboxId) => ({ inboxId })), ...policies.teamIds.map((teamId) => ({ teamId }))];
  const waits = await Promise.all(places.map((place) => core.store.conversations.find(filterOf(place, policies), { projection: { _id: 1 } }).sort({ waitingSince: 1 }).limit(1).next()));
  return places.filter((_place, i) => waits[i] !== null);
}

/** At most a page of each place, however many wait there. */
export async function readQueue(core: Core, policies: Policies, places: readonly Place[]): Promise<Queue> {
  const from = cursors(core);
  const pages = await Promise.all(places.map(async (place) => {
    const key = Object.entries(place).join(" ");
    const since = from.get(key);
    const page = await core.store.conversations.find({ ...filterOf(place, policies), ...(since === undefined ? {} : { waitingSince: { $gte: since } }) }).sort({ waitingSince: 1 }).limit(PAGE).toArray();
    return { key, page };
  }));
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
