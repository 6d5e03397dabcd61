import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../../../shared-ui/icon.tsx";
import * as icons from "../icons.ts";

/** A modal window of the browser's own: it keeps the focus inside, and Esc or a click beside it closes it. */
export function Dialog({ title, close, children }: { title: string; close: () => void; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current!.showModal(), []);
  return (
    <dialog ref={dialog} class="dialog" aria-label={title} onClose={close} onClick={(event) => { if (event.target === dialog.current) close(); }}>
      <div class="dialog-head"><h2>{title}</h2><button type="button" class="icon-button" aria-label="Close" onClick={close}><Icon svg={icons.close} /></button></div>
      <div class="dialog-body">{children}</div>
    </dialog>
  );
}
