import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Api } from "../api.ts";
import type { Chat } from "../chat.ts";
import { words } from "../words.ts";
import { Composer } from "./composer.tsx";
import { Failure } from "./failure.tsx";
import { Header } from "./header.tsx";
import { LoadingLines } from "./loading-lines.tsx";
import { MessageList } from "./message-list.tsx";
import { StatusBanner } from "./status-banner.tsx";
import { useUploads } from "./use-uploads.ts";

export interface Visibility { now(): boolean; subscribe(listener: (shown: boolean) => void): () => void }

/** How often it is asked who is there, while the chat is looked at. */
const TEAM_MS = 60_000;

/** The chat. `onClose` is there when a host page can hide it. */
export function App({ chat, api, visibility, onClose }: { chat: Chat; api: Api; visibility: Visibility; onClose?: () => void }) {
  const [state, setState] = useState(chat.state);
  const [shown, setShown] = useState(visibility.now);
  const [dropping, setDropping] = useState(false);
  const input = useRef<HTMLTextAreaElement>(null);
  const uploads = useUploads(chat, api);

  useEffect(() => { setState(chat.state()); return chat.subscribe(() => setState(chat.state())); }, [chat]);
  useEffect(() => { setShown(visibility.now()); return visibility.subscribe(setShown); }, [visibility]);
  useEffect(() => {
    // a phone's keyboard would cover what the visitor came to read
    if (shown && state.phase === "ready" && matchMedia("(pointer: fine)").matches) input.current?.focus();
  }, [shown, state.phase]);
  useEffect(() => {
    if (!shown || state.phase !== "ready") return;
    void chat.lookAtTeam();
    const timer = setInterval(() => void chat.lookAtTeam(), TEAM_MS);
    return () => clearInterval(timer);
  }, [chat, shown, state.phase]);
  useEffect(() => {
    if (onClose === undefined) return;
    const onKey = (event: KeyboardEvent) => { if (event.key === "Escape" && !event.defaultPrevented) onClose(); };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [onClose]);
  const onRead = useCallback(() => chat.markRead(), [chat]);

  const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") === true;
  return (
    <div
      class="chat" role={onClose === undefined ? "main" : "dialog"} aria-label={words.title}
      onDragOver={(event) => { if (carriesFiles(event)) { event.preventDefault(); setDropping(true); } }}
      onDragLeave={(event) => { if (event.relatedTarget === null) setDropping(false); }}
      onDrop={(event) => {
        if (!carriesFiles(event)) return;
        event.preventDefault();
        setDropping(false);
        uploads.add([...(event.dataTransfer?.files ?? [])]);
      }}
    >
      <Header lines={state.lines} team={state.team} {...(onClose === undefined ? {} : { onClose })} />
      {state.phase === "ready" && <StatusBanner connected={state.connected} />}
      {state.phase === "failed" && state.failure !== null
        ? <Failure message={state.failure.message} onRetry={() => void chat.start()} />
        : state.phase === "ready"
          ? <MessageList chat={chat} api={api} state={state} shown={shown} onRead={onRead} />
          : <LoadingLines />}
      <Composer inputRef={input} chat={chat} uploads={uploads} disabled={state.phase === "failed"} />
      {dropping && <div class="drop" aria-hidden="true">{words.drop}</div>}
    </div>
  );
}
