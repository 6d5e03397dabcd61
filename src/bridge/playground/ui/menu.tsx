import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "../../../shared-ui/icon.tsx";

interface MenuProps {
  title: string;
  icon?: string;
  /** Shown in the button instead of the icon alone. */
  face?: ComponentChildren;
  align?: "left" | "right";
  active?: boolean;
  children: (close: () => void) => ComponentChildren;
}

/** A button and what opens under it; Esc, a click elsewhere or a choice closes it and the button has the focus again. */
export function Menu({ title, icon, face, align = "left", active = false, children }: MenuProps) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const close = () => {
    setOpen(false);
    button.current?.focus({ preventScroll: true });
  };
  useEffect(() => {
    if (!open) return;
    const outside = (event: Event) => { if (!root.current!.contains(event.target as Node)) setOpen(false); };
    const escape = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      close();
    };
    addEventListener("pointerdown", outside);
    addEventListener("blur", outside);
    addEventListener("keydown", escape, true);
    root.current!.querySelector<HTMLElement>(".menu button, .menu input, .menu select")?.focus({ preventScroll: true });
    return () => {
      removeEventListener("pointerdown", outside);
      removeEventListener("blur", outside);
      removeEventListener("keydown", escape, true);
    };
  }, [open]);
  return (
    <div class="menu-root" ref={root} data-menu-open={open ? "" : undefined}>
      <button ref={button} type="button" class={face === undefined ? "icon-button" : "face-button"} title={title} aria-label={title} aria-expanded={open} aria-haspopup="true" data-active={active} onClick={() => setOpen(!open)}>
        {icon !== undefined && <Icon svg={icon} />}{face}
      </button>
      {open && <div class="menu" data-align={align} role="group" aria-label={title}>{children(close)}</div>}
    </div>
  );
}
