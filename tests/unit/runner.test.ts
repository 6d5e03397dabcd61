/** Lanes side by side: one at a time per key, and no group of keys takes what the others need. */
import { expect, test } from "vitest";
import { createRunner } from "../../src/core/lanes/runner.ts";
import type { RunnerOptions } from "../../src/core/lanes/runner.ts";
import { TestLog } from "../support/core.ts";

/** Work that lasts until it is let go. Keys are "<group><number>". */
function setUp(options: RunnerOptions) {
  const running = new Map<string, () => void>();
  const begun: string[] = [];
  const runner = createRunner("test", (key) => new Promise<void>((resolve) => {
    begun.push(key);
    running.set(key, () => { running.delete(key); resolve(); });
  }), new TestLog(), options);
  const calm = async () => { for (let i = 0; i < 20; i++) await Promise.resolve(); };
  return { runner, running, begun, calm, end: async (key: string) => { running.get(key)!(); await calm(); } };
}
const groups = (most: number) => ({ of: async (key: string) => key.slice(0, 1), most });
const keys = (group: string, count: number) => Array.from({ length: count }, (_, i) => `${group}${i}`);

test("a group that hangs holds its share; the others are served at once", async () => {
  const { runner, running, calm } = setUp({ maxParallel: 10, groups: groups(4) });
  keys("a", 50).forEach(runner.kick);
  await calm();
  expect([...running.keys()]).toEqual(keys("a", 4));
  keys("b", 2).forEach(runner.kick);
  await calm();
  expect([...running.keys()]).toEqual([...keys("a", 4), ...keys("b", 2)]);
});

test("what waits is taken up in order as its group's slots come free, groups in turn when all slots are taken", async () => {
  const { runner, begun, calm, end } = setUp({ maxParallel: 4, groups: groups(3) });
  keys("a", 6).forEach(runner.kick);
  keys("b", 3).forEach(runner.kick);
  await calm();
  expect(begun).toEqual(["a0", "a1", "a2", "b0"]);
  await end("a0");
  await end("b0");
  await end("a1");
  await end("a2");
  expect(begun).toHaveLength(8);
  expect(begun.filter((key) => key.startsWith("a"))).toEqual(["a0", "a1", "a2", "a3", "a4"].slice(0, begun.filter((key) => key.startsWith("a")).length));
  expect(begun.filter((key) => key.startsWith("b")).length).toBeGreaterThanOrEqual(3);
});

test("a crowd runs a few at a time behind all else, and one of it that is kicked goes at once", async () => {
  const { runner, running, begun, calm, end } = setUp({ maxParallel: 10, groups: groups(8) });
  keys("c", 100).forEach(runner.kickCalmly);
  await calm();
  expect([...running.keys()]).toEqual(keys("c", 4));
  keys("a", 2).forEach(runner.kick);
  runner.kick("c50");
  await calm();
  expect(begun).toEqual([...keys("c", 4), "a0", "a1", "c50"]);
  await end("c0");
  await end("a0");
  expect(begun.slice(7)).toEqual(["c4"]);
  const ended = runner.stop();
  for (const key of running.keys()) await end(key);
  await ended;
  expect(begun.filter((key) => key === "c50")).toHaveLength(1);
  expect(begun).not.toContain("c6");
});

test("a key that waits is queued once, and a kick while it runs runs it once more", async () => {
  const { runner, begun, calm, end } = setUp({ maxParallel: 2, groups: groups(1) });
  for (const key of ["a0", "a1", "a1", "a1", "a0", "a0"]) runner.kick(key);
  await calm();
  expect(begun).toEqual(["a0"]);
  await end("a0");
  expect(begun).toEqual(["a0", "a1"]);
  await end("a1");
  expect(begun).toEqual(["a0", "a1", "a0"]);
  await end("a0");
  expect(runner.running).toBe(0);
});

test("a group that can't be told keeps nobody from running", async () => {
  const { runner, begun, calm, end } = setUp({ maxParallel: 3, groups: { of: async () => { throw new Error("the store is away"); }, most: 1 } });
  keys("a", 3).forEach(runner.kick);
  await calm();
  for (const key of ["a0", "a1", "a2"]) await end(key);
  expect(begun).toEqual(["a0", "a1", "a2"]);
});

test("without groups all slots are anybody's, and stopping waits for what runs and begins nothing", async () => {
  const { runner, begun, calm, end } = setUp({ maxParallel: 2 });
  keys("a", 4).forEach(runner.kick);
  await calm();
  expect(begun).toEqual(["a0", "a1"]);
  let stopped = false;
  const stopping = runner.stop().then(() => { stopped = true; });
  await end("a0");
  expect(stopped).toBe(false);
  await end("a1");
  await stopping;
  expect(begun).toEqual(["a0", "a1"]);
});
