/** Slack's two ways in: nothing is acknowledged before it is stored, and no failure ends the connection for good. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { UserError } from "../../src/core/errors.ts";
import type { Trouble } from "../../src/core/ports.ts";
import { connectSlack, type ConnectionOptions } from "../../src/bridge/slack/in/connection.ts";
import type { AckBody, SlackHandlers } from "../../src/bridge/slack/in/handlers.ts";
import { FakeSlack } from "../fakes/slack/server.ts";
import { TestLog } from "../support/core.ts";

const unhandled: unknown[] = [];
const keep = (error: unknown) => void unhandled.push(error);
process.on("unhandledRejection", keep);
afterEach(() => { expect(unhandled.splice(0)).toEqual([]); });

interface Body { type?: string; event?: { type?: string; text?: string }; command?: string }

/** The app's side: keeps what it stored, can fail to store, and tells the two states. */
class Sink implements SlackHandlers {
  readonly stored: Body[] = [];
  readonly states: string[] = [];
  failing = 0;
  hold: Promise<void> | null = null;
  answer: AckBody | undefined = undefined;
  async event(body: unknown): Promise<void> {
    await this.hold;
    if (this.failing-- > 0) throw new Error("The disk is full.");
    this.stored.push(body as Body);
  }
  async interaction(body: unknown): Promise<AckBody | undefined> { this.stored.push(body as Body); return this.answer; }
  async command(body: unknown): Promise<AckBody | undefined> { this.stored.push(body as Body); return this.answer; }
  up(): void { this.states.push("up"); }
  down(): void { this.states.push("down"); }
  texts(): (string | undefined)[] { return this.stored.map((body) => body.event?.text); }
}

async function connect(more: Partial<ConnectionOptions> = {}) {
  const slack = new FakeSlack();
  await slack.start();
  slack.deliverer.retryDelaysMs = [10, 20, 40];
  const channel = slack.space.addChannel("support"), ana = slack.space.addUser("ana");
  const sink = new Sink(), troubles: (Trouble | null)[] = [], log = new TestLog();
  const connection = connectSlack({
    secrets: { appToken: slack.appToken }, apiUrl: slack.apiUrl, handlers: sink, log, clock: { now: () => new Date() }, trouble: (trouble) => void troubles.push(trouble),
    waits: { retryMs: 20, maxMs: 100, conflictMs: 60_000, standDownMs: 60_000 }, ...more,
  });
  onTestFinished(async () => { await connection.stop(); await slack.stop(); });
  return { slack, channel, ana, sink, troubles, log, connection, say: (text: string) => slack.userPosts(channel.id, ana.id, text) };
}
const twoSockets = (slack: FakeSlack) => slack.until(() => slack.sockets.count === 2, "two sockets");

