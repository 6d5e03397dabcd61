/** Since when a place on Slack can't be heard, stored so that a restart meanwhile forgets nothing; what was missed is read once it can. */
import type { Core } from "../../../core/core.ts";

const idOf = (place: string): string => `silent:slack:${place}`;

export interface Lost {
  /** From now on (or since then) nothing is heard from this place, for what Slack calls `why`. The first time counts. */
  note(place: string, why: string, since?: Date): Promise<void>;
  /** The place is heard: what was written meanwhile is read, if it was ever lost. @throws what is worth another try */
  found(place: string): Promise<void>;
}

/** Whether the app was taken out of this channel of a desk target, and has not been let in again since. */
export async function wasLost(core: Core, channel: string): Promise<boolean> {
  const targets = await core.store.deskTargets.find({ kind: "slack", channel }, { projection: { _id: 1 } }).toArray();
  return (await core.store.settings.findOne({ _id: { $in: targets.map(({ _id }) => idOf(_id)) }, value: "not_in_channel" }, { projection: { _id: 1 } })) !== null;
}

/** @param read reads what people did since then */
export function createLost(core: Core, read: (since: Date) => Promise<unknown>): Lost {
  const { settings } = core.store;
  return {
    async note(place, why, since = core.clock.now()) {
      await settings.updateOne({ _id: idOf(place) }, { $setOnInsert: { value: why, at: since } }, { upsert: true });
    },
    async found(place) {
      const lost = await settings.findOne({ _id: idOf(place) });
      if (lost === null) return;
      await read(lost.at);
      await settings.deleteOne({ _id: lost._id, at: lost.at });
    },
  };
}
