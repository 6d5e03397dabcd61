import arrowUp from "lucide-static/icons/arrow-up.svg";
import paperclip from "lucide-static/icons/paperclip.svg";
import type { RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Icon } from "../../../src/shared-ui/icon.tsx";
import type { Chat } from "../chat.ts";
import { words } from "../words.ts";
import { UploadChip } from "./upload-chip.tsx";
import type { Uploads } from "./use-uploads.ts";

const MAX_TEXT = 8_000;
/** The count shows when it begins to matter. */
const COUNT_FROM = 7_500;
const TALLEST_PX = 132;

/** Where the visitor writes: Enter sends, Shift and Enter makes a new line. */
export function Composer({ chat, uploads, inputRef, disabled }: { chat: Chat; uploads: Uploads; inputRef: RefObject<HTMLTextAreaElement>; disabled: boolean }) {
  const [text, setText] = useState("");
  const picker = useRef<HTMLInputElement>(null);
  const uploading = uploads.list.some((upload) => upload.done === null);
  const left = MAX_TEXT - text.length;
  const ready = !disabled && !uploading && left >= 0 && (text.trim() !== "" || uploads.list.length > 0);

  useLayoutEffect(() => {
    const area = inputRef.current;
    if (area === null) return;
    area.style.height = "auto";
    area.style.height = `${Math.min(area.scrollHeight, TALLEST_PX)}px`;
  }, [text, inputRef]);

  const send = () => {
    if (!ready) return;
    chat.send(text.trim(), uploads.take());
    chat.setTyping(false);
    setText("");
    inputRef.current?.focus();
  };

  return (
    <form class="composer" onSubmit={(event) => { event.preventDefault(); send(); }}>
      {uploads.list.length > 0 && (
        <ul class="chips">{uploads.list.map((upload) => <UploadChip key={upload.key} upload={upload} onRetry={() => uploads.retry(upload.key)} onRemove={() => uploads.remove(upload.key)} />)}</ul>
      )}
      {uploads.notice !== null && <p class="composer-note" data-tone="red" role="alert">{uploads.notice}</p>}
      {text.length > COUNT_FROM && <p class="composer-note" data-tone={left < 0 ? "red" : undefined} role="status">{words.charactersLeft(left)}</p>}
      <div class="composer-row">
        <input
          ref={picker} type="file" multiple hidden tabIndex={-1}
          onChange={(event) => {
            uploads.add([...(event.currentTarget.files ?? [])]);
            event.currentTarget.value = "";
          }}
        />
        <button type="button" class="icon-button" aria-label={words.attach} title={words.attach} disabled={disabled} onClick={() => picker.current?.click()}><Icon svg={paperclip} large /></button>
        <textarea
          ref={inputRef} rows={1} value={text} disabled={disabled} placeholder={words.placeholder} aria-label={words.inputLabel} enterkeyhint="send" dir="auto"
          onInput={(event) => {
            const { value } = event.currentTarget;
            setText(value);
            chat.setTyping(value.trim() !== "");
          }}
          onBlur={() => chat.setTyping(false)}
          onKeyDown={(event) => {
            // Enter also ends the choosing of a character in many writing systems
            if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
            event.preventDefault();
            send();
          }}
          onPaste={(event) => {
            const files = [...(event.clipboardData?.files ?? [])];
            if (files.length === 0) return;
            event.preventDefault();
            uploads.add(files);
          }}
        />
        <button type="submit" class="send-button" aria-label={words.send} title={words.send} disabled={!ready}><Icon svg={arrowUp} large /></button>
      </div>
    </form>
  );
}
