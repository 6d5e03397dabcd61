/** `npm run chaos`: real processes under load, killed and paused; then every line is counted. Exit code 1 when any was harmed. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { automationFailed, automationJson, printAutomation, runAutomation } from "./automation.ts";
import { Dice, readOptions, type Options } from "./options.ts";
import type { PhaseResult } from "./phase.ts";
import { killPhase } from "./phase-kill.ts";
import { pausePhase } from "./phase-pause.ts";
import { asJson, failed, printTable, tellStories } from "./report.ts";

const print = (line: string) => console.log(line);
const PHASES = { kill: killPhase, pause: pausePhase };

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  const folder = mkdtempSync(join(tmpdir(), "threadline-chaos-"));
  return options.automation ? automation(options, folder) : lines(options, folder);
}

async function automation(options: Options, folder: string): Promise<number> {
  const { conversations, kills, seed } = options;
  print(`Chaos of what happens by itself: ${conversations} conversations, ${kills} kills; repeat it with automation --seed ${seed}\n  Data and logs: ${folder}`);
  const result = await runAutomation(options, new Dice(seed).of("automation"), join(folder, "automation"));
  const ok = !automationFailed(result);
  printAutomation(result, print);
  if (ok && !options.keep) rmSync(folder, { recursive: true, force: true });
  print(ok ? "Nothing was dropped, nothing happened twice." : `Something was harmed; see above. Repeat it with automation --seed ${seed}`);
  if (options.json) print(JSON.stringify({ seed, ok, ...automationJson(result) }));
  return ok ? 0 : 1;
}

async function lines(options: Options, folder: string): Promise<number> {
  const began = performance.now();
  print(`Chaos on ${options.desk} with ${options.channels.join(", ")}: ${options.conversations} conversations, ${options.kills} kills in ${options.seconds} s, one pause of ${options.pauseSeconds} s; repeat it with --seed ${options.seed}`);
  const results: PhaseResult[] = [];
  print(`  Data and logs: ${folder}`);
  for (const name of options.phases) {
    print(`  ${name} …`);
    results.push(await PHASES[name](options, new Dice(options.seed).of(name), join(folder, name)));
  }
  const ok = !results.some(failed);
  printTable(results, print);
  for (const result of results) tellStories(result, print);
  if (ok && !options.keep) rmSync(folder, { recursive: true, force: true });
  const seconds = Math.round((performance.now() - began) / 1_000);
  print(ok ? `Nothing was lost, doubled or out of order (${seconds} s).` : `Something was harmed (${seconds} s); see above. Repeat it with --seed ${options.seed}`);
  if (options.json) print(asJson(results, { desk: options.desk, channels: options.channels, seed: options.seed, seconds, ok }));
  return ok ? 0 : 1;
}

try {
  process.exit(await main());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
