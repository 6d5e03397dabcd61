/** `threadline start`, also `npm start`: runs the server until Ctrl-C. */
import type { Running } from "../boot/running.ts";
import { CommandError } from "./command.ts";
import type { Command } from "./command.ts";

/** What the terminal shows once the server is ready: addresses, the sign-in link, the next step. */
export function banner(running: Running): string[] {
  const rows: [string, string][] = [
    ...(running.playground === null ? [] : [["Playground", running.playground]] as [string, string][]),
    ["Server", running.url],
    ["Sign-in link", `${running.signInLink}  (works once)`],
    ["Store", running.store === "embedded" ? "embedded" : "MongoDB"],
  ];
  const next = running.playground === null
    ? "Next: open the sign-in link."
    : "Next: open the playground, write as a customer on the left, answer as an agent on the right.";
  return ["", "Threadline is ready.", ...running.news.map((line) => `  ${line}`), "", ...rows.map(([name, value]) => `  ${name.padEnd(13)} ${value}`), "", next, "Ctrl-C stops it; a second Ctrl-C at once.", ""];
}

export const start: Command = {
  name: "start",
  usage: "start",
  help: "Run the server (also npm start).",
  async run({ args, config, print, signal }) {
    if (args.length > 0) throw new CommandError("start takes no words; settings come from the environment and threadline.yaml (see README).", 2);
    const { startThreadline } = await import("../main.ts");
    const running = await startThreadline(config);
    if (!signal.aborted) {
      for (const line of banner(running)) print(line);
      await new Promise<void>((resolve) => { signal.addEventListener("abort", () => resolve(), { once: true }); });
    }
    print("Stopping: finishing what is under way …");
    await running.stop();
    print("Stopped. Everything is stored; start again to go on.");
    return 0;
  },
};
