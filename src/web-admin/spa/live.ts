/** What pages show, kept true: asked at once, when the server says that something changed, and now and then all the same. */
import { useEffect, useState } from "preact/hooks";
import { CallError, read } from "./api.ts";

const LOOK_MS = 5_000;

interface Kept { text: string; value: unknown }
/** Shown at once when a page is opened again. */
const kept = new Map<string, Kept>();
const listeners = new Set<() => void>();
let source: EventSource | undefined;
let signedOut: () => void = () => undefined;

/** Begins to listen; `whenSignedOut` is called when the session has ended. */
export function listen(whenSignedOut: () => void): () => void {
  signedOut = whenSignedOut;
  const look = () => { if (!document.hidden) for (const listener of listeners) listener(); };
  source = new EventSource("/api/v1/live");
  source.addEventListener("changed", look);
  const timer = setInterval(look, LOOK_MS);
  document.addEventListener("visibilitychange", look);
  return () => {
    source?.close();
    clearInterval(timer);
    document.removeEventListener("visibilitychange", look);
    kept.clear();
  };
}

export interface Shown<T> { value: T | null; /** Why it can't be known (now); `value` is then what was known last. */ error: string | null; again: () => void }

export function useLive<T>(path: string): Shown<T> {
  const [, draw] = useState(0);
  const [error, setError] = useState<string | null>(null);
  const [ask, setAsk] = useState<() => void>(() => () => undefined);
  useEffect(() => {
    let gone = false, asking = false, once = false;
    const look = async () => {
      // one at a time; what changed meanwhile is asked for afterwards
      if (asking) { once = true; return; }
      asking = true;
      try {
        const text = await read(path);
        if (gone) return;
        if (text !== kept.get(path)?.text) { kept.set(path, { text, value: JSON.parse(text) }); draw((n) => n + 1); }
        setError(null);
      } catch (caught) {
        if (gone || !(caught instanceof CallError)) return;
        if (caught.code === "NOT_SIGNED_IN" || caught.code === "NOT_ALLOWED") signedOut();
        else setError(caught.message);
      } finally {
        asking = false;
        if (once && !gone) { once = false; void look(); }
      }
    };
    const heard = () => void look();
    setAsk(() => heard);
    listeners.add(heard);
    void look();
    return () => { gone = true; listeners.delete(heard); };
  }, [path]);
  return { value: (kept.get(path)?.value ?? null) as T | null, error, again: ask };
}
