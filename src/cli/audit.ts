/** `threadline audit`: who made, changed, merged or erased customers over the API, made or revoked a token, newest first. */
import { CommandError } from "./command.ts";
import type { Command } from "./command.ts";

const SHOWN = 50;
const MOST = 1_000;

export const audit: Command = {
  name: "audit",
  usage: "audit [count]",
  help: "Show who merged or erased customers, changed them over the API, and made or revoked tokens, newest first.",
  async run({ args, config, print }) {
    const [text = String(SHOWN), ...more] = args;
    const count = Number(text);
    if (more.length > 0 || !Number.isInteger(count) || count < 1 || count > MOST) throw new CommandError(`Say how many: npx threadline audit 50, ${MOST.toLocaleString("en")} at most`, 2);
    const { openAlone } = await import("./open-alone.ts");
    const { parts, close } = await openAlone(config);
    try {
      const entries = await parts.store.audit.find().sort({ at: -1 }).limit(count).toArray();
      if (entries.length === 0) print("Nobody has merged or erased a customer, or made or revoked a token.");
      for (const { at, by, act, contactId, facts } of entries) {
        print(`${at.toISOString()}  ${by.name}  ${act}${contactId === undefined ? "" : `  ${contactId}`}`);
        for (const [what, value] of Object.entries(facts)) {
          if (!Array.isArray(value)) print(`    ${what}: ${value}`);
          else if (value.length > 0) { print(`    ${what}:`); for (const one of value) print(`      ${one}`); }
        }
      }
      return 0;
    } finally { await close(); }
  },
};
