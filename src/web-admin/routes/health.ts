/** Health: lanes, what was given up, connections' troubles, jobs, store and versions. */
import type { Core } from "../../core/core.ts";
import { healthOf } from "../../core/services/health.ts";
import { retryParked } from "../../core/services/retry-parked.ts";
import { health, retried, type Health } from "../wire.ts";
import { inWords, iso, isoOrNull, type AdminCall } from "./call.ts";

const startedAt = new Date(Date.now() - 1_000 * process.uptime());

const spoken = (error: string | null): string | null => (error === null ? null : inWords(error));

/** Null where the database's user may not ask. */
async function storedBytes({ store, log }: Core): Promise<number | null> {
  try {
    const { storageSize } = (await store.db.command({ dbStats: 1 })) as { storageSize?: unknown };
    return typeof storageSize === "number" ? storageSize : null;
  } catch (error) {
    log.debug({ err: error }, "The database does not tell its size.");
    return null;
  }
}

export const healthCalls: AdminCall[] = [
  {
    method: "GET", path: "/health", summary: "Say whether everything gets through, and what stands in the way", about: "Admin", needs: "admin.read", answers: { 200: health }, codes: [],
    async run({ parts: { core, store, version, lanesFault } }): Promise<Health> {
      const [found, jobs, bytes] = await Promise.all([healthOf(core), core.scheduler?.jobs() ?? [], storedBytes(core)]);
      const { mirror, delivery, intake } = found;
      return {
        fault: lanesFault(), paused: delivery.paused,
        lanes: [
          { id: "mirror", queued: mirror.queued, oldestAt: isoOrNull(mirror.oldestAt), lastError: spoken(mirror.lastError) },
          { id: "delivery", queued: delivery.queued, oldestAt: isoOrNull(delivery.oldestAt), lastError: spoken(delivery.lastError) },
          { id: "intake", queued: intake.queued, oldestAt: isoOrNull(intake.oldestAt), lastError: null },
        ],
        troubles: found.channels.map(({ inbox, code, text, since }) => ({ who: inWords(inbox), code, text, since: iso(since) })),
        parked: found.parked.map(({ for: what, error, at }) => ({ what, error, at: iso(at) })),
        jobs: jobs.map(({ kind, every, lastAt, nextAt }) => ({ name: kind, every, lastAt: isoOrNull(lastAt), nextAt: isoOrNull(nextAt) })),
        store: { kind: store, bytes }, version, node: process.versions.node, startedAt: iso(startedAt),
      };
    },
  },
  {
    method: "POST", path: "/health/retry", summary: "Take up again what was given up after many tries", about: "Admin", needs: "admin.write", answers: { 200: retried }, codes: [],
    run: ({ parts: { core } }) => retryParked(core),
  },
];
