/** `threadline apply [file]`: checks a settings file and brings the installation to it. */
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { z } from "zod";
import { readersIn } from "../boot/named-files.ts";
import { environment } from "../config.ts";
import type { Config } from "../config.ts";
import type { ApplyResult } from "../core/settings-file/apply.ts";
import { CommandError } from "./command.ts";
import type { Command } from "./command.ts";
import { findRunningServer } from "./running-server.ts";

const ResultShape = z.object({ changes: z.array(z.string()), faults: z.array(z.object({ line: z.number(), column: z.number(), reason: z.string() })) });

/** The variables that the text names and the environment has. */
export function namedVariables(text: string, env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const names = new Set([...text.matchAll(/\$\{(\w+)\}/g)].map((match) => match[1]!));
  return Object.fromEntries([...names].flatMap((name) => { const value = env[name]; return value === undefined ? [] : [[name, value]]; }));
}

async function applyAlone(config: Config, text: string, folder: string): Promise<ApplyResult> {
  const [{ openAlone }, { applySettings }, { settingsKinds }] = await Promise.all([import("./open-alone.ts"), import("../core/settings-file/apply.ts"), import("../boot/settings-kinds.ts")]);
  const { parts, close } = await openAlone(config);
  try { return await applySettings({ ...parts, ...settingsKinds, ...readersIn(folder, parts.files) }, text, environment()); } finally { await close(); }
}

/** One line a fault as editors understand it (`file:line:column`), or one line a change. */
export function describeResult(file: string, { changes, faults }: ApplyResult): string[] {
  if (faults.length > 0) return [...faults.map((fault) => `${file}:${fault.line}:${fault.column}  ${fault.reason}`), `${faults.length} ${faults.length === 1 ? "fault" : "faults"}; nothing was changed.`];
  return changes.length > 0 ? changes : ["Everything is already as the file says."];
}

export const apply: Command = {
  name: "apply",
  usage: "apply [file]",
  help: "Check a settings file (threadline.yaml) and apply it; nothing changes while it has faults.",
  async run({ args, config, print }) {
    if (args.length > 1) throw new CommandError("apply takes one file: npx threadline apply threadline.yaml", 2);
    const file = args[0] ?? config.applyFile ?? "threadline.yaml";
    const text = await readFile(resolve(file), "utf8").catch((error: NodeJS.ErrnoException) => {
      throw new CommandError(error.code === "ENOENT" ? `There is no file ${file}. Name one: npx threadline apply my.yaml` : `${file} can't be read: ${error.message}`);
    });
    const folder = dirname(resolve(file));
    const server = await findRunningServer(config.dataDir);
    const result = server === null ? await applyAlone(config, text, folder) : ResultShape.parse(await server.ask("/control/v1/apply", { text, env: namedVariables(text, environment()), folder }));
    for (const line of describeResult(file, result)) print(line);
    return result.faults.length > 0 ? 1 : 0;
  },
};
