import { Icon } from "../../../shared-ui/icon.tsx";
import type { Desk, desks as desksAnswer } from "../../wire.ts";
import type { z } from "zod";
import { at } from "../api.ts";
import * as icons from "../icons.ts";
import { useLive } from "../live.ts";
import { Empty, Loaded, Page, Skeleton } from "../parts/page.tsx";
import { StatePill, StateText } from "../parts/state.tsx";
import { TestButton, TestFindings, useTest } from "../parts/test-run.tsx";
import { counted, deskName } from "../words.ts";

type Target = Desk["targets"][number];
const WHAT: Record<string, string> = { slack: "Slack app", discord: "Discord server", playground: "Built in, needs no account" };

/** What brings conversations here, in the order in which it is asked. */
function Routing({ target: { inboxes, rules } }: { target: Target }) {
  if (rules.length + inboxes.length === 0) return <span class="quiet">Nothing leads here; conversations come by /transfer alone</span>;
  return (
    <ul class="routing">
      {rules.map(({ place, when, moves }) => <li key={place}><span class="quiet">Rule {place}</span> <code>{when}</code>{moves && <span class="quiet"> moves threads here too</span>}</li>)}
      {inboxes.length > 0 && <li><span class="quiet">{inboxes.length === 1 ? "Inbox" : "Inboxes"}</span> {inboxes.join(", ")}</li>}
    </ul>
  );
}

function DeskCard({ desk }: { desk: Desk }) {
  const { run, begin } = useTest(`${at("desks", desk.id)}/test`);
  const name = deskName(desk.kind);
  return (
    <article class="card" aria-label={name}>
      <header class="card-head">
        <span class="card-icon"><Icon svg={desk.kind === "playground" ? icons.playground : icons.hash} large /></span>
        <div class="card-title"><h2>{name}</h2><p class="quiet">{WHAT[desk.kind] ?? "Desk"}{desk.kind !== "playground" && <> <code>{desk.identity}</code></>}</p></div>
        <StatePill state={desk.state} />
        {desk.testable && <TestButton what={name} run={run} begin={begin} />}
      </header>
      <StateText state={desk.state} />
      <TestFindings what={name} run={run} />
      <div class="table-wrap">
        <table>
          <thead><tr><th scope="col">Desk</th><th scope="col">Channel</th><th scope="col">What is opened here</th></tr></thead>
          <tbody>{desk.targets.map((target) => <tr key={target.id}><th scope="row">{target.name}</th><td data-label="Channel">{target.channel}</td><td data-label="What is opened here"><Routing target={target} /></td></tr>)}</tbody>
        </table>
      </div>
    </article>
  );
}

export function DesksPage() {
  const shown = useLive<z.infer<typeof desksAnswer>>("/desks");
  return (
    <Page title="Desks" about="Where the team works: each conversation is a thread in one of these channels.">
      <Loaded shown={shown} skeleton={<Skeleton rows={2} tall />}>
        {({ desks, rules }) => desks.length === 0
          ? <Empty icon={icons.desks} title="There is no desk yet">Nobody can answer until there is one. Add Slack, Discord or the playground under <code>desks</code> in threadline.yaml, then run <code>npx threadline apply</code>.</Empty>
          : (
            <>
              {desks.map((desk) => <DeskCard key={desk.id} desk={desk} />)}
              <p class="foot-note">{rules === 0 ? "No routing rules: each inbox’s conversations go to its own desk." : `${counted(rules, "routing rule")}, asked in order; when none holds, a conversation goes to its inbox’s desk.`} Desks and rules are set in threadline.yaml.</p>
            </>
          )}
      </Loaded>
    </Page>
  );
}
