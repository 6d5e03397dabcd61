/** `threadline slack manifest`: the app to create in Slack, ready to click. */
import { CommandError } from "./command.ts";
import type { Command } from "./command.ts";

export const slack: Command = {
  name: "slack",
  usage: "slack manifest [--http] [name]",
  help: "Print the Slack app to create (its manifest) and the link that creates it.",
  async run({ args: [act, ...words], config, print }) {
    if (act !== "manifest") throw new CommandError("Say what to print: npx threadline slack manifest", 2);
    const http = words.includes("--http");
    const { creationLink, NAME_CHARS, nextSteps, slackManifest } = await import("../bridge/slack/manifest.ts");
    const name = words.filter((word) => word !== "--http").join(" ") || "Threadline";
    if (name.startsWith("--")) throw new CommandError(`There is no option ${name}. With --http Slack calls PUBLIC_URL; without it no public address is needed.`, 2);
    if (name.length > NAME_CHARS) throw new CommandError(`Slack takes names of ${NAME_CHARS} characters at most; this one has ${name.length}.`, 2);
    if (http && config.publicUrl === null) throw new CommandError("With --http Slack calls PUBLIC_URL, and that is not set: PUBLIC_URL=https://help.example.com npx threadline slack manifest --http");
    const publicUrl = http ? config.publicUrl : null;
    const manifest = slackManifest({ name, publicUrl });
    print(JSON.stringify(manifest, null, 2));
    print("");
    print("Create the app with this link (choose the workspace, then Create):");
    print(creationLink(manifest));
    print("");
    print("Then:");
    for (const [n, step] of nextSteps(publicUrl).entries()) print(`${n + 1}. ${step}`);
    return 0;
  },
};
