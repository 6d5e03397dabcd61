import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";

type Counts = { passed: number; failed: number };
interface Bootstrap { nodeFault(version: string): string | null; packagesAreStale(folder?: string): boolean }
interface Checks { countsOf(report: object): Counts }
interface Chromium { findChromium(env: Record<string, string>): string | null; HOW_TO_GET_CHROMIUM: string }
const script = async <T>(name: string) => (await import(`../../scripts/${name}.mjs` as string)) as T;
const scriptFile = (name: string) => fileURLToPath(new URL(`../../scripts/${name}.mjs`, import.meta.url));

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "threadline-test-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test("Node's version is told in words when it is too old, and only then", async () => {
  const { nodeFault } = await script<Bootstrap>("bootstrap");
  expect(nodeFault("18.20.4")).toMatch(/needs Node\.js 20\.19 or newer; this is 18\.20\.4\. Install/);
  expect(nodeFault("20.18.3")).not.toBeNull();
  for (const version of ["20.19.0", "20.20.2", "22.0.0", "24.1.0"]) expect(nodeFault(version), version).toBeNull();
});

describe("packages are stale", () => {
  const lock = { packages: { "": { version: "1.0.0" }, "node_modules/a": { version: "1.0.0" }, "node_modules/for-another-system": { version: "1.0.0", optional: true } } };
  async function stale(installed: object | null): Promise<boolean> {
    const path = folder();
    writeFileSync(join(path, "package-lock.json"), JSON.stringify(lock));
    mkdirSync(join(path, "node_modules"));
    if (installed !== null) writeFileSync(join(path, "node_modules/.package-lock.json"), JSON.stringify({ packages: installed }));
    return (await script<Bootstrap>("bootstrap")).packagesAreStale(path);
  }
  test("when an install is missing or was cut short", async () => { expect(await stale(null)).toBe(true); });
  test("when a package is missing", async () => { expect(await stale({})).toBe(true); });
  test("when a package has another version", async () => { expect(await stale({ "node_modules/a": { version: "1.0.1" } })).toBe(true); });
  test("not when all is there but what belongs to another system", async () => { expect(await stale({ "node_modules/a": { version: "1.0.0" } })).toBe(false); });
  test("not in the clone that runs this test", async () => { expect((await script<Bootstrap>("bootstrap")).packagesAreStale()).toBe(false); });
});

test("a test file that could not be loaded counts as failed", async () => {
  const { countsOf } = await script<Checks>("checks");
  const passed = { status: "passed", assertionResults: [{ status: "passed" }] };
  expect(countsOf({ numPassedTests: 1, numFailedTests: 0, testResults: [passed] })).toEqual({ passed: 1, failed: 0 });
  expect(countsOf({ numPassedTests: 1, numFailedTests: 0, testResults: [passed, { status: "failed", assertionResults: [] }] })).toEqual({ passed: 1, failed: 1 });
  expect(countsOf({ numPassedTests: 0, numFailedTests: 1, testResults: [{ status: "failed", assertionResults: [{ status: "failed" }] }] })).toEqual({ passed: 0, failed: 1 });
});

describe("the last line tells the counts alone, and the exit code follows", () => {
  const finish = (counts: Counts[]) => spawnSync(process.execPath, ["--input-type=module", "-e", `import { finish } from ${JSON.stringify(scriptFile("checks"))}; console.log("before"); finish(${JSON.stringify(counts)});`], { encoding: "utf8" });
  test.each([
    [[{ passed: 3, failed: 0 }, { passed: 1, failed: 0 }], "4 passed, 0 failed", 0],
    [[{ passed: 3, failed: 0 }, { passed: 0, failed: 2 }], "3 passed, 2 failed", 1],
    [[], "0 passed, 0 failed", 1],
  ])("%j", (counts, line, code) => {
    const { stdout, status } = finish(counts);
    expect(stdout.trimEnd().split("\n").at(-1)).toBe(line);
    expect(status).toBe(code);
  });
});

test("Chromium is taken from CHROMIUM, else from PATH; a name that can't run is none", async () => {
  const { findChromium, HOW_TO_GET_CHROMIUM } = await script<Chromium>("chromium");
  const path = folder();
  const file = join(path, "chromium");
  writeFileSync(file, "#!/bin/sh\n");
  chmodSync(file, 0o755);
  expect(findChromium({ CHROMIUM: file })).toBe(file);
  expect(findChromium({ CHROMIUM: join(path, "nothing") })).toBeNull();
  expect(HOW_TO_GET_CHROMIUM).toMatch(/skipped.+apt-get install chromium.+CHROMIUM/);
});

test("run.mjs says what it needs", () => {
  const { stderr, status } = spawnSync(process.execPath, [scriptFile("run"), "tests/nothing.ts"], { encoding: "utf8" });
  expect(status).toBe(1);
  expect(stderr).toContain("there is no tests/nothing.ts");
});

test("test:mongod without any MongoDB says so and fails", () => {
  const env = { PATH: "", NODE_ENV: "test" };
  const { stderr, status } = spawnSync(process.execPath, [scriptFile("test-mongod")], { encoding: "utf8", env });
  expect(status).toBe(1);
  expect(stderr).toMatch(/no MongoDB to test on\. Set MONGODB_URI/);
});

test(".ci/run runs npm test", () => {
  expect(readFileSync(new URL("../../.ci/run", import.meta.url), "utf8")).toMatch(/^exec npm test$/m);
});
