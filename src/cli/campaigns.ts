/** `threadline campaigns`: what there are, what became of one, and holding it up, going on, ending it. */
import { UserError } from "../core/errors.ts";
import { CommandError } from "./command.ts";
import type { Command } from "./command.ts";

const SHOWN = 50;
const ACTS = ["pause", "resume", "cancel"] as const;
const isAct = (word: string | undefined): word is (typeof ACTS)[number] => ACTS.some((act) => act === word);

export const campaigns: Command = {
  name: "campaigns",
  usage: "campaigns [show | pause | resume | cancel <name>]",
  help: "Show campaigns and what became of them, hold one up, go on, or end it.",
  async run({ args, config, print }) {
    const [act, name, ...more] = args;
    if (!(act === undefined || ((act === "show" || isAct(act)) && name !== undefined && more.length === 0))) throw new CommandError('Say what to do: npx threadline campaigns, or campaigns show "Autumn" (also pause, resume, cancel)', 2);
    const [{ openAlone }, service, { reportCampaign }] = await Promise.all([import("./open-alone.ts"), import("../core/services/campaigns.ts"), import("../core/services/campaign-report.ts")]);
    const { parts, close } = await openAlone(config);
    try {
      const { campaigns: all } = parts.store;
      if (name === undefined) {
        const newest = await all.find().sort({ _id: -1 }).limit(SHOWN).toArray();
        if (newest.length === 0) print("There are no campaigns. Make one over the API (docs/campaigns.md).");
        for (const { name: called, state, startAt, startedAt } of newest) print(`${called}  ${state}${startedAt !== undefined ? `  since ${startedAt.toISOString()}` : startAt !== null ? `  begins ${startAt.toISOString()}` : ""}`);
        if (newest.length === SHOWN) print(`These are the newest ${SHOWN}.`);
        return 0;
      }
      const campaign = await all.findOne({ name });
      if (campaign === null) throw new CommandError(`There is no campaign named ${name}. npx threadline campaigns lists them.`);
      if (isAct(act)) {
        const { state } = await { pause: service.pauseCampaign, resume: service.resumeCampaign, cancel: service.cancelCampaign }[act](parts, campaign, "command line");
        print(`${name} is ${state}.`);
        return 0;
      }
      const { states, skipped, converted, value, won } = await reportCampaign(parts.store, campaign);
      print(`${name}  ${campaign.state}`);
      for (const [state, n] of Object.entries(states)) if (n > 0) print(`  ${state.padEnd(12)} ${n}`);
      for (const [why, n] of Object.entries(skipped)) print(`    ${why.padEnd(12)} ${n}`);
      if (converted > 0) print(`  converted    ${converted}, worth ${value}`);
      if (won !== null) print(`  won          ${won} with the label ${campaign.goalLabel}`);
      return 0;
    } catch (error) {
      if (error instanceof UserError) throw new CommandError(error.message);
      throw error;
    } finally { await close(); }
  },
};
