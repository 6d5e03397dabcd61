/** `GET /healthz`: the process lives. `GET /readyz`: the store takes writes and the lanes run; paused or unreachable things are warnings. */
import type { FastifyPluginAsync } from "fastify";
import type { Core } from "../core/core.ts";
import { healthOf } from "../core/services/health.ts";
import type { Health } from "../core/services/health.ts";

export interface HealthParts {
  core: Core;
  kind: "embedded" | "mongodb";
  version: string;
  /** Why the lanes don't run, in words; null while they do. */
  lanesFault(): string | null;
}

const WRITE_MS = 2_000;
/** One write serves all who ask within this time. */
const FRESH_MS = 500;

/** What a person should know though work goes on, one sentence each. */
export function warningsOf(health: Health): string[] {
  const lines = (count: number) => `${count} ${count === 1 ? "line waits" : "lines wait"}`;
  return [
    ...(health.delivery.paused ? [`Delivery is paused; ${lines(health.delivery.queued)}. An administrator resumes it with \`delivery resume\`.`] : []),
    ...(health.delivery.lastError === null ? [] : [`Delivery is held up (${lines(health.delivery.queued)}): ${health.delivery.lastError}`]),
    ...(health.mirror.lastError === null ? [] : [`The desk is held up (${lines(health.mirror.queued)}): ${health.mirror.lastError}`]),
    ...health.channels.map(({ inbox, text }) => `${inbox}: ${text}`),
    ...health.rules.map(({ name, why }) => `The rule ${name} is off: ${why}`),
    ...(health.parked.length === 0 ? [] : [`${health.parked.length} ${health.parked.length === 1 ? "task was" : "tasks were"} given up after many tries. An administrator takes ${health.parked.length === 1 ? "it" : "them"} up again with \`health retry\`, or \`npx threadline retry\`.`]),
  ];
}

/** Writes one small document. Answers why that failed, in words, or null. */
async function storeFault(core: Core): Promise<string | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => { timer = setTimeout(() => resolve("The store did not take a write within 2 s."), WRITE_MS); });
  const write = core.store.settings.updateOne({ _id: "readiness" }, { $set: { value: core.holder, at: core.clock.now() } }, { upsert: true })
    .then(() => null, (error: unknown) => { core.log.warn({ err: error }, "The store refused the readiness write."); return "The store does not take writes; the log says why."; });
  try { return await Promise.race([write, late]); } finally { clearTimeout(timer); }
}

export const healthRoutes = ({ core, kind, version, lanesFault }: HealthParts): FastifyPluginAsync => async (app) => {
  const facts = { store: kind, version };
  let checked: { at: number; fault: Promise<string | null> } | undefined;
  const checkStore = (): Promise<string | null> => {
    const now = performance.now();
    if (checked === undefined || now - checked.at > FRESH_MS) checked = { at: now, fault: storeFault(core) };
    return checked.fault;
  };
  app.get("/healthz", async () => ({ status: "ok", ...facts }));
  app.get("/readyz", async (_request, reply) => {
    const fault = lanesFault() ?? await checkStore();
    if (fault !== null) return reply.code(503).send({ status: "not ready", ...facts, warnings: [], code: "NOT_READY", message: fault });
    return { status: "ok", ...facts, warnings: warningsOf(await healthOf(core)) };
  });
};