describe("over sockets", () => {
  test("opens two and tells once that it is up", async () => {
    const { slack, sink, connection, say } = await connect();
    connection.start();
    await twoSockets(slack);
    say("one");
    await slack.idle();
    expect(sink.states).toEqual(["up"]);
    expect(sink.texts()).toEqual(["one"]);
  });

  test("acknowledges an event only once it is stored", async () => {
    const { slack, sink, connection, say } = await connect();
    connection.start();
    await twoSockets(slack);
    let release = () => {};
    sink.hold = new Promise<void>((done) => { release = done; });
    say("held");
    await new Promise((done) => setTimeout(done, 60));
    expect(slack.sockets.acks).toEqual([]);
    release();
    await slack.idle();
    expect(slack.sockets.acks).toHaveLength(1);
    expect(sink.texts()).toEqual(["held"]);
  });

  test("what could not be stored comes again", async () => {
    const { slack, sink, connection, say } = await connect();
    slack.sockets.ackTimeoutMs = 80;
    connection.start();
    await twoSockets(slack);
    sink.failing = 2;
    say("third time");
    await slack.idle();
    expect(sink.texts()).toEqual(["third time"]);
    expect(slack.deliverer.log.at(-1)).toMatchObject({ attempts: 3, state: "acknowledged" });
  });

  test("gives a command's answer with its acknowledgement", async () => {
    const { slack, sink, connection, channel, ana } = await connect();
    connection.start();
    await twoSockets(slack);
    sink.answer = { text: "Nothing waits." };
    const outcome = await slack.userRunsCommand("/desk", "queue", channel.id, ana.id);
    expect(outcome).toMatchObject({ acked: true, body: { text: "Nothing waits." } });
  });

  test("a payload without an event is handed over and acknowledged", async () => {
    const { slack, sink, connection } = await connect();
    connection.start();
    await twoSockets(slack);
    slack.events.rateLimited();
    await slack.idle();
    expect(sink.stored.map((body) => body.type)).toEqual(["app_rate_limited"]);
    expect(slack.deliverer.log.at(-1)?.state).toBe("acknowledged");
  });

  test("a refresh of one socket leaves no gap", async () => {
    const { slack, sink, connection, say } = await connect();
    connection.start();
    await twoSockets(slack);
    slack.sockets.disconnect("refresh_requested", 1);
    for (let i = 0; i < 5; i++) say(`line ${i}`);
    await slack.until(() => slack.callsOf("apps.connections.open").length === 3, "a new socket");
    await twoSockets(slack);
    await slack.idle();
    expect(new Set(sink.texts())).toEqual(new Set(["line 0", "line 1", "line 2", "line 3", "line 4"]));
    expect(sink.states).toEqual(["up"]);
  });

  test("both refreshed at once: their successors stand before they end, and nothing is told twice", async () => {
    const { slack, sink, connection, say } = await connect();
    // however slow the machine is, the old ones end when their successors stand
    slack.sockets.closeDelayMs = 600_000;
    connection.start();
    await twoSockets(slack);
    slack.sockets.disconnect("warning");
    const said: string[] = [];
    const line = () => { said.push(`line ${said.length}`); say(said.at(-1)!); };
    line();
    await slack.until(() => slack.sockets.count === 4, "two more before the old ones end", 30_000);
    line();
    await slack.idle();
    slack.sockets.closeDelayMs = 10;
    slack.sockets.disconnect("link_disabled", 2);
    await twoSockets(slack);
    line();
    await slack.idle();
    expect(sink.states).toEqual(["up"]);
    expect(sink.texts()).toEqual(said);
    expect(slack.deliverer.log.every(({ attempts }) => attempts === 1)).toBe(true);
  });

  test("both cut: down, and up again by itself", async () => {
    const { slack, sink, connection } = await connect();
    connection.start();
    await twoSockets(slack);
    slack.sockets.cut();
    await slack.until(() => sink.states.length >= 2, "down");
    await twoSockets(slack);
    await slack.until(() => sink.states.at(-1) === "up", "up");
    expect(sink.states).toEqual(["up", "down", "up"]);
  });

  test("comes through 5xx, cut calls and rate limits, says that Slack is away, and clears it", async () => {
    const { slack, sink, troubles, connection } = await connect();
    slack.fail("apps.connections.open", { status: 503, times: 6 });
    slack.fail("apps.connections.open", { dropBefore: true, times: 4 });
    slack.fail("apps.connections.open", { retryAfter: 1, times: 1 });
    connection.start();
    await twoSockets(slack);
    expect(troubles.some((trouble) => trouble?.code === "UNREACHABLE")).toBe(true);
    expect(troubles.at(-1)).toBeNull();
    expect(sink.states).toEqual(["up"]);
  });

  test("a refused token is told with what mends it, and tried again", async () => {
    const { slack, troubles, connection } = await connect();
    slack.fail("apps.connections.open", { error: "invalid_auth", times: 3 });
    connection.start();
    await twoSockets(slack);
    expect(troubles[0]).toMatchObject({ code: "BAD_TOKEN", text: expect.stringContaining("connections:write") as string });
    expect(troubles.at(-1)).toBeNull();
  });

  test("a second installation stops this connection and says so", async () => {
    const other = await connect();
    const { slack } = other;
    const sink = new Sink(), troubles: (Trouble | null)[] = [];
    const mine = connectSlack({
      secrets: { appToken: slack.appToken }, apiUrl: slack.apiUrl, handlers: sink, log: new TestLog(), clock: { now: () => new Date() }, trouble: (trouble) => void troubles.push(trouble),
      waits: { retryMs: 20, maxMs: 100, conflictMs: 200, standDownMs: 60_000 },
    });
    onTestFinished(() => mine.stop());
    other.connection.start();
    await twoSockets(slack);
    mine.start();
    await slack.until(() => slack.sockets.count === 4, "four sockets");
    await slack.until(() => troubles.at(-1)?.code === "IDENTITY_TAKEN", "the second installation is seen");
    await slack.until(() => slack.sockets.count === 2, "ours are closed");
    expect(sink.states).toEqual(["up", "down"]);
    expect(other.troubles.at(-1)).toBeNull();
  });

  test("other processes of this installation are no second one", async () => {
    const siblings = async () => 2;
    const first = await connect({ siblings, waits: { retryMs: 20, maxMs: 100, conflictMs: 100, standDownMs: 60_000 } });
    const second = connectSlack({
      secrets: { appToken: first.slack.appToken }, apiUrl: first.slack.apiUrl, handlers: new Sink(), log: new TestLog(), clock: { now: () => new Date() }, trouble: (trouble) => void first.troubles.push(trouble), siblings,
    });
    onTestFinished(() => second.stop());
    first.connection.start();
    second.start();
    await first.slack.until(() => first.slack.sockets.count === 4, "four sockets");
    await new Promise((done) => setTimeout(done, 300));
    expect(first.slack.sockets.count).toBe(4);
    expect(first.troubles.every((trouble) => trouble === null)).toBe(true);
  });

  test("stops while it cannot connect", async () => {
    const { slack, sink, connection } = await connect();
    slack.fail("apps.connections.open", { status: 500, times: 1_000 });
    connection.start();
    await slack.until(() => slack.callsOf("apps.connections.open").length > 2, "tries");
    await connection.stop();
    expect(sink.states).toEqual([]);
  });
});

