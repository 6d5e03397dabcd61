import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { Avatar } from "../../../shared-ui/avatar.tsx";
import { Icon } from "../../../shared-ui/icon.tsx";
import type { Notice, Post, Thread } from "./api.ts";
import { Card } from "./card.tsx";
import { Composer } from "./composer.tsx";
import type { Desk, DeskState } from "./desk.ts";
import * as icons from "./icons.ts";
import { current, NoticeCard } from "./notice.tsx";
import { PostRow } from "./post.tsx";
import { StatusIcon } from "./thread-list.tsx";

/** Posts of one author within this many milliseconds stand under one name. */
const TOGETHER_MS = 4 * 60_000;
/** This near to its end, a thread follows what comes. Pixels. */
const NEAR_END = 120;

type Line = { key: string; at: number; post: Post; follows: boolean } | { key: string; at: number; notice: Notice };

function linesOf(posts: Post[], notices: Notice[]): Line[] {
  const lines: Line[] = posts.map((post, n) => {
    const before = posts[n - 1];
    const follows = before !== undefined && before.author.name === post.author.name && before.kind === post.kind && post.kind !== "activity" && post.kind !== "system"
      && Date.parse(post.at) - Date.parse(before.at) < TOGETHER_MS && before.inside === post.inside && !before.deleted && post.inside !== "note";
    return { key: post.id, at: Date.parse(post.at), post, follows };
  });
  // a notice stands after the last post that is older than it
  for (const notice of notices) {
    const at = Date.parse(notice.at);
    const place = lines.findLastIndex((line) => line.at <= at) + 1;
    lines.splice(place, 0, { key: notice.id, at, notice });
  }
  return lines;
}

function Nothing({ state }: { state: DeskState }) {
  return (
    <section class="thread thread-none">
      <div class="empty">
        <Icon svg={icons.inbox} large />
        <p><b>{(state.threads ?? []).length === 0 ? "The desk is ready" : "No thread is open"}</b></p>
        <p>{(state.threads ?? []).length === 0 ? "Answers are written here, and sent from here. Start as the customer: the chat is in the corner of the site." : "Choose a conversation to read and answer it."}</p>
        <p class="quiet wide-only"><kbd>J</kbd> <kbd>K</kbd> go through the list, <kbd>?</kbd> shows all keys.</p>
      </div>
    </section>
  );
}

/** One thread: its card, its posts, what is said to this person alone, and the place to write. */
export function ThreadView({ desk, state, thread, inputRef }: { desk: Desk; state: DeskState; thread: Thread | undefined; inputRef: RefObject<HTMLTextAreaElement> }) {
  const scroller = useRef<HTMLDivElement>(null);
  const follow = useRef(true);
  const notices = current(state.notices).filter((notice) => notice.threadId === thread?.id);
  const newest = `${state.posts?.at(-1)?.id ?? ""} ${state.posts?.at(-1)?.receipt ?? ""} ${notices.at(-1)?.id ?? ""} ${state.typing.length}`;
  useLayoutEffect(() => {
    const box = scroller.current;
    if (box !== null && follow.current) box.scrollTop = box.scrollHeight;
  }, [newest]);
  useEffect(() => {
    const box = scroller.current;
    if (box === null) return;
    // a phone's keyboard makes it smaller, a picture that arrives makes it longer
    const stay = () => { if (follow.current) box.scrollTop = box.scrollHeight; };
    const watch = new ResizeObserver(stay);
    watch.observe(box);
    box.addEventListener("load", stay, true);
    return () => watch.disconnect();
  }, [thread?.id]);
  useEffect(() => { if (matchMedia("(min-width: 900px)").matches) inputRef.current?.focus({ preventScroll: true }); }, [thread?.id]);
  if (thread === undefined) return <Nothing state={state} />;
  const typing = state.typing.filter((one) => one.threadId === thread.id).map((one) => one.name);

  return (
    <section class="thread" aria-label={`Thread of conversation ${thread.conversationNumber}`}>
      <header class="side-head thread-head">
        <button type="button" class="icon-button narrow-only" aria-label="Back to the conversations" onClick={() => desk.open(null)}><Icon svg={icons.back} /></button>
        <StatusIcon status={thread.status} /><h2><span class="quiet">#{thread.conversationNumber}</span> {thread.title}</h2>
        <div class="thread-acts">
          {thread.assignee !== null && <span class="owner" title={`${thread.assignee} owns this conversation`}><Avatar name={thread.assignee} src={state.agents.find((agent) => agent.name === thread.assignee)?.avatar} size={20} /><span class="wide-only">{thread.assignee}</span></span>}
          {thread.buttons.filter((button) => button.style === "main" || (button.id === "take" && thread.assignee === null)).map((button) => <button key={button.id} type="button" class="button" onClick={() => void desk.act(thread.id, button.id)}>{button.label}</button>)}
        </div>
      </header>
      <div
        class="posts" ref={scroller} role="log" aria-live="polite" aria-label="Messages"
        onScroll={(event) => { const box = event.currentTarget; follow.current = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END; }}
      >
        <Card desk={desk} thread={thread} />
        {thread.retired && <p class="retired"><Icon svg={icons.trouble} />This thread was replaced by a newer one. What is written here stays a note.</p>}
        {state.posts === null
          ? <div class="posts-skeleton" aria-hidden="true">{[48, 72, 36].map((width) => <div key={width}><span class="tl-skeleton" style={{ width: "28px", height: "28px" }} /><span class="tl-skeleton" style={{ width: `${width}%`, height: "32px" }} /></div>)}</div>
          : linesOf(state.posts, notices).map((line) => ("post" in line
            ? <PostRow key={line.key} desk={desk} me={state.me} thread={thread} post={line.post} follows={line.follows} />
            : <NoticeCard key={line.key} desk={desk} notice={line.notice} />))}
        <p class="typing" role="status">{typing.length > 0 && <><span class="dots" aria-hidden="true"><i /><i /><i /></span>{typing.join(", ")} {typing.length === 1 ? "is" : "are"} typing</>}</p>
      </div>
      <Composer desk={desk} state={state} thread={thread} inputRef={inputRef} />
    </section>
  );
}
