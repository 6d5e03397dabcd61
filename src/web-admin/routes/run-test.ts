/** *Test*: the answers go out line by line as they are known, the last line says that it is over. */
import { PassThrough, type Readable } from "node:stream";
import { UserError } from "../../core/errors.ts";
import type { TestLine } from "../wire.ts";
import type { Incoming, LookAt } from "./call.ts";

/** What is looked at now; a vendor is not asked twice at once for the same. */
const running = new Set<string>();
const MOST_AT_ONCE = 4;

/** @throws {UserError} TOO_MANY while the same, or many others, are looked at */
export function runTest<T>({ parts, reply }: Pick<Incoming, "parts" | "reply">, name: string, subject: T, look: LookAt<T>): Readable {
  const key = `${parts.core.holder}/${name}`;
  if (running.has(key) || running.size >= MOST_AT_ONCE) {
    reply.header("retry-after", "5");
    throw new UserError("TOO_MANY", running.has(key) ? "This is being tested already. Wait until that test is over." : "Several tests are running. Wait until one of them is over.");
  }
  running.add(key);
  const lines = new PassThrough();
  const write = (line: TestLine) => { if (!lines.destroyed) lines.write(`${JSON.stringify(line)}\n`); };
  void look(subject, write)
    .catch((error: unknown) => {
      parts.core.log.error({ err: error, test: name }, "A test broke off.");
      write({ state: "fail", text: "The test itself broke off; the server's log says why. Nothing was changed." });
    })
    .finally(() => {
      running.delete(key);
      write({ end: true });
      lines.end();
    });
  return lines;
}
