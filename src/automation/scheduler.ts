/** Agenda drives due work; the due times themselves are on our own documents. The only importer of agenda. */
import { MongoBackend } from "@agendajs/mongo-backend";
import { Agenda, type Job } from "agenda";
import type { Core } from "../core/core.ts";
import type { Scheduler } from "../core/ports.ts";
import { campaigns } from "./jobs/campaigns.ts";
import { continuity } from "./jobs/continuity.ts";
import { idle } from "./jobs/idle.ts";
import type { DueJob } from "./jobs/job.ts";
import { later } from "./jobs/later.ts";
import { ruleWaits } from "./jobs/rules.ts";
import { serviceLevels } from "./jobs/service-levels.ts";
import { snoozes } from "./jobs/snoozes.ts";
import { surveys } from "./jobs/surveys.ts";
import { windows } from "./jobs/windows.ts";

const JOBS: readonly DueJob[] = [snoozes, serviceLevels, windows, continuity, ruleWaits, surveys, idle, later, campaigns];
const POLL_MS = 1_000;
const LOCK_MS = 60_000;
const CONNECT_MS = 15_000;
const STOP_MS = 10_000;

/** Start once the store is open; stop before it closes. */
export function createScheduler(core: Core): Scheduler {
  let agenda: Agenda | null = null;
  let stopping = false;
  const running = new Set<Promise<void>>();
  /** Earliest wake-up of each kind that this process has asked for and that is still to come. */
  const asked = new Map<string, number>();

  async function run(job: DueJob, of: Job): Promise<void> {
    const renew = setInterval(() => void of.touch().catch((error: unknown) => core.log.warn({ error: String(error), job: job.kind }, "A job's lock could not be renewed.")), LOCK_MS / 3);
    if ((asked.get(job.kind) ?? 0) <= Date.now()) asked.delete(job.kind);
    try {
      const { due, next } = await job.run(core);
      if (due > 0) core.log.debug({ job: job.kind, due }, "Due work was done.");
      if (next !== null) ask(job.kind, next);
    } catch (error) {
      // Not thrown on: a failed one-off would stay for ever, and the recurring look repeats the work.
      core.log.error({ error: String(error), job: job.kind }, "Due work failed; it is tried again at the next look.");
    } finally {
      clearInterval(renew);
    }
  }

  function ask(kind: DueJob["kind"], at: Date): void {
    if (agenda === null) return;
    const wake = Math.max(Date.now(), Date.now() + at.getTime() - core.clock.now().getTime());
    const known = asked.get(kind);
    if (known !== undefined && known <= wake) return;
    asked.set(kind, wake);
    // One document for one due time, whichever process or start asks for it; a running one is left alone.
    const job = agenda.create(nameOf(kind), { at: at.toISOString() }).unique({ "data.at": at.toISOString() }, { insertOnly: true }).schedule(new Date(wake));
    job.save().catch((error: unknown) => {
      asked.delete(kind);
      core.log.warn({ error: String(error), job: kind }, "A wake-up could not be stored; the recurring look does the work later.");
    });
  }

  return {
    async start() {
      if (agenda !== null) return;
      const backend = await connectedBackend(core);
      const made = new Agenda({
        backend, name: core.holder, processEvery: POLL_MS, defaultConcurrency: 1, maxConcurrency: 5, defaultLockLimit: 2, defaultLockLifetime: LOCK_MS, removeOnComplete: true,
      });
      stopping = false;
      // a look that was under way when the store closed is repeated at the next start
      made.on("error", (error: Error) => { if (!stopping) core.log.error({ error: error.message }, "The scheduler met an error."); });
      for (const job of JOBS) {
        made.define(nameOf(job.kind), async (one: Job) => {
          const work = run(job, one);
          running.add(work);
          await work.finally(() => running.delete(work));
        });
      }
      await within(made.ready, CONNECT_MS, "The scheduler did not become ready");
      for (const job of JOBS) await repeat(made, job);
      await made.start();
      agenda = made;
      for (const job of JOBS) ask(job.kind, core.clock.now());
    },

    async stop() {
      if (agenda === null) return;
      const ending = agenda;
      agenda = null;
      stopping = true;
      asked.clear();
      await ending.stop(false);
      await within(Promise.allSettled(running), STOP_MS, "Scheduled work did not end").catch((error: unknown) => core.log.warn({ error: String(error) }, "Stopped without waiting for scheduled work; the next start repeats it."));
    },

    wakeAt: ask,

    async jobs() {
      const looking = agenda;
      if (looking === null) return [];
      return Promise.all(JOBS.map(async ({ kind, every }) => {
        const { jobs } = await looking.queryJobs({ name: nameOf(kind), limit: 1_000 });
        const recurring = jobs.find((one) => one.repeatInterval === every);
        return { kind, every, lastAt: recurring?.lastRunAt ?? null, nextAt: recurring?.nextRunAt ?? null };
      }));
    },
  };
}

const nameOf = (kind: string): string => `due ${kind}`;

/**
 * A backend that is connected already. Agenda connects in its constructor and lets a failure go unhandled (6.2.6), so it connects here first
 * and finds nothing left to do there. @throws Error when the store does not answer
 */
async function connectedBackend(core: Core): Promise<MongoBackend> {
  await within(core.store.db.command({ ping: 1 }), CONNECT_MS, "The store did not answer");
  const backend = new MongoBackend({ mongo: core.store.db });
  await within(backend.connect(), CONNECT_MS, "The scheduler's indexes could not be made");
  return Object.assign(backend, { connect: () => Promise.resolve() });
}

/** Saving a recurring job again would unlock a running one (agenda 6.2.6): it is saved only when it is new or reads differently. */
async function repeat(agenda: Agenda, job: DueJob): Promise<void> {
  const { jobs } = await agenda.queryJobs({ name: nameOf(job.kind), limit: 1_000 });
  const recurring = jobs.filter((one) => one.repeatInterval !== undefined && one.repeatInterval !== null);
  if (recurring.some((one) => one.repeatInterval === job.every)) return;
  await agenda.every(job.every, nameOf(job.kind), undefined, { skipImmediate: true });
}

async function within<T>(work: Promise<T>, ms: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => { timer = setTimeout(() => reject(new Error(`${what} within ${ms / 1000} s.`)), ms); });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
