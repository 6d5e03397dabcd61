/** This person's feed as one page holds it: each line once, in its place, newest state. */
import type { WireMessage } from "../../src/channels/widget/wire.ts";

export interface Feed {
  /** By position. */
  lines(): readonly WireMessage[];
  /** Highest seq that this page has seen. */
  last(): number;
  /** A line as the live feed tells it. Answers whether it is new to this page. */
  put(message: WireMessage): boolean;
  /** Own line that the server has just taken: shown now, but it says nothing of what came before it in the feed. */
  putOwn(message: WireMessage): void;
  /** A page of earlier lines, or the first one; `more`: there are earlier ones still. */
  putPage(messages: WireMessage[], last: number, more: boolean): void;
  hasOlder(): boolean;
  has(id: string): boolean;
  clear(): void;
}

export function createFeed(): Feed {
  const byId = new Map<string, WireMessage>();
  let sorted: WireMessage[] | undefined;
  let last = 0, older = false;
  const store = (message: WireMessage): boolean => {
    const known = byId.get(message.id);
    if (known !== undefined && known.seq > message.seq) return false;
    byId.set(message.id, message);
    sorted = undefined;
    return known === undefined;
  };
  const lines = () => (sorted ??= [...byId.values()].sort((a, b) => a.position - b.position));
  return {
    lines,
    last: () => last,
    has: (id) => byId.has(id),
    hasOlder: () => older,
    put(message) {
      last = Math.max(last, message.seq);
      // a change to a line further up than this page goes: it comes with its own page
      const first = lines()[0];
      if (older && first !== undefined && message.position < first.position) return false;
      return store(message);
    },
    putOwn: (message) => { store(message); },
    putPage(messages, pageLast, more) {
      // an older page says nothing of how far the newer ones go
      if (byId.size === 0) last = Math.max(last, pageLast);
      for (const message of messages) store(message);
      older = more;
    },
    clear() { byId.clear(); sorted = undefined; last = 0; older = false; },
  };
}
