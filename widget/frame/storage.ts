/** What this browser remembers for one inbox. Where storage is blocked (private mode, strict cookies) the host page may keep it, else it lasts as long as the page. */
export interface Memory {
  /** The browser denies us storage of our own. */
  readonly blocked: boolean;
  /** From here on what is set goes to `keep` too, beginning with what was kept there before. */
  keepAt(keep: (name: string, value: string | null) => void, entries: [name: string, value: string][]): void;
  get(name: string): string | null;
  set(name: string, value: string): void;
  remove(name: string): void;
  /** Names that begin so, without this inbox's own prefix. */
  names(start: string): string[];
}

type Store = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

/** Works on `store`, and in memory from its first refusal on. */
export function createMemory(inboxKey: string, store: () => Store): Memory {
  const prefix = `threadline:${inboxKey}:`;
  const kept = new Map<string, string>();
  let usable: Store | null = null;
  try {
    usable = store();
    usable.setItem(`${prefix}probe`, "1");
    usable.removeItem(`${prefix}probe`);
  } catch { usable = null; }
  let keepElsewhere: ((name: string, value: string | null) => void) | undefined;
  const attempt = <T>(act: (store: Store) => T, otherwise: T): T => {
    try { return usable === null ? otherwise : act(usable); } catch { return otherwise; }
  };
  return {
    blocked: usable === null,
    keepAt(keep, entries) {
      keepElsewhere = keep;
      for (const [name, value] of entries) kept.set(name, value);
    },
    get: (name) => kept.get(name) ?? attempt((s) => s.getItem(prefix + name), null),
    set(name, value) {
      const stored = attempt((s) => { s.setItem(prefix + name, value); return true; }, false);
      if (stored) kept.delete(name); else kept.set(name, value);
      keepElsewhere?.(name, value);
    },
    remove(name) {
      kept.delete(name);
      attempt((s) => s.removeItem(prefix + name), undefined);
      keepElsewhere?.(name, null);
    },
    names(start) {
      const stored = attempt((s) => Array.from({ length: s.length }, (_, i) => s.key(i) ?? ""), []);
      const found = stored.filter((key) => key.startsWith(prefix + start)).map((key) => key.slice(prefix.length));
      return [...new Set([...found, ...[...kept.keys()].filter((key) => key.startsWith(start))])];
    },
  };
}
