/** The one router: whichever process holds its lease gives out what waits. */
import type { Core } from "../../core/core.ts";
import { holdLease } from "../../core/lanes/process-lease.ts";
import { policiesOf, type Policies } from "../../core/services/routing-policy.ts";
import { roomOf } from "../../core/model/routing.ts";
import { allInboxes } from "../../core/services/inbox-settings.ts";
import { giveWaiting, peopleHere, type People } from "./give.ts";
import { placesWaiting, readQueue, type Place } from "./queue.ts";
import { tellQueued } from "./queue-message.ts";
import { releaseAbsent } from "./release.ts";

/** How often it looks by itself, in milliseconds: what other processes changed is seen then. */
const LOOK_MS = 1_000;
/** After a change in this process: what happens together is looked at together. */
const SOON_MS = 50;
/** A look that took long is followed by so many times as long a rest (a second at most)): giving out does not take the store from those who write. */
const REST = 4;

/** One look: what waits for who is away goes back, then what waits goes to who is free. Without such settings and with everybody here it asks nothing. */
export async function routeOnce(core: Core): Promise<{ released: number; given: number }> {
  const policies = await policiesOf(core);
  const released = await releaseAbsent(core, policies);
  if (policies.inboxIds.length + policies.teamIds.length === 0) return { released, given: 0 };
  const places = await placesWaiting(core, policies);
  if (places.length === 0) return { released, given: 0 };
  const people = await peopleHere(core);
  const worthReading = await placesToRead(core, policies, places, people);
  if (worthReading.length === 0) return { released, given: 0 };
  const { given, left } = await giveWaiting(core, policies, people, await readQueue(core, policies, worthReading));
  await tellQueued(core, policies, left);
  return { released, given };
}

/** Places from which somebody here has room for something, and those where customers are told their place: the others are not read, however many wait there. */
async function placesToRead(core: Core, policies: Policies, places: Place[], { here }: People): Promise<Place[]> {
  const channels = new Map((await allInboxes(core)).map(({ _id, channel }) => [_id, channel]));
  const all = [...new Set(channels.values())];
  return places.filter((place) => ("inboxId" in place
    ? policies.of({ inboxId: place.inboxId }).queueMessage !== undefined || here.some((one) => (one.inboxIds === "all" || one.inboxIds.includes(place.inboxId)) && roomOf(one, channels.get(place.inboxId)!) > 0)
    : policies.of({ inboxId: "", teamId: place.teamId }).queueMessage !== undefined || here.some((one) => one.teamIds.has(place.teamId) && all.some((channel) => roomOf(one, channel) > 0))));
}

/** Answers the function that stops it and waits for the look under way. */
export function startRouter(core: Core): () => Promise<void> {
  let wake: (() => void) | undefined;
  let asked = false;
  const soon = () => {
    if (asked || wake === undefined) return;
    asked = true;
    setTimeout(() => { asked = false; wake?.(); }, SOON_MS).unref();
  };
  const offs = [core.bus.on("conversation.changed", soon), core.bus.on("routing.due", soon)];
  const release = holdLease(core, "router", async (signal) => {
    signal.addEventListener("abort", () => wake?.());
    while (!signal.aborted) {
      const began = performance.now();
      try {
        await routeOnce(core);
      } catch (error) {
        core.log.error({ err: error }, "Giving out what waits failed; it is tried again in a moment.");
      }
      const took = performance.now() - began;
      await new Promise<void>((resolve) => {
        const notBefore = performance.now() + Math.min(LOOK_MS, REST * took);
        let timer = setTimeout(resolve, LOOK_MS);
        wake = () => { clearTimeout(timer); timer = setTimeout(resolve, signal.aborted ? 0 : notBefore - performance.now()); };
        if (signal.aborted) wake();
      });
    }
    wake = undefined;
  });
  return async () => {
    for (const off of offs) off();
    await release();
  };
}
