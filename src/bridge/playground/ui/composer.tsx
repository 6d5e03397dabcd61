import type { RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { guard } from "../../../core/model/guard.ts";
import { Icon } from "../../../shared-ui/icon.tsx";
import { mentionsIn, parseCommand } from "../parse.ts";
import type { Thread } from "./api.ts";
import type { Desk, DeskState } from "./desk.ts";
import * as icons from "./icons.ts";
import { useSuggestions } from "./suggest.ts";

const TYPING_AGAIN_MS = 3_000;
const MODES = { "Team-only": "team-only", "Note-first": "note-first" } as const;

interface BoxProps {
  desk: Desk; state: DeskState; text: string; change: (text: string) => void; send: () => void;
  label: string; placeholder: string; thread: string | null; inputRef: RefObject<HTMLTextAreaElement>;
}

/** A growing line of text with suggestions over it: arrows choose, Tab or Enter takes, Esc puts them away. */
function TextBox({ desk, state, text, change, send, label, placeholder, thread, inputRef }: BoxProps) {
  const { list, hide } = useSuggestions(desk, state, text, thread);
  const [chosen, setChosen] = useState(0);
  const at = Math.min(chosen, list.length - 1);
  useLayoutEffect(() => {
    const box = inputRef.current!;
    box.style.height = "auto";
    box.style.height = `${Math.min(box.scrollHeight, 200)}px`;
  }, [text]);
  const take = (n: number) => {
    const suggestion = list[n];
    if (suggestion === undefined) return;
    change(suggestion.text);
    setChosen(0);
    inputRef.current!.focus();
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    if (list.length > 0) {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); setChosen((at + (event.key === "ArrowDown" ? 1 : list.length - 1)) % list.length); return; }
      const unfinishedVerb = /^[!/][a-z-]*$/i.test(text);
      if (event.key === "Tab" || (event.key === "Enter" && !event.shiftKey && (unfinishedVerb || text.includes("@")))) { event.preventDefault(); take(at); return; }
      if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); hide(); return; }
    }
    if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); send(); }
  };
  return (
    <div class="text-box">
      {list.length > 0 && (
        <ul class="suggestions" role="listbox" aria-label="Suggestions" id={`suggestions-${label}`}>
          {list.map((one, n) => (
            <li key={one.text} role="option" id={`suggestion-${label}-${n}`} aria-selected={n === at} onPointerDown={(event) => { event.preventDefault(); take(n); }} onPointerMove={() => setChosen(n)}><code>{one.text.trim()}</code><span>{one.hint}</span></li>
          ))}
        </ul>
      )}
      <textarea
        ref={inputRef} rows={1} value={text} placeholder={placeholder} aria-label={label} aria-haspopup="listbox" aria-controls={list.length > 0 ? `suggestions-${label}` : undefined} aria-autocomplete="list"
        aria-activedescendant={list.length > 0 ? `suggestion-${label}-${at}` : undefined}
        onInput={(event) => { setChosen(0); change(event.currentTarget.value); }} onKeyDown={onKey}
      />
    </div>
  );
}

type Fate = { kind: "reply" | "note" | "command"; words: string };

/** What the guard will make of the text as it stands, so that nobody is surprised. It is decided again where it is stored. */
function fateOf(text: string, state: DeskState, thread: Thread, hasFiles: boolean): Fate {
  const agent = state.agents.some((one) => one.name === state.me);
  const mode = thread.facts.find((fact) => fact.label === "Mode")?.value;
  if (parseCommand(text) !== null) return { kind: "command", words: "Runs as a command" };
  const mentioned = mentionsIn(text, state.agents.map((one) => one.name));
  const verdict = guard({
    text, hasFiles, author: { kind: agent ? "agent" : "guest", mayAnswer: agent }, mode: mode === "Team-only" || mode === "Note-first" ? MODES[mode] : "reply",
    threadRetired: thread.retired, mentions: { teammates: mentioned.length }, isVerb: () => true,
  });
  if (verdict.kind === "command") return /^(note|n)$/.test(verdict.verb) ? { kind: "note", words: "Stays inside: a note" } : { kind: "command", words: "Runs as a command, or stays a note" };
  if (verdict.kind === "held") return { kind: "note", words: mentioned.length > 0 ? `Stays inside: it mentions ${mentioned.join(", ")}` : "Stays inside until you say so" };
  if (verdict.kind === "note" && text.trim() !== "") return { kind: "note", words: agent ? "Stays inside: a note" : "Stays inside: guests write notes" };
  const contact = thread.facts.find((fact) => fact.label === "Contact")?.value ?? "the customer";
  return agent && mode === undefined && !thread.retired ? { kind: "reply", words: `Goes to ${contact}` } : { kind: "note", words: "What is written here stays inside" };
}

