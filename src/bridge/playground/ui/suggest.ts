/** What may be typed next: verbs and their words from the desk, teammates after an @. */
import { useEffect, useState } from "preact/hooks";
import type { Suggestion } from "./api.ts";
import type { Desk, DeskState } from "./desk.ts";

const PAUSE_MS = 60;
const MOST = 8;

function mentionSuggestions(state: DeskState, text: string): Suggestion[] {
  const typed = /(^|\s)@([^@\n]{0,40})$/.exec(text);
  if (typed === null) return [];
  const before = text.slice(0, text.length - typed[2]!.length);
  return state.agents.filter((agent) => agent.name.toLowerCase().startsWith(typed[2]!.toLowerCase()) && agent.name.toLowerCase() !== typed[2]!.trim().toLowerCase())
    .map((agent) => ({ text: `${before}${agent.name} `, hint: "A mention: the message is held inside" }));
}

/** Suggestions for `text`; none once it is put away, until it changes. */
export function useSuggestions(desk: Desk, state: DeskState, text: string, thread: string | null): { list: Suggestion[]; hide: () => void } {
  const [list, setList] = useState<Suggestion[]>([]);
  useEffect(() => {
    let late = false;
    if (!/^[!/]/.test(text) || text.includes("\n")) {
      setList(mentionSuggestions(state, text).slice(0, MOST));
      return;
    }
    const timer = setTimeout(() => {
      void desk.complete(text, thread).then((found) => { if (!late) setList(found.filter((one) => one.text.trim() !== text.trim()).slice(0, MOST)); });
    }, PAUSE_MS);
    return () => { late = true; clearTimeout(timer); };
  }, [text, state.me, thread]);
  return { list, hide: () => setList([]) };
}
