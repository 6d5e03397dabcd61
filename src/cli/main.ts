/** Runs one command: settings first, then the work; errors leave as words and an exit code. */
import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ConfigError, loadConfig } from "../config.ts";
import type { Environment } from "../config.ts";
import { UserError } from "../core/errors.ts";
import { didYouMean } from "../core/model/close-names.ts";
import { scrub } from "../log.ts";
import { CommandError } from "./command.ts";
import { commands, help } from "./commands.ts";

export interface CliIo { print(line: string): void; complain(line: string): void; env?: Environment; signal: AbortSignal }

/** Errors that say all a person needs, among them plain `Error`s, which we throw with words; a `TypeError` and its like is ours and shows its stack. */
function explain(error: unknown): { words: string; exitCode: number } {
  if (error instanceof CommandError) return { words: error.message, exitCode: error.exitCode };
  if (error instanceof ConfigError || error instanceof UserError) return { words: error.message, exitCode: 1 };
  const { code, syscall, port, address } = (error ?? {}) as NodeJS.ErrnoException & { port?: number; address?: string };
  if (code === "EADDRINUSE" && port !== undefined) return { words: `Port ${port} on ${address} is in use by another program. Stop it, or choose another: PORT=${port + 1} npm start`, exitCode: 1 };
  if (code === "EADDRINUSE" || code === "EACCES" || code === "EADDRNOTAVAIL" || code === "ENOSPC" || code === "EROFS") return { words: `${syscall ?? "The start"} failed: ${scrub((error as Error).message)}. Check HOST, PORT and DATA_DIR.`, exitCode: 1 };
  const isForPeople = error instanceof Error && (Object.getPrototypeOf(error) === Error.prototype || typeof code === "string") && !String(code).startsWith("ERR_");
  return { words: scrub(isForPeople ? error.message : String((error as Error)?.stack ?? error)), exitCode: 1 };
}

/** Answers the exit code. `start` is the command when none is named. */
export async function execute(words: string[], io: CliIo): Promise<number> {
  const [name = "start", ...args] = words;
  const command = name === "--help" || name === "-h" ? help : commands.find((one) => one.name === name);
  if (command === undefined) {
    io.complain(`There is no command ${name}.${didYouMean(name, commands.map((one) => one.name))} See: npx threadline help`);
    return 2;
  }
  if (args.includes("--help") || args.includes("-h")) {
    io.print(`npx threadline ${command.usage}`);
    io.print(command.help);
    return 0;
  }
  try {
    return await command.run({ args, config: loadConfig(io.env), print: io.print, signal: io.signal });
  } catch (error) {
    const { words: text, exitCode } = explain(error);
    io.complain(text);
    return exitCode;
  }
}

/** npm passes Ctrl-C on to a process that the terminal has told already; two signals this close are one. Milliseconds. */
const SAME_SIGNAL_MS = 400;

/** Runs a command in this process and ends it. The first Ctrl-C or SIGTERM asks to stop, the second stops at once. */
export async function runCli(words: string[]): Promise<void> {
  const stop = new AbortController();
  let firstAt = 0;
  const onSignal = () => {
    if (!stop.signal.aborted) firstAt = performance.now();
    else if (performance.now() - firstAt > SAME_SIGNAL_MS) process.exit(130);
    stop.abort();
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  const exitCode = await execute(words, { print: (line) => console.log(line), complain: (line) => console.error(line), signal: stop.signal });
  process.exit(exitCode);
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await runCli(process.argv.slice(2));
