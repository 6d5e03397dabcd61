/** A start that fails at its port: nothing that was begun goes on, and the terminal says what to do. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { StartError } from "../../src/boot/start-error.ts";
import { execute } from "../../src/cli/main.ts";
import { loadConfig } from "../../src/config.ts";
import { openStore } from "../../src/core/store/store.ts";
import { startThreadline } from "../../src/main.ts";
import { FakeTelegram } from "../fakes/telegram/server.ts";
import { startTestStore } from "../support/store.ts";

async function takenPort(): Promise<string> {
  const other = createServer();
  await new Promise<void>((done) => { other.listen(0, "127.0.0.1", done); });
  onTestFinished(() => void other.close());
  return String((other.address() as AddressInfo).port);
}

/** A store that outlives the start, with a Telegram bot whose poller the start sets going. */
async function setUp() {
  const running = await startTestStore();
  const store = await openStore(running.uri);
  const fake = await FakeTelegram.start();
  const dataDir = mkdtempSync(join(tmpdir(), "threadline-test-"));
  onTestFinished(async () => { await fake.close(); await store.close(); await running.stop(); rmSync(dataDir, { recursive: true, force: true }); });
  const applyFile = join(dataDir, "threadline.yaml");
  writeFileSync(applyFile, `inboxes:\n  - { name: Bot, channel: telegram, token: "${fake.token}", apiRoot: "${fake.apiRoot}" }\ndesks:\n  - { name: Playground, kind: playground, channel: support }\n`);
  const env = { PORT: await takenPort(), MONGODB_URI: running.uri, SECRET_KEY: "a secret key of the tests", DATA_DIR: dataDir, THREADLINE_APPLY: applyFile, LOG_LEVEL: "silent" };
  return { env, store, fake };
}

test("pollers, lanes and scheduler have ended when the start fails", async () => {
  const { env, store, fake } = await setUp();
  const failure = await startThreadline(loadConfig(env)).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(StartError);
  expect(failure).toMatchObject({ code: "PORT_IN_USE", message: expect.stringContaining(`Port ${env.PORT} is in use.`) });
  const leases = await store.leases.find().toArray();
  expect(leases.length).toBeGreaterThan(0);
  expect(leases.filter(({ until }) => until.getTime() !== 0)).toEqual([]);
  const calls = fake.calls.length;
  fake.user(1, "Ana").says("is anybody there?");
  await store.db.command({ ping: 1 });
  expect(fake.calls.length).toBe(calls);
  expect(await store.messages.countDocuments()).toBe(0);
});

test("the command ends with the sentence and an exit code", async () => {
  const { env } = await setUp();
  const complained: string[] = [];
  const code = await execute(["start"], { print: () => undefined, complain: (line) => complained.push(line), env, signal: new AbortController().signal });
  expect(code).toBe(1);
  expect(complained).toEqual([expect.stringMatching(/^PORT_IN_USE: Port \d+ is in use\. End what runs there, or choose another port: PORT=\d+ npm start$/)]);
});
