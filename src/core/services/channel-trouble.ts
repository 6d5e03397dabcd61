/** What keeps a whole connection from working, as its channel or desk tells it; stored, so that every process can show it in Health. */
import type { Core } from "../core.ts";
import type { DeskKind } from "../model/types.ts";
import type { ReportTrouble, Trouble } from "../ports.ts";
import { allInboxes } from "./inbox-settings.ts";

export interface StandingTrouble extends Trouble { inboxId: string; inbox: string; since: Date }

const idOf = (connection: string): string => `trouble:${connection}`;
/** What a desk's connection is named here; an inbox's is named by its id. */
export const deskTroubleId = (desk: DeskKind): string => `desk:${desk}`;
/** All ids that `idOf` makes; served by the index on `_id`. */
const ANY = { $gte: "trouble:", $lt: "trouble;" };

/** Answers whether it is news: of several processes that notice, one writes it. */
async function record(core: Core, inboxId: string, trouble: Trouble | null): Promise<boolean> {
  const _id = idOf(inboxId);
  if (trouble === null) return (await core.store.settings.deleteOne({ _id })).deletedCount > 0;
  // The same trouble again keeps the time at which it began.
  const same = await core.store.settings.findOne({ _id, "value.code": trouble.code }, { projection: { _id: 1 } });
  if (same !== null) return false;
  await core.store.settings.updateOne({ _id }, { $set: { value: { code: trouble.code, text: trouble.text }, at: core.clock.now() } }, { upsert: true });
  return true;
}

/** What one adapter is handed: it may report as often as it likes, only a change is written. */
export function troubleReporter(core: Core, inboxId: string): ReportTrouble {
  let last: string | undefined;
  let written = Promise.resolve();
  return (trouble) => {
    const now = trouble?.code ?? "";
    if (now === last) return;
    last = now;
    written = written.then(async () => {
      if (await record(core, inboxId, trouble)) core.bus.publish({ type: "channel.trouble", inboxId, text: trouble?.text ?? null });
    }).catch((error: unknown) => {
      last = undefined;
      core.log.warn({ err: error, inboxId }, "What became of a connection could not be stored; the channel reports it again.");
    });
  };
}

/** Troubles of the inboxes that are on and of the desks, oldest first. */
export async function standingTroubles(core: Core): Promise<StandingTrouble[]> {
  const [stored, inboxes] = await Promise.all([core.store.settings.find({ _id: ANY }).toArray(), allInboxes(core)]);
  const known = new Map([
    ...inboxes.filter((inbox) => inbox.enabled).map(({ _id, name }) => [idOf(_id), { _id, name }] as const),
    ...[...core.desks.keys()].map((desk) => [idOf(deskTroubleId(desk)), { _id: deskTroubleId(desk), name: `desk ${desk}` }] as const),
  ]);
  return stored
    .flatMap(({ _id, value, at }) => { const inbox = known.get(_id); return inbox === undefined ? [] : [{ ...(value as Trouble), inboxId: inbox._id, inbox: inbox.name, since: at }]; })
    .toSorted((a, b) => a.since.getTime() - b.since.getTime());
}
