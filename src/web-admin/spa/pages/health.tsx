import { useState } from "preact/hooks";
import { Icon } from "../../../shared-ui/icon.tsx";
import { RelativeTime } from "../../../shared-ui/relative-time.tsx";
import { exactTime } from "../../../shared-ui/time.ts";
import type { Health } from "../../wire.ts";
import { act, CallError } from "../api.ts";
import * as icons from "../icons.ts";
import { useLive } from "../live.ts";
import { Loaded, Page, Skeleton } from "../parts/page.tsx";
import { LevelIcon } from "../parts/state.tsx";
import { bytes, counted } from "../words.ts";

const LANES: Record<Health["lanes"][number]["id"], string> = { mirror: "Customers’ lines to threads", delivery: "Replies to customers", intake: "Lines from threads" };
const JOBS: Record<string, string> = { snooze: "Wake what was snoozed", window: "Say on cards that free replies are over" };
const PARKED: Record<string, string> = { "fetch-files": "Fetch a customer’s file", "fetch-desk-files": "Fetch an agent’s file" };

function Banner({ health: { fault, paused, troubles, parked, lanes } }: { health: Health }) {
  const stuck = lanes.filter(({ lastError }) => lastError !== null).length;
  const faults = troubles.length + parked.length + stuck;
  if (fault !== null) return <div class="note" data-level="fail" role="alert"><Icon svg={icons.fail} /><div><b>Nothing is worked on</b><p>{fault} What comes in is stored; look at the server’s log.</p></div></div>;
  if (paused) return <div class="note" data-level="warn"><Icon svg={icons.warn} /><div><b>Delivery is paused</b><p>Nothing goes to customers; replies wait here. An administrator resumes it with <code>/delivery resume</code> on the desk, or <code>npx threadline delivery resume</code>.</p></div></div>;
  if (faults > 0) return <div class="note" data-level="warn"><Icon svg={icons.warn} /><div><b>{counted(faults, "thing needs", "things need")} attention</b><p>Each is said below, with what mends it. Everything else goes on.</p></div></div>;
  return <div class="note" data-level="ok"><Icon svg={icons.ok} /><div><b>Everything gets through</b><p>Lines from customers, lines from desks and replies are worked on as they come.</p></div></div>;
}

function Lanes({ lanes }: Pick<Health, "lanes">) {
  return (
    <section class="card table-wrap" aria-labelledby="lanes">
      <h2 id="lanes" class="section-title">On the way</h2>
      <table>
        <thead><tr><th scope="col">What</th><th scope="col" class="figure-cell">Waits</th><th scope="col">Oldest</th><th scope="col">Last trouble</th></tr></thead>
        <tbody>
          {lanes.map(({ id, queued, oldestAt, lastError }) => (
            <tr key={id}><th scope="row">{LANES[id]}</th><td class="figure-cell" data-label="Waits">{queued}</td><td data-label="Oldest">{oldestAt === null ? <span class="quiet">–</span> : <RelativeTime at={oldestAt} suffix="ago" />}</td><td data-label="Last trouble">{lastError ?? <span class="quiet">None</span>}</td></tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Parked({ parked, again }: Pick<Health, "parked"> & { again: () => void }) {
  const [said, setSaid] = useState<string | null>(null);
  const retry = async () => {
    try {
      const { retried } = await act<{ retried: number }>("POST", "/health/retry");
      setSaid(retried === 0 ? "There was nothing to try again." : `${counted(retried, "task is", "tasks are")} tried again.`);
    } catch (error) { if (error instanceof CallError) setSaid(error.message); else throw error; }
    again();
  };
  return (
    <section class="card" aria-labelledby="parked">
      <h2 id="parked" class="section-title">Given up after many tries {parked.length > 0 && <button type="button" class="button" onClick={() => void retry()}><Icon svg={icons.retry} />Retry all</button>}</h2>
      {said !== null && <p class="state-text" role="status">{said}</p>}
      <ul class="rows">
        {parked.map(({ what, error, at }, i) => <li key={i} class="row row-text"><LevelIcon level="warn" label="Given up" /><span><b>{PARKED[what] ?? what}</b> <span class="quiet"><RelativeTime at={at} suffix="ago" /></span><br />{error}</span></li>)}
        {parked.length === 0 && <li class="row row-text"><LevelIcon level="ok" label="Fine" /><span>Nothing was given up.</span></li>}
      </ul>
    </section>
  );
}

function Details({ health: { jobs, store, version, node, startedAt } }: { health: Health }) {
  const facts: [string, preact.ComponentChildren][] = [
    ["Threadline", version], ["Node.js", node], ["Running since", <span key="since" title={exactTime(Date.parse(startedAt))}><RelativeTime at={startedAt} suffix="ago" /></span>],
    ["Store", store.kind === "embedded" ? "embedded" : "MongoDB"], ["Stored", store.bytes === null ? "the database does not say" : bytes(store.bytes)],
  ];
  return (
    <div class="columns">
      <section class="card" aria-labelledby="jobs">
        <h2 id="jobs" class="section-title">Jobs</h2>
        <ul class="rows">
          {jobs.map(({ name, every, lastAt, nextAt }) => (
            <li key={name} class="row"><span class="row-main"><b>{JOBS[name] ?? name}</b><small>when due, and every {every}</small></span><span class="row-side"><small>{lastAt === null ? "not yet run" : <>ran <RelativeTime at={lastAt} suffix="ago" /></>}</small><small>{nextAt === null ? "" : `next ${new Date(nextAt).toLocaleTimeString()}`}</small></span></li>
          ))}
          {jobs.length === 0 && <li class="row row-text"><LevelIcon level="warn" label="Attention" /><span>No job runs in this process. When no other process runs them, start Threadline again.</span></li>}
        </ul>
      </section>
      <section class="card" aria-labelledby="versions">
        <h2 id="versions" class="section-title">Store and versions</h2>
        <dl class="facts">{facts.map(([label, value]) => <div key={label}><dt>{label}</dt><dd>{value}</dd></div>)}</dl>
      </section>
    </div>
  );
}

export function HealthPage() {
  const shown = useLive<Health>("/health");
  return (
    <Page title="Health" about="Whether messages get through, and what stands in the way.">
      <Loaded shown={shown} skeleton={<><Skeleton rows={1} tall /><Skeleton rows={3} /></>}>
        {(health) => (
          <>
            <Banner health={health} />
            {health.troubles.length > 0 && (
              <section class="card" aria-labelledby="troubles">
                <h2 id="troubles" class="section-title">Connections that don’t work</h2>
                <ul class="rows">{health.troubles.map(({ who, code, text, since }) => <li key={`${who}${code}`} class="row row-text"><LevelIcon level="fail" label="Not working" /><span><b>{who}</b> <span class="quiet">since <RelativeTime at={since} suffix="ago" /> · {code}</span><br />{text}</span></li>)}</ul>
              </section>
            )}
            <Lanes lanes={health.lanes} />
            <Parked parked={health.parked} again={shown.again} />
            <Details health={health} />
          </>
        )}
      </Loaded>
    </Page>
  );
}
