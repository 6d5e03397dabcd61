/** What every service is handed first: the store, the clock, the bus and the ports. Made in `main.ts`, and by tests. */
import type { Bus } from "./bus.ts";
import type { ChannelAdapter, Clock, DeskAdapter, FileStore, Logger, Scheduler } from "./ports.ts";
import type { DeskKind } from "./model/types.ts";
import type { Secrets } from "./services/secrets.ts";
import type { Store } from "./store/store.ts";

export interface Core {
  readonly store: Store;
  readonly clock: Clock;
  readonly bus: Bus;
  readonly log: Logger;
  readonly files: FileStore;
  readonly secrets: Secrets;
  /** This process, for leases and claims; new at each start. */
  readonly holder: string;
  /** Live adapters; filled by `main.ts` once core exists. */
  readonly channels: Map<string, ChannelAdapter>;
  readonly desks: Map<DeskKind, DeskAdapter>;
  scheduler?: Scheduler;
  /** Where customers reach this server from outside; absent: nobody told. */
  publicUrl?: string;
  readonly limits: CoreLimits;
}

/** Numbers that an operator or a test may change; all times in milliseconds. */
export interface CoreLimits {
  leaseMs: number;
  vendorCallMs: number;
  sweepMs: number;
  maxTries: number;
  /** A head that can't be delivered is failed after this. */
  giveUpAfterMs: number;
  /** How long a due reply waits for a desk whose events don't reach us. */
  streamWaitMs: number;
  /** A desk line handled later than this after its own time never goes by itself. */
  lateMs: number;
  albumMs: number;
  /** How long a line waits for its files before a placeholder is posted. */
  fileWaitMs: number;
  /** False switches rate buckets off (`limits: off` in the settings file). */
  rateLimits: boolean;
}
export const DEFAULT_LIMITS: CoreLimits = {
  leaseMs: 30_000, vendorCallMs: 10_000, sweepMs: 2_000, maxTries: 10, giveUpAfterMs: 24 * 3_600_000, streamWaitMs: 60_000, lateMs: 120_000, albumMs: 1_000, fileWaitMs: 4_000, rateLimits: true,
};
