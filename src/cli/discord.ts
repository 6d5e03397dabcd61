/** `threadline discord invite`: the link that adds the bot to a server, with exactly the permissions it needs. */
import { CommandError } from "./command.ts";
import type { Command } from "./command.ts";

const USAGE = "discord invite [application id] [--webhook]";
const WHERE = "discord.com/developers/applications, your app, General Information, Application ID";

export const discord: Command = {
  name: "discord",
  usage: USAGE,
  help: "Print the link that invites the Discord bot with exactly the permissions it needs.",
  async run({ args: [act, ...words], config, print }) {
    if (act !== "invite") throw new CommandError("Say what to print: npx threadline discord invite", 2);
    const [given, ...more] = words.filter((word) => word !== "--webhook");
    if (more.length > 0 || (given !== undefined && !/^\d{15,21}$/.test(given))) throw new CommandError(`That is no application id. Copy it (${WHERE}): npx threadline ${USAGE}`, 2);
    const { inviteLink, wantedFor } = await import("../bridge/discord/in/permissions.ts");
    const bots = given === undefined ? await appliedBots() : [{ application: given, webhook: words.includes("--webhook") }];
    if (bots.length === 0) throw new CommandError(`No Discord desk has been applied yet, so name the app: npx threadline discord invite <application id>. You find it under ${WHERE}.`);
    for (const bot of bots) {
      const webhook = bot.webhook || words.includes("--webhook");
      print("Open this link, choose the server, Authorize:");
      print(inviteLink(bot.application, { ...bot, webhook }));
      print("");
      print("It asks for these permissions and no others:");
      const wanted = wantedFor(webhook);
      const width = Math.max(...wanted.map(({ name }) => name.length));
      for (const { name, what } of wanted) print(`  ${name.padEnd(width)}  ${what}`);
    }
    return 0;

    /** The bots of the desks that are set up: their tokens begin with who they are. */
    async function appliedBots(): Promise<{ application: string; guild: string; webhook: boolean }[]> {
      const [{ openAlone }, { botIdOf }] = await Promise.all([import("./open-alone.ts"), import("../bridge/discord/ids.ts")]);
      const { parts, close } = await openAlone(config);
      try {
        const byGuild = new Map((await parts.store.deskTargets.find({ kind: "discord" }).toArray()).map((target) => [target.identity, target]));
        return [...byGuild].flatMap(([guild, { secrets, config: stored }]) => {
          const sealed = secrets?.["botToken"];
          const application = sealed === undefined ? null : botIdOf(parts.secrets.open(sealed));
          return application === null ? [] : [{ application, guild, webhook: stored?.["customers"] === "webhook" }];
        });
      } finally { await close(); }
    }
  },
};