/** Where a reply is written; it says beforehand whether it leaves the team. */
export function Composer({ desk, state, thread, inputRef }: { desk: Desk; state: DeskState; thread: Thread; inputRef: RefObject<HTMLTextAreaElement> }) {
  const [draft, setDraft] = useState(() => desk.draft(thread.id));
  const picker = useRef<HTMLInputElement>(null);
  const toldAt = useRef(0);
  const before = useRef<Promise<void>>(Promise.resolve());
  const change = (next: typeof draft) => {
    setDraft(next);
    desk.keepDraft(thread.id, next);
  };
  /** Back into the box, before what was begun meanwhile. */
  const giveBack = (unsent: typeof draft) => {
    const begun = desk.draft(thread.id);
    change({ text: begun.text === "" ? unsent.text : `${unsent.text}\n${begun.text}`, fileIds: [...unsent.fileIds, ...begun.fileIds] });
  };
  const fate = fateOf(draft.text, state, thread, draft.fileIds.length > 0);
  const type = (text: string) => {
    change({ ...draft, text });
    const now = Date.now();
    if (fateOf(text, state, thread, false).kind !== "reply" || text === "" || now - toldAt.current < TYPING_AGAIN_MS) return;
    toldAt.current = now;
    desk.typing(thread.id, true);
  };
  const send = () => {
    const text = draft.text.trim();
    if (text === "" && draft.fileIds.length === 0) return;
    const command = draft.fileIds.length === 0 ? parseCommand(text) : null;
    change({ text: "", fileIds: [] });
    toldAt.current = 0;
    inputRef.current?.focus();
    // one after the other: whoever writes fast keeps the order, and need not wait
    before.current = before.current.catch(() => undefined).then(async () => {
      if (command !== null) await desk.act(thread.id, command.verb, command.args);
      else if ((await desk.write(thread.id, draft.text, draft.fileIds.map((file) => file.fileId))) === undefined) giveBack(draft);
    });
  };
  const attach = async (files: FileList | null) => {
    for (const file of files ?? []) {
      const stored = await desk.upload(file);
      if (stored !== undefined) setDraft((before) => { const next = { ...before, fileIds: [...before.fileIds, stored] }; desk.keepDraft(thread.id, next); return next; });
    }
    if (picker.current !== null) picker.current.value = "";
  };
  return (
    <form
      class="composer" data-fate={fate.kind} onSubmit={(event) => { event.preventDefault(); send(); }} onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => { event.preventDefault(); void attach(event.dataTransfer?.files ?? null); }}
      onPaste={(event) => { if ((event.clipboardData?.files.length ?? 0) > 0) { event.preventDefault(); void attach(event.clipboardData!.files); } }}
    >
      {draft.fileIds.length > 0 && (
        <ul class="attached">{draft.fileIds.map((file) => <li key={file.fileId} class="file"><Icon svg={icons.file} /><span>{file.name}</span><button type="button" class="icon-button" aria-label={`Remove ${file.name}`} onClick={() => change({ ...draft, fileIds: draft.fileIds.filter((one) => one !== file) })}><Icon svg={icons.close} /></button></li>)}</ul>
      )}
      <TextBox desk={desk} state={state} text={draft.text} change={type} send={send} label="Write in this thread" placeholder="Write an answer" thread={thread.id} inputRef={inputRef} />
      <div class="composer-foot">
        <button type="button" class="icon-button" title="Attach a file" aria-label="Attach a file" onClick={() => picker.current!.click()}><Icon svg={icons.paperclip} /></button>
        <input ref={picker} type="file" multiple hidden onChange={(event) => void attach(event.currentTarget.files)} />
        <span class="fate" role="status"><Icon svg={fate.kind === "reply" ? icons.send : fate.kind === "note" ? icons.lock : icons.terminal} /><span class="fate-words" title={fate.words}>{fate.words}</span></span>
        <span class="hint wide-only"><kbd>!</kbd> or <kbd>/</kbd> command · <kbd>//</kbd> note</span>
        <button type="submit" class="button send" data-main="true" disabled={draft.text.trim() === "" && draft.fileIds.length === 0}>{fate.kind === "reply" ? "Send" : fate.kind === "note" ? "Keep inside" : "Run"}</button>
      </div>
    </form>
  );
}

/** Commands outside a thread; what they answer stands above. */
export function CommandLine({ desk, state, inputRef }: { desk: Desk; state: DeskState; inputRef: RefObject<HTMLTextAreaElement> }) {
  const [text, setText] = useState("");
  const send = async () => {
    const typed = text.trim();
    if (typed === "") return;
    setText("");
    await desk.command(typed.startsWith("/") ? typed : `/${typed.replace(/^!/, "")}`);
  };
  return (
    <form class="command-line" onSubmit={(event) => { event.preventDefault(); void send(); }}>
      <Icon svg={icons.terminal} />
      <TextBox desk={desk} state={state} text={text} change={setText} send={() => void send()} label="Command" placeholder="/help, /queue, /find …" thread={null} inputRef={inputRef} />
    </form>
  );
}
