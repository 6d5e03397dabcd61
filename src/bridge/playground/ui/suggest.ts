/** What may be typed next: verbs and their words from the desk, teammates after an @. */
import { useEffect, useState } from "preact/hooks";
import type { Suggestion } from "./api.ts";
import type { Desk, DeskState } from "./desk.ts";

const PAUSE_MS = 60;
const MOST = 8;

/** The verb's words are asked for as if the thread's number had been given: the call knows no thread. */
async function verbSuggestions(desk: Desk, text: string, number: number | undefined): Promise<Suggestion[]> {
  const [, verb, rest] = /^([!/][a-z-]+\s)\s*([^]*)$/i.exec(text) ?? [];
  if (number === undefined || verb === undefined || rest === undefined) return desk.complete(text);
  const numbered = await desk.complete(`${verb}${number} ${rest}`);
  return numbered.map(({ text: whole, hint }) => ({ text: whole.replace(` ${number} `, " "), hint }));
}

function mentionSuggestions(state: DeskState, text: string): Suggestion[] {
  const typed = /(^|\s)@([^@\n]{0,40})$/.exec(text);
  if (typed === null) return [];
  const before = text.slice(0, text.length - typed[2]!.length);
  return state.agents.filter((agent) => agent.name.toLowerCase().startsWith(typed[2]!.toLowerCase()) && agent.name.toLowerCase() !== typed[2]!.trim().toLowerCase())
    .map((agent) => ({ text: `${before}${agent.name} `, hint: "A mention: the message is held inside" }));
}

/** Suggestions for `text`; none once it is put away, until it changes. */
export function useSuggestions(desk: Desk, state: DeskState, text: string, number?: number): { list: Suggestion[]; hide: () => void } {
  const [list, setList] = useState<Suggestion[]>([]);
  useEffect(() => {
    let late = false;
    if (!/^[!/]/.test(text) || text.includes("\n")) {
      setList(mentionSuggestions(state, text).slice(0, MOST));
      return;
    }
    const timer = setTimeout(() => {
      void verbSuggestions(desk, text, number).then((found) => { if (!late) setList(found.filter((one) => one.text.trim() !== text.trim()).slice(0, MOST)); });
    }, PAUSE_MS);
    return () => { late = true; clearTimeout(timer); };
  }, [text, state.me, number]);
  return { list, hide: () => setList([]) };
}
