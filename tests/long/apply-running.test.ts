import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { execute } from "../../src/cli/main.ts";
import { startTestApp } from "../support/app.ts";

async function cli(words: string[], env: Record<string, string>) {
  const lines: string[] = [];
  const keep = (line: string) => void lines.push(line);
  const code = await execute(words, { print: keep, complain: keep, env, signal: new AbortController().signal });
  return { code, text: lines.join("\n") };
}

test("a first start makes the demo and a link that opens one session; a second start finds all and makes nothing", async () => {
  const app = await startTestApp();
  expect(app.news.join(" ")).toContain("Made a demo");
  expect((await app.call("GET", "/playground/v1/agents")).json).toMatchObject({ agents: [{ name: "Jonas Okafor", role: "agent" }, { name: "Mara Lindqvist", role: "administrator" }] });
  const token = new URL(app.signInLink).hash.replace("#link=", "");
  expect((await app.call("POST", "/auth/v1/link", { token })).status).toBe(200);
  expect((await app.call("POST", "/auth/v1/link", { token })).status).toBe(401);
  await app.stop();
  const again = await startTestApp({ dataDir: app.dataDir });
  expect(again.news).toEqual([]);
  expect((await again.call("GET", "/playground/v1/agents")).json).toMatchObject({ agents: [{ name: "Jonas Okafor" }, { name: "Mara Lindqvist" }] });
});

test("a command reaches the running server: apply is live at once, delivery pauses and goes on", async () => {
  const app = await startTestApp({ settings: "desks: [{ name: Playground, kind: playground, channel: support }]\n" });
  const env = { DATA_DIR: app.dataDir };
  expect((await app.call("POST", "/widget/v1/sessions", { inboxKey: "shop" })).status).toBe(404);
  const file = join(app.dataDir, "more.yaml");
  writeFileSync(file, "inboxes:\n  - { name: Shop, channel: widget, key: shop }\n");
  expect(await cli(["apply", file], env)).toEqual({ code: 0, text: "Inbox Shop: made" });
  await expect.poll(async () => (await app.call("POST", "/widget/v1/sessions", { inboxKey: "shop" })).status, { timeout: 40_000 }).toBe(201);
  expect(await cli(["apply", file], env)).toEqual({ code: 0, text: "Everything is already as the file says." });

  expect((await cli(["delivery", "pause"], env)).text).toContain("Delivery is paused");
  expect((await app.call("GET", "/readyz")).json).toMatchObject({ warnings: [expect.stringContaining("Delivery is paused")] });
  expect((await cli(["delivery", "resume"], env)).text).toBe("Delivery goes on. Nothing was waiting.");
  expect((await app.call("GET", "/readyz")).json).toMatchObject({ warnings: [] });
});

test("without a server a command opens the store itself, and the next start finds what it did", async () => {
  const app = await startTestApp();
  await app.stop();
  const env = { DATA_DIR: app.dataDir };
  expect((await cli(["delivery", "pause"], env)).code).toBe(0);
  const again = await startTestApp({ dataDir: app.dataDir });
  expect((await again.call("GET", "/readyz")).json).toMatchObject({ warnings: [expect.stringContaining("Delivery is paused")] });
});

test("a settings file with faults stops the start and says where", async () => {
  await expect(startTestApp({ settings: "inboxes:\n  - { name: Shop, channel: widget }\n" })).rejects.toThrow(/line 2, column 5: key needs a key/);
});
