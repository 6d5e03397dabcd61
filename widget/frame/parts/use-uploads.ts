import { useEffect, useMemo, useState } from "preact/hooks";
import type { WireFile } from "../../../src/channels/widget/wire.ts";
import { CallError, type Api } from "../api.ts";
import type { Chat } from "../chat.ts";
import { words } from "../words.ts";

/** A file on its way into the next message. */
export interface Upload { key: number; file: File; share: number; done: WireFile | null; failed: string | null }

export interface Uploads {
  list: Upload[];
  /** Why the last choice was not taken whole. */
  notice: string | null;
  add(files: File[]): void;
  retry(key: number): void;
  remove(key: number): void;
  /** The finished ones, which leave the list. */
  take(): WireFile[];
}

const MAX_BYTES = 10 * 1024 * 1024;
const MAX_FILES = 10;

/** Uploads start at once, so that sending never waits for more than it must. */
export function useUploads(chat: Chat, api: Api): Uploads {
  const [list, setList] = useState<Upload[]>([]);
  const [notice, setNotice] = useState<string | null>(null);
  const running = useMemo(() => ({ next: 1, aborts: new Map<number, AbortController>() }), []);
  useEffect(() => () => { for (const abort of running.aborts.values()) abort.abort(); }, [running]);

  const change = (key: number, next: Partial<Upload>) => setList((now) => now.map((upload) => (upload.key === key ? { ...upload, ...next } : upload)));
  const upload = async (key: number, file: File) => {
    const abort = new AbortController();
    running.aborts.set(key, abort);
    try {
      await chat.start();
      const token = chat.token();
      if (token === null) throw new CallError(0, "UNREACHABLE", words.errorText);
      change(key, { done: await api.upload(token, file, (share) => change(key, { share }), abort.signal), share: 1 });
    } catch (error) {
      if (!abort.signal.aborted) change(key, { failed: error instanceof Error ? error.message : words.uploadFailed });
    } finally { running.aborts.delete(key); }
  };

  return {
    list, notice,
    add(files) {
      const large = files.find((file) => file.size > MAX_BYTES);
      const room = MAX_FILES - list.length;
      const taken = files.filter((file) => file.size <= MAX_BYTES).slice(0, room).map((file): Upload => ({ key: running.next++, file, share: 0, done: null, failed: null }));
      setNotice(large !== undefined ? words.tooLarge(large.name) : files.length > room ? words.tooMany : null);
      setList((now) => [...now, ...taken]);
      for (const { key, file } of taken) void upload(key, file);
    },
    retry(key) {
      const found = list.find((entry) => entry.key === key);
      if (found === undefined) return;
      change(key, { failed: null, share: 0 });
      void upload(key, found.file);
    },
    remove(key) {
      running.aborts.get(key)?.abort();
      setList((now) => now.filter((entry) => entry.key !== key));
      setNotice(null);
    },
    take() {
      setList([]);
      setNotice(null);
      return list.flatMap((entry) => (entry.done === null ? [] : [entry.done]));
    },
  };
}
