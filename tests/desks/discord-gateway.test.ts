/** One connection to the gateway: what counts as received is what was stored. */
import { expect, onTestFinished, test } from "vitest";
import { intentsOf } from "../../src/bridge/discord/in/connection.ts";
import { newSession, openGateway, Progress, type GatewayEvent, type GatewaySession, type OpenGateway } from "../../src/bridge/discord/in/gateway.ts";
import { FakeDiscord, type FakeDiscordOptions } from "../fakes/discord/discord.ts";

async function setUp(options: FakeDiscordOptions = {}) {
  const fake = await FakeDiscord.start(options);
  onTestFinished(() => fake.stop());
  const channel = fake.createTextChannel("general");
  const texts: string[] = [], states: string[] = [];
  /** What is done with an event; a test may make it fail or wait. */
  const on = { event: async (_event: GatewayEvent): Promise<void> => undefined };
  const opened: OpenGateway[] = [];
  onTestFinished(async () => { for (const one of opened) await one.close(); });
  async function open(session: GatewaySession = newSession(), token = fake.token): Promise<OpenGateway> {
    const gateway = await openGateway({
      token, intents: intentsOf(true), session, address: async () => fake.gatewayUrl,
      async dispatch(event) {
        await on.event(event);
        if (event.t === "MESSAGE_CREATE") texts.push((event.d as { content: string }).content);
        fake.changed();
      },
      state(state) { states.push(state); fake.changed(); },
    });
    opened.push(gateway);
    return gateway;
  }
  const up = (times = 1) => fake.until(() => states.filter((state) => state !== "down").length >= times, `greeting ${times}`, 40_000);
  return { fake, channel, texts, states, on, open, up, says: (text: string) => fake.memberPosts(channel, "owner", text) };
}

test("a number counts once all before it are stored", () => {
  const progress = new Progress();
  for (const s of [1, 2, 3]) expect(progress.begin(s)).toBe(true);
  expect(progress.begin(2)).toBe(false);
  progress.end(3);
  progress.end(1);
  expect(progress.stored).toBe(1);
  expect(progress.restart().stored).toBe(1);
  progress.end(2);
  expect(progress.stored).toBe(3);
});

test("greets, tells what happens, and resumes after a cut with what was missed", async () => {
  const { fake, texts, states, open, up, says } = await setUp();
  await open();
  await up();
  says("before");
  await fake.until(() => texts.length === 1, "the first");
  fake.gateway.cut();
  says("while away");
  await fake.until(() => texts.length === 2, "what was missed");
  expect(texts).toEqual(["before", "while away"]);
  await up(2);
  expect(states).toEqual(["ready", "down", "resumed"]);
});

test("what could not be stored comes again with the next connection", async () => {
  const { fake, texts, on, open, up, says } = await setUp();
  const session = newSession();
  const first = await open(session);
  await up();
  on.event = async ({ t }) => { if (t === "MESSAGE_CREATE") throw new Error("The store is away."); };
  says("lost?");
  expect(await first.ended).toMatchObject({ why: "not-stored" });
  on.event = async () => undefined;
  says("and more");
  await open(session);
  await fake.until(() => texts.length === 2, "both");
  expect(texts).toEqual(["lost?", "and more"]);
  expect(fake.gateway.identifies).toBe(1);
});

test("an invalid session ends in a new one", async () => {
  const { fake, states, open, up } = await setUp();
  await open();
  await up();
  fake.gateway.invalidate();
  await up(2);
  expect(states.filter((state) => state === "ready")).toHaveLength(2);
  expect(fake.gateway.identifies).toBe(2);
}, 15_000);

test.each([["a wrong token", { token: "not.the.token" }, {}, 4004], ["an intent that the portal lacks", {}, { portal: { messageContent: false } }, 4014]])("%s is a refusal, said once", async (_what, { token }: { token?: string }, options: FakeDiscordOptions, code) => {
  const { fake, open } = await setUp(options);
  const gateway = await open(newSession(), token);
  expect(await gateway.ended).toEqual({ code, why: "refused" });
  await fake.until(() => fake.gateway.connected === 0, "the end");
});

test("a gateway that lets nobody in ends as failed, and opens no more", async () => {
  const { fake, open } = await setUp();
  fake.gateway.down = true;
  const gateway = await open();
  expect(await gateway.ended).toMatchObject({ why: "failed" });
  fake.gateway.down = false;
  await expect(fake.until(() => fake.gateway.connected > 0, "a connection that nobody asked for", 1_200)).rejects.toThrow("waited");
});