describe("over HTTP", () => {
  async function overHttp(clock = { now: () => new Date() }) {
    const secret = "fake-signing-secret";
    const made = await connect({ secrets: { signingSecret: secret }, clock });
    const refusals: string[] = [];
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk)).on("end", () => {
        made.connection.receive!({ headers: request.headers, body: Buffer.concat(chunks) }).then(
          ({ status, body }) => response.writeHead(status, { "content-type": "application/json" }).end(body === "" ? "" : JSON.stringify(body)),
          (error: unknown) => { refusals.push(error instanceof UserError ? error.code : "INTERNAL"); response.writeHead(error instanceof UserError ? error.status : 500).end(); },
        );
      });
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    onTestFinished(() => { server.closeAllConnections(); server.close(); });
    const ready = await made.slack.deliverTo(`http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks/desk/slack`);
    return { ...made, refusals, ready };
  }

  test("echoes the challenge, stores events, answers commands", async () => {
    const { slack, sink, ready, say, channel, ana, connection } = await overHttp();
    connection.start();
    expect(ready).toBe(true);
    say("over HTTP");
    await slack.idle();
    sink.answer = { text: "Done." };
    const outcome = await slack.userRunsCommand("/desk", "mine", channel.id, ana.id);
    expect(sink.states).toEqual(["up"]);
    expect(sink.texts()[0]).toBe("over HTTP");
    expect(sink.stored[1]).toMatchObject({ command: "/desk", text: "mine" });
    expect(outcome.body).toEqual({ text: "Done." });
    await connection.stop();
    expect(sink.states).toEqual(["up", "down"]);
  });

  test("what could not be stored comes again", async () => {
    const { slack, sink, say } = await overHttp();
    sink.failing = 1;
    say("again");
    await slack.idle();
    expect(sink.texts()).toEqual(["again"]);
  });

  test.each([[-400], [400]])("refuses a call that was signed %i s from now", async (skew) => {
    const { slack, sink, say, refusals } = await overHttp();
    slack.overHttp.skewSeconds = skew;
    say("stale");
    await slack.idle();
    expect(sink.stored).toEqual([]);
    expect(new Set(refusals)).toEqual(new Set(["BAD_SIGNATURE"]));
  });

  test("refuses another secret's signature", async () => {
    const { slack, sink, say, refusals } = await overHttp();
    slack.overHttp.wrongSecret = "somebody else's";
    say("forged");
    await slack.idle();
    expect(sink.stored).toEqual([]);
    expect(refusals[0]).toBe("BAD_SIGNATURE");
  });

  test("refuses what bears no signature, even a check of our certificate", async () => {
    const { connection } = await overHttp();
    await expect(connection.receive!({ headers: { "content-type": "application/x-www-form-urlencoded" }, body: Buffer.from("ssl_check=1") })).rejects.toThrow(UserError);
  });
});
