/** `threadline webhooks`: how each fares, what it was told, and telling it again. */
import { UserError } from "../core/errors.ts";
import { CommandError } from "./command.ts";
import type { Command } from "./command.ts";

const SHOWN = 50;

export const webhooks: Command = {
  name: "webhooks",
  usage: "webhooks [log <name> [--failed] | replay <name> <event id | --failed>]",
  help: "Show how webhooks fare and what they were told, or tell it again.",
  async run({ args, config, print }) {
    const [act, name, what, ...more] = args;
    const good = act === undefined || (act === "log" && name !== undefined && (what === undefined || what === "--failed")) || (act === "replay" && name !== undefined && what !== undefined);
    if (!good || more.length > 0) throw new CommandError('Say what to do: npx threadline webhooks, webhooks log "CRM" [--failed], or webhooks replay "CRM" <event id | --failed>', 2);
    const [{ openAlone }, { listLoggedCalls }, { asLine, replayFailed, replayWebhook, webhookNamed, webhookStates }] = await Promise.all([import("./open-alone.ts"), import("../core/services/call-log.ts"), import("../core/services/webhook-log.ts")]);
    const { parts, close } = await openAlone(config);
    try {
      if (name === undefined) {
        const states = await webhookStates(parts);
        if (states.length === 0) print("There are no webhooks. Add them under webhooks: in the settings file (docs/webhooks.md).");
        for (const { webhook, waiting, oldest, failed } of states) {
          print(`${webhook.name}  ${webhook.enabled ? "on" : "off"}  ${webhook.url}  ${waiting} waiting${oldest === null ? "" : ` (the oldest since ${oldest.toISOString()})`}, ${failed} given up`);
        }
        return 0;
      }
      const webhook = await webhookNamed(parts, name);
      if (act === "log") {
        const { calls, more: older } = await listLoggedCalls(parts.store, webhook._id, { limit: SHOWN, ...(what === "--failed" ? { taken: false } : {}) });
        if (calls.length === 0) print("Nothing in the last week.");
        for (const call of calls) print(asLine(call));
        if (older) print(`These are the newest ${SHOWN}.`);
        return 0;
      }
      const replayed = what === "--failed" ? await replayFailed(parts, webhook) : (await replayWebhook(parts, webhook, what!), 1);
      print(replayed === 0 ? "Nothing was given up." : `${replayed} ${replayed === 1 ? "event is" : "events are"} told again, under ${replayed === 1 ? "its id" : "their ids"}, when the server looks next (2 s while it runs).`);
      return 0;
    } catch (error) {
      if (error instanceof UserError) throw new CommandError(error.message);
      throw error;
    } finally { await close(); }
  },
};
