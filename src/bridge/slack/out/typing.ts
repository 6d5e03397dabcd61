/** The customer's typing at a thread's foot. Source: docs.slack.dev/reference/methods/assistant.threads.setstatus (ends by itself after two minutes) */
import { DeskError } from "../../../core/errors.ts";
import type { Clock } from "../../../core/ports.ts";
import type { SlackApi } from "../api.ts";
import { slackCode } from "../errors.ts";
import type { SlackThread } from "../ids.ts";
import { Recent } from "../../shared/recent.ts";
import { cut } from "../../shared/text.ts";

/** Milliseconds after which a workspace that does not allow it is asked again. */
const ASK_AGAIN_MS = 3_600_000;
/** Milliseconds for which a status that stands is not set again. */
const STANDS_MS = 30_000;

/** Silent where the workspace does not allow it, or its limits leave no room. */
export function createTyping(api: SlackApi, clock: Clock): (place: SlackThread, name: string, typing: boolean) => Promise<void> {
  const shown = new Recent<number>(1_000);
  let refusedUntil = 0;
  return async ({ channel, ts }, name, typing) => {
    const now = clock.now().getTime();
    const key = `${channel}:${ts}`;
    const since = shown.get(key);
    const stands = since !== undefined && now - since < STANDS_MS;
    if (now < refusedUntil || (typing ? stands : since === undefined) || !api.spare("assistant.threads.setStatus")) return;
    if (typing) shown.set(key, now); else shown.delete(key);
    try {
      await api.call("assistant.threads.setStatus", { channel_id: channel, thread_ts: ts, status: typing ? cut(`${name} is typing…`, 50) : "" }, { priority: "background" });
    } catch (error) {
      if (!(error instanceof DeskError)) throw error;
      if (error.code === "REFUSED" || slackCode(error) === "missing_scope") refusedUntil = now + ASK_AGAIN_MS;
    }
  };
}
