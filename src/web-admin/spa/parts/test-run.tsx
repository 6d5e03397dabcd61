import { useEffect, useState } from "preact/hooks";
import { Icon } from "../../../shared-ui/icon.tsx";
import { RelativeTime } from "../../../shared-ui/relative-time.tsx";
import { CallError, test } from "../api.ts";
import * as icons from "../icons.ts";
import { counted, sentence } from "../words.ts";
import { LevelIcon } from "./state.tsx";

interface Found { state: "ok" | "warn" | "fail"; text: string }
interface Run { lines: Found[]; running: boolean; problem: string | null; at: string }
/** Kept while the page is open: a test may be left and come back to. */
const runs = new Map<string, Run>();
const watchers = new Set<() => void>();

function set(path: string, run: Run): void {
  runs.set(path, run);
  for (const watcher of watchers) watcher();
}

async function start(path: string): Promise<void> {
  const at = new Date().toISOString();
  set(path, { lines: [], running: true, problem: null, at });
  let problem: string | null = null;
  try {
    await test(path, (line) => { if (!("end" in line)) set(path, { ...runs.get(path)!, lines: [...runs.get(path)!.lines, line] }); });
  } catch (error) {
    problem = error instanceof CallError ? error.message : "The answer could not be read. Test again.";
  }
  set(path, { ...runs.get(path)!, running: false, problem, at });
}

/** The run of a test, and how to begin one. */
export function useTest(path: string): { run: Run | undefined; begin: () => void } {
  const [, draw] = useState(0);
  useEffect(() => {
    const watcher = () => draw((n) => n + 1);
    watchers.add(watcher);
    return () => void watchers.delete(watcher);
  }, []);
  return { run: runs.get(path), begin: () => void start(path) };
}

export function TestButton({ what, run, begin }: { what: string; run: Run | undefined; begin: () => void }) {
  const running = run?.running === true;
  return <button type="button" class="button" aria-label={`Test ${what}`} disabled={running} onClick={begin}><span class={running ? "turning" : undefined}><Icon svg={running ? icons.busy : icons.test} /></span>{running ? "Testing…" : "Test"}</button>;
}

function verdict({ lines, running, problem }: Run): string {
  const of = (state: Found["state"]) => lines.filter((line) => line.state === state).length;
  const [missing, noted] = [of("fail"), of("warn")];
  const so = [...(missing > 0 ? [`${counted(missing, "thing")} to mend`] : []), ...(noted > 0 ? [counted(noted, "remark")] : []), `${of("ok")} fine`].join(", ");
  if (running) return lines.length === 0 ? "Asking…" : `Asking on… ${so}`;
  if (problem !== null) return "The test is not over";
  return missing + noted === 0 ? "Nothing is in the way" : so.charAt(0).toUpperCase() + so.slice(1);
}

const LABELS = { ok: "Fine", warn: "Remark", fail: "To mend" };

/** What was found, line by line as it comes. */
export function TestFindings({ what, run }: { what: string; run: Run | undefined }) {
  if (run === undefined) return null;
  return (
    <section class="findings" aria-label={`What the test of ${what} found`}>
      <h3><span aria-live="polite">{verdict(run)}</span>{!run.running && <span class="quiet"><RelativeTime at={run.at} suffix="ago" /></span>}</h3>
      <ul>
        {run.lines.map(({ state, text }, i) => <li key={i} data-state={state}><LevelIcon level={state} label={LABELS[state]} /><span>{sentence(text)}</span></li>)}
        {run.running && <li class="quiet"><span class="level turning"><Icon svg={icons.busy} /></span><span>Looking at the next thing</span></li>}
      </ul>
      {run.problem !== null && <p class="refusal" role="alert">{run.problem}</p>}
    </section>
  );
}
