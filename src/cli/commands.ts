/** The table of commands; `help` is made from it. */
import { version } from "../boot/install.ts";
import { apply } from "./apply.ts";
import { audit } from "./audit.ts";
import { backup } from "./backup.ts";
import { campaigns } from "./campaigns.ts";
import type { Command } from "./command.ts";
import { contacts } from "./contacts.ts";
import { delivery } from "./delivery.ts";
import { discord } from "./discord.ts";
import { doctor } from "./doctor.ts";
import { exportAll, importAll } from "./move.ts";
import { restore } from "./restore.ts";
import { retry } from "./retry.ts";
import { slack } from "./slack.ts";
import { start } from "./start.ts";
import { store } from "./store.ts";
import { token } from "./token.ts";
import { rules } from "./rules.ts";
import { webhooks } from "./webhooks.ts";

export const help: Command = {
  name: "help",
  usage: "help",
  help: "Show this list.",
  async run({ print }) {
    print(`Threadline ${version}: npx threadline <command>`);
    print("");
    const width = Math.max(...commands.map((command) => command.usage.length));
    for (const command of commands) print(`  ${command.usage.padEnd(width)}  ${command.help}`);
    print("");
    print("Settings come from the environment: PORT, HOST, PUBLIC_URL, DATA_DIR, MONGODB_URI, SECRET_KEY and more; README.md explains each.");
    return 0;
  },
};

export const commands: readonly Command[] = [start, apply, doctor, slack, discord, delivery, retry, backup, restore, exportAll, importAll, contacts, token, audit, rules, campaigns, webhooks, store, help];
