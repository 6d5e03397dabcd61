/** The API channel for one inbox: what the team does goes to the bridge as signed callbacks. */
import { DeliveryError } from "../../core/errors.ts";
import { newId } from "../../core/model/ids.ts";
import type {
  CallLog, ChannelAdapter, ChannelAddress, Clock, DeletingChannel, EditingChannel, Logger, PartReceipt, ReactingChannel, ReadMarkingChannel, RepeatableChannel, ReportTrouble, TypingChannel,
} from "../../core/ports.ts";
import type { Caller } from "../shared/caller.ts";
import type { Buckets } from "../shared/rate.ts";
import { callbackHeaders } from "../shared/signature.ts";
import { capabilitiesOf, type Shown } from "./capabilities.ts";
import { errorOf } from "./api.ts";
import { messageOf, plan } from "./render.ts";
import type { CallbackBody, CallbackEvent } from "./wire.ts";

export interface ApiChannelOptions {
  /** `name` is the key's, by which the bridge knows the inbox. */
  inbox: { id: string; name: string };
  shows: readonly Shown[];
  signingSecret: string;
  caller: Caller;
  clock: Clock;
  log: Logger;
  trouble: ReportTrouble;
  buckets: Buckets<"bridge">;
  calls?: CallLog;
}

export interface ApiChannel extends TypingChannel, EditingChannel, DeletingChannel, ReactingChannel, ReadMarkingChannel, RepeatableChannel {
  /** Sends a callback once more, as it was, signed anew. @throws {DeliveryError} */
  replay(call: { id: string; event: string; body: string }, signal: AbortSignal): Promise<number>;
}
export const isApiChannel = (adapter: ChannelAdapter | undefined): adapter is ApiChannel => adapter !== undefined && adapter.id === "api" && "replay" in adapter;

export function createApiChannel({ inbox, shows, signingSecret, caller, clock, log, trouble, buckets, calls }: ApiChannelOptions): ApiChannel {
  async function note(id: string, event: string, body: string, at: Date, status: number | null, fault: string | null): Promise<void> {
    // The customer has it or has not, whatever becomes of the log.
    await calls?.note({ inboxId: inbox.id, id, event, body, at, ms: Math.max(0, clock.now().getTime() - at.getTime()), status, fault })
      .catch((error: unknown) => { log.warn({ err: error, inboxId: inbox.id }, "A callback could not be noted in the delivery log."); });
  }

  /** Answers the status, a 2xx. @throws {DeliveryError} */
  async function post(id: string, event: string, body: string, signal: AbortSignal): Promise<number> {
    buckets.take({ bridge: inbox.id });
    const at = clock.now();
    let status: number | null = null;
    try {
      const answer = await caller.post(callbackHeaders(signingSecret, id, at, body), body, signal);
      ({ status } = answer);
      const error = errorOf(answer, at);
      if (error !== null) throw error;
    } catch (error) {
      const known = error instanceof DeliveryError ? error : new DeliveryError("UNREACHABLE", "The bridge could not be called.", { certain: false, cause: error });
      if (known.code === "RATE_LIMITED" && known.o.retryAfterMs !== undefined) buckets.pause("bridge", inbox.id, known.o.retryAfterMs);
      else if (known.o.permanent !== true) trouble({ code: known.code, text: known.tellAgent });
      await note(id, event, body, at, status, known.tellAgent);
      throw known;
    }
    trouble(null);
    await note(id, event, body, at, status, null);
    return status;
  }

  const bodyOf = (to: ChannelAddress, id: string, event: CallbackEvent): string =>
    JSON.stringify({ id, at: clock.now().toISOString(), inbox: inbox.name, contact: { id: to.address }, ...event } satisfies CallbackBody);
  const tell = (to: ChannelAddress, id: string, event: CallbackEvent, signal: AbortSignal) => post(id, event.event, bodyOf(to, id, event), signal);
  /** Tells how something is now: a repeat needs no name of its own. */
  const tellState = async (to: ChannelAddress, event: CallbackEvent, signal: AbortSignal): Promise<void> => { await tell(to, newId(clock.now()), event, signal); };
  /** Not noted and not tried again: the next one says it better. */
  async function courtesy(to: ChannelAddress, event: CallbackEvent, signal: AbortSignal): Promise<void> {
    const at = clock.now(), id = newId(at), body = bodyOf(to, id, event);
    buckets.take({ bridge: inbox.id });
    await caller.post(callbackHeaders(signingSecret, id, at, body), body, signal);
  }

  return {
    id: "api",
    repeatable: true,
    capabilities: capabilitiesOf(shows),
    plan,
    async sendPart(to, part, key, signal): Promise<PartReceipt> {
      await tell(to, key, messageOf("message", key, part), signal);
      return { vendorId: key, state: "sent" };
    },
    editPart: (to, vendorId, part, signal) => tellState(to, messageOf("message.edited", vendorId, part), signal),
    deletePart: (to, vendorId, signal) => tellState(to, { event: "message.deleted", message: { id: vendorId } }, signal),
    react: (to, vendorId, emojis, signal) => tellState(to, { event: "message.reactions", message: { id: vendorId }, emojis }, signal),
    markRead: (to, vendorId, signal) => courtesy(to, { event: "read", message: { id: vendorId } }, signal),
    /** The agent who types waits for nobody. */
    async showTyping(to, typing, author) {
      courtesy(to, { event: "typing", typing, author: { name: author } }, AbortSignal.timeout(5_000))
        .catch((error: unknown) => { log.debug({ err: error, inboxId: inbox.id }, "Typing could not be told to a bridge."); });
    },
    replay: ({ id, event, body }, signal) => post(id, event, body, signal),
  };
}
