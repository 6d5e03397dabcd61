/** The delivery log: which callbacks went out, what the bridge answered, and one of them once more. */
import { DeliveryError, UserError } from "../../core/errors.ts";
import { callWithin } from "../../core/lanes/call.ts";
import { callId, findCall, listCalls } from "../../core/services/call-log.ts";
import type { Core } from "../../core/core.ts";
import type { LoggedCall } from "../../core/store/store.ts";
import { isApiChannel } from "./adapter.ts";
import { apiCall } from "./call.ts";
import { spend } from "./host.ts";
import { deliveriesAnswer, deliveriesQuery, deliveryAnswer, replayAnswer } from "./wire.ts";

const PAGE = 50;

const asTry = ({ at, ms, status, fault }: LoggedCall["attempts"][number]) => ({ at: at.toISOString(), ms, status, fault });
const asDelivery = (call: LoggedCall) => ({ id: callId(call), event: call.event, at: call.at.toISOString(), tries: call.tries, taken: call.taken, last: asTry(call.attempts.at(-1)!) });

async function requireCall(core: Core, inboxId: string, id: string): Promise<LoggedCall> {
  const call = await findCall(core, inboxId, id);
  if (call === null) throw new UserError("NOT_FOUND", "There is no such callback in the log. It keeps a week, 5,000 at most.");
  return call;
}

export const deliveryCalls = [
  apiCall({
    method: "GET", path: "/deliveries", summary: "List callbacks that went out, newest first", query: deliveriesQuery, answers: { 200: deliveriesAnswer }, codes: [],
    async run({ host: { core }, inbox, query: { before, taken, limit = PAGE } }) {
      const { calls, more } = await listCalls(core, inbox._id, { limit, ...(before === undefined ? {} : { before }), ...(taken === undefined ? {} : { taken: taken === "true" }) });
      return { deliveries: calls.map(asDelivery), more };
    },
  }),
  apiCall({
    method: "GET", path: "/deliveries/:id", summary: "Show one callback with its body and its last ten tries", answers: { 200: deliveryAnswer }, codes: ["NOT_FOUND"],
    async run({ host: { core }, inbox, params }) {
      const call = await requireCall(core, inbox._id, params["id"]!);
      return { ...asDelivery(call), body: call.body, attempts: call.attempts.map(asTry) };
    },
  }),
  apiCall({
    method: "POST", path: "/deliveries/:id/replay", summary: "Send one callback again: same id and body, signed anew", answers: { 200: replayAnswer }, codes: ["NOT_FOUND", "NOT_POSSIBLE"],
    async run({ host, inbox, params, reply }) {
      const { core } = host;
      spend(host, reply, "replay", inbox._id);
      const call = await requireCall(core, inbox._id, params["id"]!);
      const adapter = core.channels.get(inbox._id);
      if (!isApiChannel(adapter)) throw new UserError("NOT_POSSIBLE", "This inbox does not run in this process. Try again.");
      const late = () => new DeliveryError("TIMEOUT", "The bridge did not answer in time.", { certain: false });
      try {
        const status = await callWithin(core.limits.vendorCallMs, (signal) => adapter.replay({ id: callId(call), event: call.event, body: call.body }, signal), late);
        return { taken: true, status, fault: null };
      } catch (error) {
        if (!(error instanceof DeliveryError)) throw error;
        return { taken: false, status: (await findCall(core, inbox._id, callId(call)))?.attempts.at(-1)?.status ?? null, fault: error.tellAgent };
      }
    },
  }),
];
