/** The log: JSON lines (plain lines on a terminal), without secrets and without what customers wrote. */
import { Writable } from "node:stream";
import { pino, stdTimeFunctions } from "pino";
import type { Logger as PinoLogger } from "pino";
import type { LogLevel } from "./config.ts";

const HIDDEN = "[hidden]";
const SECRET_NAMES = ["token", "secret", "secrets", "password", "secretKey", "authorization", "cookie", "link", "hash"];
const CUSTOMER_NAMES = ["body", "text", "email", "phone", "address", "fileName", "keyValue"];
const names = [...SECRET_NAMES, ...CUSTOMER_NAMES];
const redact = { paths: names.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: HIDDEN };

/** Takes credentials and duplicate keys' values out of a text that a library wrote. */
export const scrub = (text: string): string =>
  text
    .replace(/dup key: \{.*/s, `dup key: ${HIDDEN}`)
    .replace(/(mongodb(?:\+srv)?:\/\/)[^@/\s]+@/g, `$1${HIDDEN}@`)
    .replace(/\bbot\d+:[\w-]+/g, `bot${HIDDEN}`)
    .replace(/\b(Bearer|Bot|Basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${HIDDEN}`)
    .replace(/\bxox[a-z]-[\w-]+/g, HIDDEN);

interface LoggedError { type: string; code?: unknown; message: string; stack?: string; cause?: LoggedError }

/** Errors as they may be logged: no values that came from outside beside a scrubbed message. */
export function describeError(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: scrub(String(error)) };
  const code = (error as { code?: unknown }).code;
  const frames = error.stack?.split("\n").filter((line) => /^\s+at /.test(line)).join("\n");
  return {
    type: error.name,
    ...(code === undefined ? {} : { code }),
    message: scrub(error.message),
    ...(frames === undefined ? {} : { stack: frames }),
    ...(error.cause === undefined || depth >= 3 ? {} : { cause: describeError(error.cause, depth + 1) }),
  };
}

const LEVEL_WORDS: Record<number, string> = { 10: "trace", 20: "debug", 30: "info ", 40: "warn ", 50: "ERROR", 60: "FATAL" };

/** One plain line for a terminal: time, level, words, then what else is known. */
export function plainLine(json: string): string {
  const { time, level, msg, pid: _pid, hostname: _hostname, err, ...rest } = JSON.parse(json) as { time: string; level: number; msg?: string; err?: LoggedError } & Record<string, unknown>;
  const facts = Object.entries(rest).map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`).join(" ");
  const cause = err === undefined ? "" : `\n  ${err.message}${err.stack === undefined ? "" : `\n${err.stack}`}`;
  return `${time.slice(11, 19)} ${LEVEL_WORDS[level] ?? level} ${msg ?? ""}${facts === "" ? "" : `  ${facts}`}${cause}\n`;
}

/** Logs to standard error, so that what a command prints stays its own. `to` takes the lines instead (tests). */
export function createLog(level: LogLevel, to?: { write(line: string): void }): PinoLogger {
  const terminal = process.stderr.isTTY
    ? new Writable({ write(chunk: Buffer, _encoding, done) { process.stderr.write(plainLine(chunk.toString("utf8")), () => done()); } })
    : process.stderr;
  return pino({ level, base: null, timestamp: stdTimeFunctions.isoTime, redact, serializers: { err: describeError, error: describeError } }, to ?? terminal);
}
