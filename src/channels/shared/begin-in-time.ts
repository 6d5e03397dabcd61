/**
 * A request that could not begin in time is not begun at all. A process that stood still while its connection was made (stopped, swapped out, a sleeping
 * machine) has lost its lane meanwhile, and another may have gone on: what it then sent would come behind later lines. Its timers don't help, since what
 * the network brought is heard before them.
 */
import { Agent as HttpAgent, type ClientRequestArgs } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { Duplex } from "node:stream";
import type { Socket } from "node:net";
import { DecoratorHandler, type Dispatcher } from "undici";

/** A lane leaves a call so long (`limits.vendorCallMs`). */
export const BEGIN_WITHIN_MS = 10_000;
/** `code` of the error: certain, nothing was sent. */
export const NOT_BEGUN = "NOT_BEGUN";
const tooLate = (): Error => Object.assign(new Error("The connection was made too late to be used."), { code: NOT_BEGUN });

/** For `Dispatcher.compose`. */
export const beginInTime = (withinMs = BEGIN_WITHIN_MS): Dispatcher.DispatcherComposeInterceptor => (dispatch) => (options, handler) => {
  const asked = performance.now();
  const begun: Dispatcher.DispatchHandler = new DecoratorHandler(handler);
  const begin = begun.onRequestStart!.bind(begun);
  // Called before a byte of the request is written.
  begun.onRequestStart = (controller, context) => (performance.now() - asked > withinMs ? controller.abort(tooLate()) : begin(controller, context));
  return dispatch(options, begun);
};

/** The same for `node:http`'s clients, as agents whose new connections are given up when they stand too late. */
export function agentInTime(secure: boolean, options: { keepAlive: boolean; timeout: number }, withinMs = BEGIN_WITHIN_MS): HttpAgent {
  const agent = new (secure ? HttpsAgent : HttpAgent)(options) as HttpAgent & { createConnection: (args: ClientRequestArgs, done?: (error: Error | null, stream: Duplex) => void) => Duplex | undefined };
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (args, done) => {
    const asked = performance.now();
    const socket = connect(args, done) as Socket | undefined;
    // Heard before the client's own listener, which writes the request.
    socket?.once(secure ? "secureConnect" : "connect", () => { if (performance.now() - asked > withinMs) socket.destroy(tooLate()); });
    return socket;
  };
  return agent;
}
