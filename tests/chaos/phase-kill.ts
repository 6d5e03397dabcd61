/** One process on the embedded store, killed at random moments and started again at once. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Dice, Options } from "./options.ts";
import { makeWorld, runPhase, writeSettings, type PhaseResult } from "./phase.ts";
import { freePort, runCommand, Server } from "./server.ts";

export async function killPhase(options: Options, dice: Dice, folder: string): Promise<PhaseResult> {
  const world = await makeWorld(options, dice, folder);
  const env = { DATA_DIR: join(folder, "data"), THREADLINE_APPLY: writeSettings(folder, world) };
  // Rate buckets are read at the start, so the settings are there before it.
  await runCommand(["apply", env.THREADLINE_APPLY], { DATA_DIR: env.DATA_DIR });
  const server = new Server("server", await freePort(), folder, env);
  world.servers.push(server);
  await server.start();
  const moments = Array.from({ length: options.kills }, () => dice.between(0.05, 0.95) * options.seconds * 1_000).sort((a, b) => a - b);

  const downs: number[] = [];
  const result = await runPhase({ name: "kill", world, folder, others: [] }, async () => {
    const began = performance.now();
    const until = (ms: number) => sleep(Math.max(0, began + ms - performance.now()));
    for (const moment of moments) {
      await until(moment);
      await server.kill();
      world.journal.note(null, "SIGKILL");
      const killed = performance.now();
      await server.start();
      downs.push((performance.now() - killed) / 1_000);
      world.journal.note(null, "started again");
    }
    await until(options.seconds * 1_000);
  });
  return { ...result, downSeconds: Math.round(downs.reduce((a, b) => a + b, 0) * 10) / 10 };
}
