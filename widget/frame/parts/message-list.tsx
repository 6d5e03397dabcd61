import arrowDown from "lucide-static/icons/arrow-down.svg";
import message from "lucide-static/icons/messages-square.svg";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { WireMessage } from "../../../src/channels/widget/wire.ts";
import { Icon } from "../../../src/shared-ui/icon.tsx";
import type { Api } from "../api.ts";
import type { Chat, ChatState } from "../chat.ts";
import { dayInWords, dayKey } from "../days.ts";
import { expectedWords } from "../expect.ts";
import { words } from "../words.ts";
import { Line, PendingLine } from "./line.tsx";
import { Typing } from "./typing.tsx";

const RUN_MS = 5 * 60_000;
/** This near to the end counts as reading the end. */
const NEAR_PX = 80;

/** The conversation: stays at its end while the reader is there, and where they are when they scrolled up. */
export function MessageList({ chat, api, state, shown, onRead }: { chat: Chat; api: Api; state: ChatState; shown: boolean; onRead: () => void }) {
  const log = useRef<HTMLDivElement>(null);
  const [atEnd, setAtEnd] = useState(true);
  const heightBefore = useRef<number | null>(null);
  const { lines, pending } = state;
  const files = { api, token: chat.token() };

  useLayoutEffect(() => {
    const box = log.current;
    if (box === null) return;
    if (heightBefore.current !== null && !state.loadingOlder) {
      box.scrollTop += box.scrollHeight - heightBefore.current;
      heightBefore.current = null;
    } else if (atEnd) box.scrollTop = box.scrollHeight;
  }, [lines, pending, state.typing, state.loadingOlder, shown, atEnd]);
  useLayoutEffect(() => { if (pending.length > 0) setAtEnd(true); }, [pending.length]);
  useEffect(() => {
    const box = log.current?.firstElementChild;
    if (box === null || box === undefined || !atEnd) return;
    // pictures grow after their line was drawn
    const watch = new ResizeObserver(() => { if (log.current !== null) log.current.scrollTop = log.current.scrollHeight; });
    watch.observe(box);
    return () => watch.disconnect();
  }, [atEnd]);
  useEffect(() => {
    const look = () => { if (shown && atEnd && state.unread > 0 && state.connected && document.visibilityState === "visible") onRead(); };
    look();
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, [shown, atEnd, state.unread, state.connected, onRead]);

  const expected = state.team === null ? null : expectedWords(state.team, Date.now());
  if (lines.length === 0 && pending.length === 0) {
    return (
      <div class="blank">
        <span class="blank-icon"><Icon svg={message} large /></span>
        <h2>{words.emptyTitle}</h2>
        <p>{words.emptyText}</p>
        {expected !== null && <p class="expected">{expected}</p>}
      </div>
    );
  }
  const chosen = pressed(lines, pending);
  const lastMine = lines.findLast((line) => line.kind === "incoming");
  return (
    <div class="log-place">
      <div
        ref={log} class="log" role="log" aria-live="polite" aria-relevant="additions text" aria-label={words.log} tabIndex={0}
        onScroll={(event) => {
          const box = event.currentTarget;
          setAtEnd(box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_PX);
        }}
      >
        <ol class="lines">
          {state.hasOlder && (
            <li class="older">
              <button
                type="button" class="plain-button" disabled={state.loadingOlder}
                onClick={() => { heightBefore.current = log.current?.scrollHeight ?? null; setAtEnd(false); void chat.loadOlder(); }}
              >{state.loadingOlder ? words.loadingOlder : words.loadOlder}</button>
            </li>
          )}
          {lines.flatMap((line, i) => [
            ...(startsDay(lines[i - 1], line) ? [<li key={`day-${line.id}`} class="day"><span>{dayInWords(Date.parse(line.createdAt), Date.now())}</span></li>] : []),
            <Line key={line.id} line={line} place={{ first: !sameRun(lines[i - 1], line), last: !sameRun(line, lines[i + 1]) }} showReceipt={line === lastMine} chosen={chosen.get(line.id)} onPress={(choice) => chat.press(line, choice)} {...files} />,
          ])}
          {pending.map((line) => <PendingLine key={line.clientId} line={line} onRetry={() => chat.retry(line.clientId)} onDiscard={() => chat.discard(line.clientId)} {...files} />)}
        </ol>
        {state.typing !== null && <Typing name={state.typing} />}
      </div>
      {!atEnd && (
        <button type="button" class="to-end" onClick={() => setAtEnd(true)}>
          <Icon svg={arrowDown} />{state.unread > 0 && words.newMessages(state.unread)}
          {state.unread === 0 && <span class="tl-visually-hidden">{words.toEnd}</span>}
        </button>
      )}
    </div>
  );
}

/** Which choice of a line was pressed last; one that is on its way counts. */
function pressed(lines: readonly WireMessage[], pending: ChatState["pending"]): Map<string, string> {
  const presses = [...lines.map((line) => line.chosen), ...pending.filter((line) => line.state !== "failed").map((line) => line.choice)];
  return new Map(presses.flatMap((press) => (press === undefined ? [] : [[press.messageId, press.id] as const])));
}

const startsDay = (before: WireMessage | undefined, line: WireMessage) => before === undefined || dayKey(Date.parse(before.createdAt)) !== dayKey(Date.parse(line.createdAt));

const sameRun = (a: WireMessage | undefined, b: WireMessage | undefined): boolean =>
  a !== undefined && b !== undefined && a.kind === b.kind && a.author.name === b.author.name && !startsDay(a, b) && Date.parse(b.createdAt) - Date.parse(a.createdAt) < RUN_MS;
