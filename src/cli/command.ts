/** What a command is, and the error that ends one with words instead of a stack. */
import type { Config } from "../config.ts";

export interface CommandInput {
  /** Words after the command's name. */
  args: string[];
  config: Config;
  print(line: string): void;
  /** Aborts at the first Ctrl-C or SIGTERM. */
  signal: AbortSignal;
}

export interface Command {
  /** One or two words, as typed. */
  name: string;
  usage: string;
  help: string;
  /** Answers the exit code. @throws {CommandError} */
  run(input: CommandInput): Promise<number>;
}

/** The command was asked wrongly (`exitCode` 2) or can't be done (1); `message` says what to do. */
export class CommandError extends Error {
  constructor(message: string, readonly exitCode: 1 | 2 = 1) {
    super(message);
    this.name = "CommandError";
  }
}
