/** `npx threadline campaigns`, on the store that the server works on. */
import { expect, onTestFinished, test } from "vitest";
import { campaigns } from "../../src/cli/campaigns.ts";
import { loadConfig } from "../../src/config.ts";
import { openStore } from "../../src/core/store/store.ts";
import { campaigning } from "../support/campaigns.ts";
import { startTestStore } from "../support/store.ts";

test("lists, shows, holds up, goes on with and ends a campaign by its name; wrong words are told", async () => {
  const running = await startTestStore();
  const store = await openStore(running.uri);
  await store.ensureIndexes();
  onTestFinished(async () => { await store.close(); await running.stop(); });
  const it = await campaigning({ store });
  const config = loadConfig({ MONGODB_URI: running.uri, SECRET_KEY: "a test's secret key, long enough", LOG_LEVEL: "fatal" });
  const run = async (...args: string[]): Promise<string> => { const lines: string[] = []; await campaigns.run({ args, config, print: (line) => void lines.push(line), signal: new AbortController().signal }); return lines.join("\n"); };
  expect(await run()).toContain("There are no campaigns");
  await it.person("Ana");
  await it.person("Nowhere", { address: null });
  const campaign = await it.make({ name: "Autumn" });
  await it.start(campaign, new Date(it.clock.now().getTime() + 60_000));
  expect(await run()).toMatch(/^Autumn {2}scheduled {2}begins 2/);
  expect(await run("pause", "Autumn")).toBe("Autumn is paused.");
  expect(await run("resume", "Autumn")).toBe("Autumn is scheduled.");
  it.clock.advance(60_000);
  await it.finish(campaign);
  expect(await run("show", "Autumn")).toMatch(/^Autumn {2}done\n {2}sent +1\n {2}skipped +1\n {4}no-identity +1$/);
  await expect(run("cancel", "Autumn")).rejects.toThrow(/is done; only one that is scheduled or running or paused/);
  await expect(run("show", "Winter")).rejects.toThrow(/no campaign named Winter/);
  await expect(run("stop", "Autumn")).rejects.toMatchObject({ exitCode: 2 });
});
