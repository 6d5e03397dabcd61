/** `threadline rules`: the rules with how they fare, and what one would have done. */
import { UserError } from "../core/errors.ts";
import { waitText } from "../core/model/rules.ts";
import { CommandError } from "./command.ts";
import type { Command } from "./command.ts";

const USAGE = 'Say what to do: npx threadline rules, or rules rehearse "Refunds" [--last 500]';
const LAST = 500;
const MOST = 100_000;
const SHOWN = 50;

export const rules: Command = {
  name: "rules",
  usage: "rules [rehearse <name> [--last <n>]]",
  help: "List the rules, or show what one (also one that is off) would have done over the newest conversations; nothing is changed.",
  async run({ args, config, print }) {
    const [act, name, flag, count, ...more] = args;
    const last = count === undefined ? LAST : Number(count);
    if (more.length > 0 || (act !== undefined && (act !== "rehearse" || name === undefined)) || (flag !== undefined && flag !== "--last") || !Number.isInteger(last) || last < 1 || last > MOST || (flag !== undefined && count === undefined)) throw new CommandError(USAGE, 2);
    const [{ openAlone }, { assemble }, { rehearse }, { readyNamed }] = await Promise.all([import("./open-alone.ts"), import("../assemble.ts"), import("../automation/rules/rehearse.ts"), import("../core/services/rules.ts")]);
    const { parts, close } = await openAlone(config);
    try {
      if (name === undefined) {
        const all = await parts.store.rules.find().sort({ place: 1 }).toArray();
        if (all.length === 0) print("There are no rules. Add them under rules: in the settings file (docs/rules.md).");
        for (const { name: one, on, waits, enabled, suspended } of all) print(`${one}  ${suspended !== undefined ? `off: ${suspended.why}` : enabled ? "on" : "off"}  ${[...on, ...waits.map(waitText)].join(", ")}`);
        return 0;
      }
      const { core } = assemble(parts);
      const ready = await readyNamed(core, name);
      const { conversations, held } = await rehearse(core, ready, last);
      for (const { number, at, heard, would } of held.slice(0, SHOWN)) print([`#${number}  ${at.toISOString()}  ${heard}`, ...would.map((step) => `    → ${step}`)].join("\n"));
      if (held.length > SHOWN) print(`… and ${held.length - SHOWN} more`);
      print(`${ready.rule.name} would have held ${held.length} ${held.length === 1 ? "time" : "times"} in ${new Set(held.map(({ number }) => number)).size} of ${conversations} conversations. Nothing was changed.`);
      return 0;
    } catch (error) {
      if (error instanceof UserError) throw new CommandError(error.message);
      throw error;
    } finally { await close(); }
  },
};
