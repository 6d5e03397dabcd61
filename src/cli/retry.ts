/** `threadline retry`: what was given up after many tries is taken up again. */
import { z } from "zod";
import type { Config } from "../config.ts";
import { CommandError } from "./command.ts";
import type { Command } from "./command.ts";
import { findRunningServer } from "./running-server.ts";

const Answer = z.object({ retried: z.number() });

async function retryAlone(config: Config): Promise<{ retried: number }> {
  const [{ openAlone }, { assemble }, { retryParked }] = await Promise.all([import("./open-alone.ts"), import("../assemble.ts"), import("../core/services/retry-parked.ts")]);
  const { parts, close } = await openAlone(config);
  try { return await retryParked(assemble(parts).core); } finally { await close(); }
}

export const retry: Command = {
  name: "retry",
  usage: "retry",
  help: "Take up again what was given up after many tries.",
  async run({ args, config, print }) {
    if (args.length > 0) throw new CommandError("retry takes no words: npx threadline retry", 2);
    const server = await findRunningServer(config.dataDir);
    const { retried } = server === null ? await retryAlone(config) : Answer.parse(await server.ask("/control/v1/retry", {}));
    if (retried === 0) print("Nothing was given up.");
    else print(`${retried} ${retried === 1 ? "task is" : "tasks are"} tried again ${server === null ? "when the server starts" : "now"}.`);
    return 0;
  },
};
