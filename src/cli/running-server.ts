/** The server that runs on this DATA_DIR, if any, and how a command asks it for something. */
import { z } from "zod";
import { readRunFile } from "../boot/run-file.ts";
import { CommandError } from "./command.ts";

const HEALTH_MS = 2_000;
const WORK_MS = 60_000;
const Refusal = z.object({ code: z.string(), message: z.string() });

export interface RunningServer { url: string; ask(path: string, body: object): Promise<unknown> }

/** Null when no server answers at the place that the run file names. */
export async function findRunningServer(dataDir: string): Promise<RunningServer | null> {
  const run = await readRunFile(dataDir);
  if (run === null) return null;
  try {
    await fetch(`${run.url}/healthz`, { signal: AbortSignal.timeout(HEALTH_MS) });
  } catch {
    return null;
  }
  return {
    url: run.url,
    async ask(path, body) {
      const answer = await fetch(run.url + path, {
        method: "POST", body: JSON.stringify(body), signal: AbortSignal.timeout(WORK_MS),
        headers: { "content-type": "application/json", authorization: `Bearer ${run.token}` },
      }).catch((error: Error) => { throw new CommandError(`The server at ${run.url} did not answer: ${error.message}. Look at its log and try again.`); });
      const content: unknown = await answer.json().catch(() => null);
      if (answer.ok) return content;
      const refusal = Refusal.safeParse(content);
      throw new CommandError(refusal.success ? refusal.data.message : `The server at ${run.url} answered ${answer.status}. Look at its log.`);
    },
  };
}
