/** Two processes on one store that runs as a third; one is stopped past its leases while it works, and goes on later. */
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Dice, Options } from "./options.ts";
import { makeWorld, runPhase, writeSettings, type PhaseResult } from "./phase.ts";
import { freePort, runCommand, Server } from "./server.ts";

/** Load before the pause and after it. */
const BEFORE_MS = 10_000, AFTER_MS = 12_000;

const listens = (port: number) => new Promise<boolean>((done) => {
  const socket = connect(port, "127.0.0.1").once("connect", () => { socket.destroy(); done(true); }).once("error", () => done(false));
});

export async function pausePhase(options: Options, dice: Dice, folder: string): Promise<PhaseResult> {
  const world = await makeWorld(options, dice, folder);
  const port = await freePort();
  const store = new Server("store", port, folder, { DATA_DIR: join(folder, "store") }, ["store", "serve", "--tcp", String(port)]);
  await store.start(() => listens(port));
  const common = { MONGODB_URI: `mongodb://127.0.0.1:${port}/threadline`, SECRET_KEY: "a key that both processes share" };
  const settings = writeSettings(folder, world);
  await runCommand(["apply", settings], { ...common, DATA_DIR: join(folder, "first") });
  for (const name of ["first", "second"]) {
    const server = new Server(name, await freePort(), folder, { ...common, DATA_DIR: join(folder, name), THREADLINE_APPLY: settings });
    world.servers.push(server);
    await server.start();
  }

  return runPhase({ name: "pause", world, folder, others: [store] }, async () => {
    // The first holds the bot's poller: it was there alone.
    const paused = world.servers[0]!;
    await sleep(BEFORE_MS * dice.between(0.8, 1.2));
    paused.pause();
    world.journal.note(null, `SIGSTOP of ${paused.name}`);
    await sleep(options.pauseSeconds * 1_000);
    paused.resume();
    world.journal.note(null, `SIGCONT of ${paused.name}`);
    await sleep(AFTER_MS);
  });
}
