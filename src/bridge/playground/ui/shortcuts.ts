import { useEffect } from "preact/hooks";
import type { Desk } from "./desk.ts";

interface Reach { help(): void; command(): void; write(): void }

const isTyping = (target: EventTarget | null) => target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** Single keys for the desk; none while somebody types, or while something lies over the page. */
export function useShortcuts(desk: Desk, reach: Reach): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (isTyping(event.target)) {
        if (event.key === "Escape") (event.target as HTMLElement).blur();
        return;
      }
      if (document.querySelector("dialog[open], [data-menu-open]") !== null) return;
      if (press(desk, reach, event.key)) event.preventDefault();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  });
}

/** Answers whether the key meant something. */
function press(desk: Desk, reach: Reach, key: string): boolean {
  const { threads, openId, agents, guests, notices } = desk.state();
  const list = threads ?? [];
  const here = list.findIndex((thread) => thread.id === openId);
  const thread = list[here];
  const act = (verb: string) => { if (thread !== undefined) void desk.act(thread.id, verb); };
  switch (key.toLowerCase()) {
    case "j": desk.open(list[Math.min(here + 1, list.length - 1)]?.id ?? null); return true;
    case "k": desk.open(list[Math.max(here - 1, 0)]?.id ?? null); return true;
    case "r": reach.write(); return true;
    case "/": reach.command(); return true;
    case "?": reach.help(); return true;
    case "t": act("take"); return true;
    case "a": act("assign"); return true;
    case "s": act("snooze"); return true;
    case "e": act(thread?.status === "resolved" ? "reopen" : "resolve"); return true;
    case "escape": {
      const answers = notices.filter((notice) => notice.threadId === null && notice.buttons.length === 0);
      for (const answer of answers) void desk.dismiss(answer.id);
      if (answers.length === 0) desk.open(null);
      return true;
    }
    default: {
      const who = [...agents.map((agent) => agent.name), ...guests][Number(key) - 1];
      if (!/^[1-9]$/.test(key) || who === undefined) return false;
      desk.actAs(who);
      return true;
    }
  }
}
