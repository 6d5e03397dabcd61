/** `threadline delivery pause|resume`: the switch over all that leaves the house. */
import { z } from "zod";
import type { Config } from "../config.ts";
import { CommandError } from "./command.ts";
import type { Command } from "./command.ts";
import { findRunningServer } from "./running-server.ts";

type Act = "pause" | "resume";
const Answer = z.object({ queued: z.number() });

async function actAlone(config: Config, act: Act): Promise<{ queued: number }> {
  const [{ openAlone }, { assemble }, { switchDelivery }] = await Promise.all([import("./open-alone.ts"), import("../assemble.ts"), import("../boot/switch-delivery.ts")]);
  const { parts, close } = await openAlone(config);
  try { return await switchDelivery(assemble(parts).core, act); } finally { await close(); }
}

export const delivery: Command = {
  name: "delivery",
  usage: "delivery pause | resume",
  help: "Hold back every reply to customers, or let them go again.",
  async run({ args, config, print }) {
    const act = args[0];
    if ((act !== "pause" && act !== "resume") || args.length > 1) throw new CommandError("Say what to do: npx threadline delivery pause, or npx threadline delivery resume", 2);
    const server = await findRunningServer(config.dataDir);
    const { queued } = server === null ? await actAlone(config, act) : Answer.parse(await server.ask("/control/v1/delivery", { act }));
    const replies = `${queued} ${queued === 1 ? "reply" : "replies"}`;
    if (act === "pause") print(`Delivery is paused. Replies are stored and wait (${replies} now); resume with: npx threadline delivery resume`);
    else print(queued === 0 ? "Delivery goes on. Nothing was waiting." : `Delivery goes on. ${replies} ${queued === 1 ? "was" : "were"} waiting${server === null ? " and leave when the server starts" : " and leave now"}.`);
    return 0;
  },
};
