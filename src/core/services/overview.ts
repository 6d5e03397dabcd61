/** How much is open, waits and has no owner, for the admin's first page. Bounded however much there is. */
import type { Core } from "../core.ts";
import type { Conversation } from "../model/types.ts";

/** More than this is told as "at least". */
const MOST = 10_000;

export interface Counted { value: number; /** There are more. */ more: boolean }
export interface Overview { open: Counted; waiting: Counted; unassigned: Counted; snoozed: Counted; /** Whose customers wait longest, that first. */ longest: Conversation[] }

const SOMEBODY_WAITS = { $gt: new Date(0) };

export async function overviewOf(core: Core, { listed }: { listed: number }): Promise<Overview> {
  const { conversations } = core.store;
  const count = async (filter: object): Promise<Counted> => {
    const found = await conversations.countDocuments(filter, { limit: MOST + 1 });
    return { value: Math.min(found, MOST), more: found > MOST };
  };
  const [open, waiting, unassigned, snoozed, longest] = await Promise.all([
    count({ status: "open" }), count({ status: "open", waitingSince: SOMEBODY_WAITS }), count({ assigneeId: null, status: "open" }), count({ status: "snoozed" }),
    conversations.find({ status: "open", waitingSince: SOMEBODY_WAITS }).sort({ waitingSince: 1 }).limit(listed).toArray(),
  ]);
  return { open, waiting, unassigned, snoozed, longest };
}
