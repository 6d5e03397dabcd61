/** A word to every administrator who has an account on a desk, to each alone. */
import type { Core } from "../../core/core.ts";
import type { DeskKind } from "../../core/model/types.ts";
import type { DeskAdapter } from "../../core/ports.ts";
import { allAgents } from "../../core/services/inbox-settings.ts";

/** Never rejects: who can't be told is left out. */
export async function tellAdministrators(core: Core, desk: DeskKind, notify: DeskAdapter["notify"], text: string): Promise<void> {
  for (const agent of await allAgents(core)) {
    const link = agent.active && agent.role === "administrator" ? agent.links.find((one) => one.desk === desk) : undefined;
    if (link === undefined) continue;
    await notify(link.userId, null, { text, buttons: [] }).catch((error: unknown) => core.log.warn({ err: error, desk }, "An administrator could not be told what keeps the desk from working."));
  }
}
