/** The unchanged Slack libraries against the fake. */
import { App, LogLevel, SocketModeReceiver, webApi } from "@slack/bolt";
import { FakeSlack, type FakeSlackOptions } from "../fakes/slack/server.ts";

const nothing = () => undefined;
export const quiet = { debug: nothing, info: nothing, warn: nothing, error: nothing, setLevel: nothing, getLevel: () => LogLevel.ERROR, setName: nothing };

export async function startSlack(options: FakeSlackOptions = {}): Promise<FakeSlack> {
  const slack = new FakeSlack(options);
  await slack.start();
  return slack;
}
export const clientOf = (slack: FakeSlack, token = slack.botToken) => new webApi.WebClient(token, { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 }, rejectRateLimitedCalls: true, logger: quiet });

/** The answer of a call that must be refused. */
export async function refusal(call: Promise<unknown>): Promise<Record<string, unknown>> {
  const error = await call.then(() => { throw new Error("was not refused"); }, (e: unknown) => e);
  if (!(error instanceof webApi.WebAPIPlatformError)) throw error;
  return error.data as unknown as Record<string, unknown>;
}

/** A Bolt app that listens over so many sockets. */
export async function boltOver(slack: FakeSlack, sockets: number, prepare: (app: App) => void) {
  const clientOptions = { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 } };
  const receivers = Array.from({ length: sockets }, () => new SocketModeReceiver({ appToken: slack.appToken, logger: quiet, clientPingTimeout: 500, installerOptions: { clientOptions: { ...clientOptions } } }));
  const app = new App({ token: slack.botToken, receiver: receivers[0]!, clientOptions, convoStore: false, deferInitialization: true, logger: quiet });
  await app.init();
  prepare(app);
  for (const receiver of receivers.slice(1)) receiver.init(app);
  const connecting = new Set<SocketModeReceiver>();
  for (const receiver of receivers) receiver.client.on("reconnecting", () => { connecting.add(receiver); }).on("connected", () => { connecting.delete(receiver); });
  await Promise.all(receivers.map((receiver) => receiver.start()));
  /** A client that is stopped between opening and hello rejects without a catcher (socket-mode 3.1). */
  const connected = (receiver: SocketModeReceiver) => (connecting.has(receiver) ? new Promise<void>((done) => { receiver.client.once("connected", () => { done(); }); }) : Promise.resolve());
  return { app, receivers, async stop() { await Promise.all(receivers.map(async (receiver) => { await connected(receiver); await receiver.client.disconnect(); })); } };
}
