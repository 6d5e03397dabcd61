/** An inbox that stops working is told to the administrators on its desk, each alone, and so is its recovery. Health shows it as well. */
import type { Core } from "../core/core.ts";
import { allInboxes, deskTargetOf } from "../core/services/inbox-settings.ts";
import { tellAdministrators } from "./shared/tell-administrators.ts";

/** To every administrator on each desk that is there. Never rejects. */
export async function tellAllDesks(core: Core, text: string): Promise<void> {
  for (const [kind, desk] of core.desks) await tellAdministrators(core, kind, (userId, thread, notice) => desk.notify(userId, thread, notice), text).catch((error: unknown) => core.log.warn({ err: error, desk: kind }, "The administrators could not be told."));
}

/** Never rejects. What is told of a desk's own connection (`inboxId` names no inbox) is left to that desk. */
export async function tellTrouble(core: Core, { inboxId, text }: { inboxId: string; text: string | null }): Promise<void> {
  try {
    const inbox = (await allInboxes(core)).find((one) => one._id === inboxId);
    if (inbox === undefined) return;
    const { kind } = await deskTargetOf(core, inbox.deskTargetId);
    const desk = core.desks.get(kind);
    if (desk === undefined) return;
    await tellAdministrators(core, kind, (userId, thread, notice) => desk.notify(userId, thread, notice), text === null ? `The inbox ${inbox.name} works again.` : `The inbox ${inbox.name} has stopped: ${text}`);
  } catch (error) {
    core.log.warn({ err: error, inboxId }, "The administrators could not be told of an inbox's trouble; Health shows it.");
  }
}
