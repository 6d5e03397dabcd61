import type { Inbox, inboxes as inboxesAnswer } from "../../wire.ts";
import type { z } from "zod";
import { at } from "../api.ts";
import * as icons from "../icons.ts";
import { useLive } from "../live.ts";
import { Copyable } from "../parts/copy.tsx";
import { Empty, Loaded, Page, Skeleton } from "../parts/page.tsx";
import { StatePill, StateText } from "../parts/state.tsx";
import { TestButton, TestFindings, useTest } from "../parts/test-run.tsx";
import { channelName } from "../words.ts";

/** What the vendor or the site knows it by. */
const KEY: Record<string, string> = { widget: "Key", telegram: "Bot", whatsapp: "Phone number ID", email: "Address", api: "Name of the key" };

function facts({ channel, key, desk, settings }: Inbox): [string, string][] {
  const { undoSeconds, doubleReplySeconds, noteFirst, reopenHours, takeOnReply } = settings;
  return [
    [KEY[channel] ?? "Identity", key], ["Desk", desk], ["A reply leaves", noteFirst ? "by /reply alone (note-first)" : undoSeconds === 0 ? "at once" : `after ${undoSeconds} s, cancellable until then`],
    ["Double replies", doubleReplySeconds === 0 ? "not held" : `held within ${doubleReplySeconds} s of a newer line`], ["Reopens", `within ${reopenHours} h after resolving`], ["First reply", takeOnReply ? "takes the conversation" : "leaves it in the queue"],
  ];
}

function InboxCard({ inbox }: { inbox: Inbox }) {
  const { run, begin } = useTest(`${at("inboxes", inbox.id)}/test`);
  return (
    <article class="card" aria-label={inbox.name}>
      <header class="card-head">
        <div class="card-title"><h2>{inbox.name}</h2><p class="quiet">{channelName(inbox.channel)}</p></div>
        <StatePill state={inbox.state} />
        {inbox.testable && <TestButton what={inbox.name} run={run} begin={begin} />}
      </header>
      {inbox.state.level !== "ok" && <StateText state={inbox.state} />}
      <TestFindings what={inbox.name} run={run} />
      <dl class="facts">{facts(inbox).map(([label, value]) => <div key={label}><dt>{label}</dt><dd>{value}</dd></div>)}</dl>
      {inbox.snippet !== null && (
        <section class="snippet">
          <h3>Put it on a site</h3>
          <p class="quiet">Paste this before <code>&lt;/body&gt;</code> on each page of a site that the inbox allows.</p>
          <Copyable text={inbox.snippet} what={`the snippet of ${inbox.name}`} />
        </section>
      )}
    </article>
  );
}

export function InboxesPage() {
  const shown = useLive<z.infer<typeof inboxesAnswer>>("/inboxes");
  return (
    <Page title="Inboxes" about="Where customers write. Each is one channel with its own desk and rules.">
      <Loaded shown={shown} skeleton={<Skeleton rows={2} tall />}>
        {({ inboxes }) => inboxes.length === 0
          ? <Empty icon={icons.inboxes} title="There is no inbox yet">No customer can write until there is one. Add one under <code>inboxes</code> in threadline.yaml, then run <code>npx threadline apply</code>.</Empty>
          : <>{inboxes.map((inbox) => <InboxCard key={inbox.id} inbox={inbox} />)}<p class="foot-note">Inboxes are set in threadline.yaml; <code>npx threadline apply</code> checks the file and applies it while the server runs.</p></>}
      </Loaded>
    </Page>
  );
}
