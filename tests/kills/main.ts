/** `npm run kills`: the embedded store's process killed under load; prints what was lost, which must be nothing. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { killRounds } from "./rounds.ts";

/** Numbers from 0 to 1 of one seed: Lehmer's generator. */
function diceOf(seed: number): () => number {
  let state = (Math.abs(Math.trunc(seed)) % 2_147_483_646) + 1;
  return () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647;
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(): Promise<boolean> {
  const { values } = parseArgs({ options: { kills: { type: "string", default: "200" }, writers: { type: "string", default: "16" }, seed: { type: "string", default: "1" }, json: { type: "boolean", default: false } } });
  const [kills, writers] = [Number(values.kills), Number(values.writers)];
  if (!(kills >= 1) || !(writers >= 1)) throw new Error("npm run kills -- [--kills 200] [--writers 16] [--seed 1] [--json]");
  const dir = mkdtempSync(join(tmpdir(), "threadline-kills-"));
  try {
    const cli = fileURLToPath(new URL("../../bin/threadline.mjs", import.meta.url));
    const result = await killRounds({
      command: [process.execPath, cli, "store", "serve", "--tcp", "0"], env: { DATA_DIR: dir }, kills, writers, dice: diceOf(Number(values.seed)),
      onRound: (round, faults) => {
        for (const fault of faults) print(`  after kill ${round}: ${fault}`);
        if (round > 0 && round % 20 === 0) print(`${round} kills …`);
      },
    });
    const times = result.restarts.toSorted((a, b) => a - b).map(Math.round);
    const [median, slowest] = [times[times.length >> 1]!, times.at(-1)!];
    print(`${result.kills} kills (${result.whileStarting} while it started), ${result.acknowledged} acknowledged writes, ${result.faults.length} faults; restart ${median} ms, slowest ${slowest} ms (process start to ready)`);
    if (values.json) print(JSON.stringify({ ...result, restarts: { median, slowest } }));
    return result.faults.length === 0;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

process.exitCode = (await main()) ? 0 : 1;
