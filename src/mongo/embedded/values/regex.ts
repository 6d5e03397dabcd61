import { readFileSync } from "node:fs";
import { createContext, Script } from "node:vm";
import { locationError } from "./errors.ts";
import { translateRegex } from "./regex-syntax.ts";

/** A regular expression as it stands in a query. */
export interface RegexSpec {
  readonly pattern: string;
  readonly options: string;
}

/** Time one try of a guarded match may take, in milliseconds. There are more of them for a thread that the machine did not let run. */
const TRY_MS = 8;
const MOST_TRIES = 8;
/** What the guarded matches of one slice of work may take, in milliseconds of this thread's time: a document may hold many texts. */
const LIMIT_MS = 16;
/** A guarded match starts in about this time. */
const START_MS = 0.5;
/** Matches that may take more steps than this meet the guard: some ten milliseconds. */
const MANY_STEPS = 1e7;

/** Subjects up to this length are never worth the guard (150 µs a call). */
const SHORT_SUBJECT = 15;

const OPTIONS = /^[imsxu]*$/;
const sandbox = createContext(Object.create(null) as { regex: RegExp; text: string });
const matchInSandbox = new Script("regex.test(text)");
const searchInSandbox = new Script("regex.exec(text)");

/** A matcher of MongoDB's PCRE syntax over JS strings. Patterns that may backtrack without end run under a time limit.
 *  @throws StoreError 51091 or 51108 for a faulty pattern or option, 238 for syntax that is not supported, 51156 (when run) past the limit.
 *  Syntax: mongodb.com/docs/manual/reference/operator/query/regex/ */
export function compileRegex(spec: RegexSpec): (text: string) => boolean {
  const { regex, risky } = compiled(spec, "");
  return (text) => (risky(text) ? guarded(matchInSandbox, regex, text) as boolean : regex.test(text));
}

/** Finds the first match at or after `from` (UTF-16 units), with its groups. @throws StoreError as `compileRegex`. */
export function compileSearch(spec: RegexSpec): (text: string, from: number) => RegExpExecArray | null {
  const { regex, risky } = compiled(spec, "g");
  return (text, from) => {
    regex.lastIndex = from;
    return risky(text) ? guarded(searchInSandbox, regex, text) as RegExpExecArray | null : regex.exec(text);
  };
}

function compiled({ pattern, options }: RegexSpec, extraFlags: string): { regex: RegExp; risky: (text: string) => boolean } {
  if (!OPTIONS.test(options)) throw locationError(51108, `invalid flag in regex options: ${options}`);
  const { source, flags, nested, repeats, choices } = translateRegex(pattern, options);
  try {
    const regex = new RegExp(source, flags + extraFlags);
    return { regex, risky: (text) => text.length > SHORT_SUBJECT && (nested || text.length ** (repeats + 1) * 2 ** Math.min(choices, text.length) > MANY_STEPS) };
  } catch {
    throw locationError(51091, `Regular expression is invalid: ${pattern}`);
  }
}

let spentMs = 0;

/** Milliseconds that guarded matches took in this slice: whoever works in slices looks at the clock then. */
export const matchingMs = (): number => spentMs;

/** A new slice begins. */
export function restMatching(): void {
  spentMs = 0;
}

/** Milliseconds that this thread has worked; where the system does not tell, the time of day. Source: docs.kernel.org/scheduler/sched-stats.html */
function workedMs(): number {
  try {
    return Number(readFileSync("/proc/thread-self/schedstat", "latin1").split(" ")[0]) / 1e6;
  } catch {
    return performance.now();
  }
}

function spend(ms: number): void {
  if (ms < START_MS) return;
  if (spentMs === 0) setImmediate(restMatching);
  spentMs += ms;
}

const OVER = Symbol("over");

function guarded(script: Script, regex: RegExp, text: string): unknown {
  const from = regex.lastIndex;
  for (let tries = 0; tries < MOST_TRIES && matchingMs() < LIMIT_MS; tries++) {
    regex.lastIndex = from;
    const found = attempt(script, regex, text);
    if (found !== OVER) return found;
  }
  throw locationError(51156, `The regular expression took longer than ${LIMIT_MS} ms on one document; simplify it (repeats within repeats are the usual cause).`);
}

function attempt(script: Script, regex: RegExp, text: string): unknown {
  const before = workedMs();
  sandbox["regex"] = regex;
  sandbox["text"] = text;
  try {
    return script.runInContext(sandbox, { timeout: TRY_MS });
  } catch {
    return OVER;
  } finally {
    sandbox["text"] = "";
    spend(workedMs() - before);
  }
}

/** The literal text that every match must begin with, for index bounds; undefined when there is none. */
export function regexPrefix({ pattern, options }: RegexSpec): string | undefined {
  if (/[imx]/.test(options) || !pattern.startsWith("^") || pattern.includes("|")) return undefined;
  let prefix = "";
  for (let i = 1; i < pattern.length; i++) {
    let c = String.fromCodePoint(pattern.codePointAt(i)!);
    if (c === "\\") {
      c = pattern[i + 1] ?? "";
      if (!/[^\w\s]/.test(c)) break;
      i++;
    } else if (/[.*+?()[\]{}^$]/.test(c)) break;
    else i += c.length - 1;
    const next = pattern[i + 1];
    if (next === "*" || next === "?" || next === "{") break;
    prefix += c;
    if (next === "+") break;
  }
  return prefix === "" ? undefined : prefix;
}
