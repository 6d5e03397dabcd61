// The checks that `npm run check` and `npm test` are made of. Each answers how many passed and failed, from the tools' own counts.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inRoot, root } from "./bootstrap.mjs";

const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`;

/** A log that nobody watches is read as text: no colours. */
const plain = process.stdout.isTTY ? {} : { NO_COLOR: "1" };

/** Runs one Node program; with `show` its output goes straight to the terminal, else it is kept. */
function runNode(args, { env = {}, show = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, env: { ...plain, ...process.env, ...env }, stdio: ["ignore", show ? "inherit" : "pipe", show ? "inherit" : "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => { output += chunk; });
    child.on("error", (error) => resolve({ code: 1, output: error.message }));
    child.on("close", (code) => resolve({ code: code ?? 1, output }));
  });
}

/** While tests show their progress, what passed is told after them; what failed is told at once, on a line of its own. */
let held = null;
function tell(passed, line, output) {
  const text = passed ? line : `${line}\n${output.trimEnd()}`;
  if (held === null) console.log(text);
  else if (passed) held.push(text);
  else console.log(`\n${text}`);
}

async function tool(name, args) {
  const since = Date.now();
  const { code, output } = await runNode(args);
  tell(code === 0, `${code === 0 ? "ok    " : "FAILED"} ${name} (${seconds(since)})`, output);
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1 };
}

export const lint = () => tool("lint", [inRoot("node_modules/oxlint/bin/oxlint"), "--deny-warnings"]);
/** In one thread: several work out the same types each, for a quarter more processor time and half as much memory again. */
export const types = () => tool("types", [inRoot("node_modules/typescript-native/bin/tsc"), "--noEmit", "--singleThreaded"]);
export const unused = () => tool("unused code", [inRoot("node_modules/knip/bin/knip.js"), "--no-progress", "--cache"]);

/** Counts of vitest's JSON report. A file that could not be loaded has no test to count: it counts as one failed. */
export function countsOf(report) {
  const unloaded = report.testResults.filter((file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed")).length;
  return { passed: report.numPassedTests, failed: report.numFailedTests + unloaded };
}

/** Runs vitest with a config; `env` is added to the tests' environment. */
export async function vitest(name, { config, env = {}, args = [] } = {}) {
  const since = Date.now();
  const folder = mkdtempSync(join(tmpdir(), "threadline-check-"));
  const file = join(folder, "report.json");
  try {
    const { code } = await runNode([
      inRoot("node_modules/vitest/vitest.mjs"), "run", ...(config === undefined ? [] : ["--config", config]),
      "--reporter=dot", "--reporter=json", `--outputFile.json=${file}`, ...args,
    ], { env, show: true });
    const counts = countsOf(JSON.parse(readFileSync(file, "utf8")));
    // An error outside any test fails the run though every test passed.
    if (code !== 0 && counts.failed === 0) counts.failed = 1;
    console.log(`${counts.failed === 0 ? "ok    " : "FAILED"} ${name}: ${counts.passed} passed, ${counts.failed} failed (${seconds(since)})`);
    return counts;
  } catch (error) {
    console.log(`FAILED ${name}: no report (${error.message})`);
    return { passed: 0, failed: 1 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Fuzz prints one JSON object with `passed` and `failed` on its last line. */
export async function fuzz(payloads) {
  const since = Date.now();
  const { code, output } = await runNode([inRoot("scripts/run.mjs"), "tests/fuzz/main.ts", "--payloads", String(payloads), "--json"]);
  let counts = { passed: 0, failed: 1 };
  try {
    const { passed, failed } = JSON.parse(output.trimEnd().split("\n").at(-1));
    if (Number.isInteger(passed) && Number.isInteger(failed) && passed + failed > 0) counts = { passed, failed: code !== 0 && failed === 0 ? 1 : failed };
  } catch { /* No counts: the output below says why. */ }
  tell(counts.failed === 0, `${counts.failed === 0 ? "ok    " : "FAILED"} fuzz: ${counts.passed} passed, ${counts.failed} failed (${seconds(since)})`, output);
  return counts;
}

/** Lint, types, unused code, unit and flow tests, fuzz; with `long` the tests of `tests/desks` and `tests/long` too. The tests often wait, so the others run beside them, one at a time. */
export async function check({ payloads, long = false }) {
  const counts = [await lint()];
  held = [];
  const beside = async () => [await types(), await unused(), await fuzz(payloads)];
  const tests = async () => {
    const count = await vitest("unit and flow tests", { args: long ? [] : ["--exclude", "tests/long/**", "--exclude", "tests/desks/**"] });
    for (const line of held.splice(0)) console.log(line);
    held = null;
    return count;
  };
  const [others, tested] = await Promise.all([beside(), tests()]);
  return [...counts, ...others, tested];
}

/** Prints `N passed, N failed` as the last line and sets the exit code. */
export function finish(counts) {
  const sum = (key) => counts.reduce((total, count) => total + count[key], 0);
  const [passed, failed] = [sum("passed"), sum("failed")];
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
  console.log(`${passed} passed, ${failed} failed`);
}
