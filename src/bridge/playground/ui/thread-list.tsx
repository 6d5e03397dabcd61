import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Avatar } from "../../../shared-ui/avatar.tsx";
import { Icon } from "../../../shared-ui/icon.tsx";
import { RelativeTime } from "../../../shared-ui/relative-time.tsx";
import type { Thread } from "./api.ts";
import { CommandLine } from "./composer.tsx";
import type { Desk, DeskState } from "./desk.ts";
import * as icons from "./icons.ts";
import { current, NoticeCard } from "./notice.tsx";
import { STATUS_WORDS } from "./words.ts";

const STATUS_ICONS = { open: icons.open, pending: icons.pending, snoozed: icons.snoozed, resolved: icons.resolved };

/** The mark of a status: its icon, and its word for whoever can't see it. */
export const StatusIcon = ({ status }: { status: Thread["status"] }) => <span class="status-icon" data-status={status} title={STATUS_WORDS[status]}><Icon svg={STATUS_ICONS[status]} label={STATUS_WORDS[status]} /></span>;

const factOf = (thread: Thread, label: string) => thread.facts.find((fact) => fact.label === label);

function Row({ thread, current, unread, face, open }: { thread: Thread; current: boolean; unread: boolean; face: string | undefined; open: () => void }) {
  const waiting = factOf(thread, "Waiting since")?.at;
  return (
    <li>
      <button type="button" class="row" aria-current={current ? "true" : undefined} data-unread={unread} data-quiet={thread.status === "resolved" || thread.retired} onClick={open}>
        <StatusIcon status={thread.status} />
        <span class="row-title">{thread.title}</span>
        <span class="row-time">{waiting === undefined ? <RelativeTime at={thread.lastMessageAt} /> : <span class="waiting" title="The customer waits for an answer"><Icon svg={icons.clock} label="Waiting" /><RelativeTime at={waiting} /></span>}</span>
        <span class="row-sub">#{thread.conversationNumber} · {factOf(thread, "Contact")?.value ?? thread.channel}{thread.retired && " · replaced"}</span>
        <span class="row-owner" title={thread.assignee === null ? "Nobody's yet" : `${thread.assignee}'s`}>{thread.assignee === null ? <span class="nobody" aria-label="Nobody's yet" /> : <Avatar name={thread.assignee} src={face} size={16} />}</span>
      </button>
    </li>
  );
}

const Skeleton = () => (
  <ul aria-hidden="true">{[70, 52, 61, 44].map((width) => <li key={width} class="row row-skeleton"><span class="tl-skeleton" style={{ width: "16px", height: "16px" }} /><span class="tl-skeleton" style={{ width: `${width}%`, height: "12px" }} /></li>)}</ul>
);

function Empty() {
  return (
    <div class="empty">
      <Icon svg={icons.inbox} large />
      <p><b>No conversations yet</b></p>
      <p>Each customer conversation becomes a thread here. Write something in the chat on the site to start the first one.</p>
    </div>
  );
}

/** Answers lie over the thread, so they fold away for whoever turns to it; the command line, or a new answer, brings them back. */
function useFolded(newest: string | undefined) {
  const foot = useRef<HTMLDivElement>(null);
  const [folded, setFolded] = useState(false);
  useEffect(() => setFolded(false), [newest]);
  useEffect(() => {
    const turn = (event: Event) => setFolded(!foot.current!.contains(event.target as Node));
    for (const kind of ["focusin", "pointerdown"]) document.addEventListener(kind, turn);
    return () => { for (const kind of ["focusin", "pointerdown"]) document.removeEventListener(kind, turn); };
  }, []);
  return { foot, folded };
}

/** All conversations, a line for commands beneath, and what those answered to this person alone. */
export function ThreadList({ desk, state, inputRef }: { desk: Desk; state: DeskState; inputRef: RefObject<HTMLTextAreaElement> }) {
  const { threads, trouble } = state;
  const answers = current(state.notices).filter((notice) => notice.threadId === null).toReversed();
  const { foot, folded } = useFolded(answers.at(-1)?.id);
  const open = (threads ?? []).filter((thread) => thread.status === "open").length;
  return (
    <aside class="list" aria-label="Conversations">
      <div class="side-head"><Icon svg={icons.inbox} /><b># {threads?.[0]?.channel ?? "support"}</b>{threads !== null && <span class="quiet">{open} open</span>}</div>
      {trouble !== null && (
        <div class="trouble" role="alert">
          <Icon svg={icons.trouble} /><div><p><b>The desk can't be shown</b></p><p>{trouble}</p><button type="button" class="button" onClick={() => void desk.reload()}>Try again</button></div>
        </div>
      )}
      <div class="list-rows">
        {threads === null ? trouble === null && <Skeleton /> : threads.length === 0 ? <Empty /> : (
          <ul>{threads.map((thread) => (
            <Row
              key={thread.id} thread={thread} current={thread.id === state.openId} unread={state.seen[thread.id] !== thread.lastMessageAt}
              face={state.agents.find((agent) => agent.name === thread.assignee)?.avatar} open={() => desk.open(thread.id)}
            />
          ))}</ul>
        )}
      </div>
      <div class="list-foot" ref={foot}>
        {answers.length > 0 && !folded && <div class="answers" role="region" aria-label="Answers to your commands">{answers.map((notice) => <NoticeCard key={notice.id} desk={desk} notice={notice} />)}</div>}
        <CommandLine desk={desk} state={state} inputRef={inputRef} />
      </div>
    </aside>
  );
}
