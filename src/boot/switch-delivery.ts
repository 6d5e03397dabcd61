/** Pauses or resumes delivery for whoever has the server's own files; answers how many replies wait. */
import type { Core } from "../core/core.ts";
import type { Author } from "../core/model/types.ts";
import { pauseDelivery, resumeDelivery } from "../core/services/delivery-pause.ts";
import { healthOf } from "../core/services/health.ts";

const OPERATOR: Author = { type: "system", name: "the command line" };

export async function switchDelivery(core: Core, act: "pause" | "resume"): Promise<{ queued: number }> {
  if (act === "resume") return resumeDelivery(core, OPERATOR);
  await pauseDelivery(core, OPERATOR);
  return { queued: (await healthOf(core)).delivery.queued };
}
