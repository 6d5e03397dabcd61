import { Icon } from "../../../shared-ui/icon.tsx";
import { RelativeTime } from "../../../shared-ui/relative-time.tsx";
import { exactTime } from "../../../shared-ui/time.ts";
import type { Fact, Thread } from "./api.ts";
import type { Desk } from "./desk.ts";
import * as icons from "./icons.ts";
import { StatusIcon } from "./thread-list.tsx";

/** How the card marks that its last line is a note. */
const NOTE = "🔒 ";

function Value({ fact, thread }: { fact: Fact; thread: Thread }) {
  if (fact.label === "Status") return <><StatusIcon status={thread.status} />{fact.value}</>;
  if (fact.label === "Waiting since" && fact.at !== undefined) return <span class="waiting"><Icon svg={icons.clock} /><RelativeTime at={fact.at} suffix="ago" /></span>;
  if (fact.at !== undefined) return <time dateTime={fact.at} title={exactTime(Date.parse(fact.at))}>{new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short", hour: "numeric", minute: "2-digit" }).format(Date.parse(fact.at))}</time>;
  if (fact.label === "Labels") return <>{fact.value.split(", ").map((label) => <span key={label} class="label">{label}</span>)}</>;
  return <>{fact.value}</>;
}

/** The thread's first post: what is true of the conversation now, and what may be done with it. */
export function Card({ desk, thread }: { desk: Desk; thread: Thread }) {
  return (
    <article class="card" data-status={thread.status} aria-label="Card of the conversation">
      <h3><span class="quiet">#{thread.conversationNumber}</span> {thread.title}</h3>
      <dl>{thread.facts.map((fact) => <div key={fact.label}><dt>{fact.label}</dt><dd><Value fact={fact} thread={thread} /></dd></div>)}</dl>
      {thread.lastLine !== null && <p class="card-last" title={thread.lastLine}>{thread.lastLine.startsWith(NOTE) && <Icon svg={icons.lock} label="Note" />}{thread.lastLine.replace(NOTE, "")}</p>}
      <div class="buttons">{thread.buttons.map((button) => <button key={button.id} type="button" class="button" data-main={button.style === "main"} onClick={() => void desk.act(thread.id, button.id)}>{button.label}</button>)}</div>
    </article>
  );
}
