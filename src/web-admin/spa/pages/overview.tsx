import type { ComponentChildren } from "preact";
import { Icon } from "../../../shared-ui/icon.tsx";
import { RelativeTime } from "../../../shared-ui/relative-time.tsx";
import type { Overview } from "../../wire.ts";
import * as icons from "../icons.ts";
import { useLive } from "../live.ts";
import { Empty, Loaded, Page, Skeleton } from "../parts/page.tsx";
import { LevelIcon, StatePill } from "../parts/state.tsx";
import { addressOf, follow } from "../router.ts";
import { counted, deskName } from "../words.ts";

const number = new Intl.NumberFormat();

function Figure({ label, value, more = false, children }: { label: string; value: number; more?: boolean; children: ComponentChildren }) {
  return <div class="figure"><dt>{label}</dt><dd><b>{number.format(value)}{more && <span title="At least so many">+</span>}</b><span>{children}</span></dd></div>;
}

function Longest({ longest }: Pick<Overview, "longest">) {
  return (
    <section class="card" aria-labelledby="longest">
      <h2 id="longest" class="section-title">Waiting longest</h2>
      {longest.length === 0
        ? <Empty icon={icons.ok} title="Nobody waits">Every customer has an answer. Who writes next appears here.</Empty>
        : (
          <ol class="rows">
            {longest.map(({ number: no, title, contact, channel, owner, since, link }) => (
              <li key={no} class="row">
                <span class="row-main"><b>{link === null ? title : <a href={link} target="_blank" rel="noreferrer">{title}<Icon svg={icons.elsewhere} label="opens the thread" /></a>}</b><small>#{no} · {contact} · {channel}</small></span>
                <span class="row-side"><RelativeTime at={since} /><small>{owner ?? "Nobody’s"}</small></span>
              </li>
            ))}
          </ol>
        )}
    </section>
  );
}

function Desks({ desks }: Pick<Overview, "desks">) {
  return (
    <section class="card" aria-labelledby="desks">
      <h2 id="desks" class="section-title">Desks <a href={addressOf("desks")} onClick={follow("desks")}>All about them</a></h2>
      {desks.length === 0
        ? <Empty icon={icons.desks} title="There is no desk yet">Nobody can answer until there is one. Add one under <code>desks</code> in threadline.yaml.</Empty>
        : <ul class="rows">{desks.map(({ id, kind, channels, state }) => <li key={id} class="row"><span class="row-main"><b>{deskName(kind)}</b><small>{channels.length > 3 ? counted(channels.length, "channel") : channels.join(", ")}</small></span><StatePill state={state} /></li>)}</ul>}
    </section>
  );
}

export function OverviewPage() {
  const shown = useLive<Overview>("/overview");
  return (
    <Page title="Overview" about="What waits now, and whether everything gets through.">
      <Loaded shown={shown} skeleton={<><Skeleton rows={1} tall /><Skeleton rows={4} /></>}>
        {({ open, waiting, unassigned, snoozed, agents, inboxes, longest, desks, warnings }) => (
          <>
            <dl class="figures">
              <Figure label="Open" {...open}>{snoozed.value === 0 ? "none snoozed" : `${number.format(snoozed.value)}${snoozed.more ? "+" : ""} snoozed besides`}</Figure>
              <Figure label="Waiting" {...waiting}>{longest[0] === undefined ? "nobody waits" : <>the first came <RelativeTime at={longest[0].since} suffix="ago" /></>}</Figure>
              <Figure label="In the queue" {...unassigned}>open and nobody’s</Figure>
              <Figure label="Agents" value={agents.active}>{agents.linked === agents.active ? "all linked to the desk" : `${agents.linked === 0 ? "none" : agents.linked} linked yet`}</Figure>
            </dl>
            <section class="card" aria-labelledby="attention">
              <h2 id="attention" class="section-title">Needs attention <a href={addressOf("health")} onClick={follow("health")}>Health</a></h2>
              <ul class="rows">
                {warnings.map((text) => <li key={text} class="row row-text"><LevelIcon level="warn" label="Attention" /><span>{text}</span></li>)}
                {inboxes === 0 && <li class="row row-text"><LevelIcon level="warn" label="Attention" /><span>There is no inbox that is on, so no customer can write. Add one under <code>inboxes</code> in threadline.yaml.</span></li>}
                {warnings.length === 0 && inboxes > 0 && <li class="row row-text"><LevelIcon level="ok" label="Fine" /><span>Nothing. Lines from customers and replies to them get through.</span></li>}
              </ul>
            </section>
            <div class="columns"><Longest longest={longest} /><Desks desks={desks} /></div>
          </>
        )}
      </Loaded>
    </Page>
  );
}
