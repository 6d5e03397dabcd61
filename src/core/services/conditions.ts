/** How connections stand with their vendors, asked when somebody wants to know. */
import type { Core } from "../core.ts";
import { DeliveryError } from "../errors.ts";
import { hasCondition } from "../ports.ts";
import { allInboxes } from "./inbox-settings.ts";

/** A person waits for the answer. */
const ASK_MS = 3_000;

/** One line for each inbox whose channel can tell; what the vendor refuses is told in its place. */
export async function conditionsOf(core: Core): Promise<{ inbox: string; text: string }[]> {
  const names = new Map((await allInboxes(core)).map(({ _id, name }) => [_id, name]));
  return Promise.all([...core.channels].flatMap(([id, adapter]) => (hasCondition(adapter) ? [adapter.condition(AbortSignal.timeout(ASK_MS)).then(
    (text) => ({ inbox: names.get(id) ?? adapter.id, text }),
    (error: unknown) => ({ inbox: names.get(id) ?? adapter.id, text: error instanceof DeliveryError ? error.tellAgent : "its vendor's answer could not be read" }),
  )] : [])));
}
