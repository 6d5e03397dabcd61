/** The live socket: signs in where the feed stands, comes back by itself after a loss. */
import type { ClientFrame, ServerFrame } from "../../src/channels/widget/wire.ts";

export interface Connection {
  /** Dropped when there is no connection: what it would say is said again by catching up. */
  send(frame: ClientFrame): void;
  /** Try at once: the browser says that it is online, or the page is looked at again. */
  wake(): void;
  close(): void;
}

export interface ConnectionParts {
  url: string;
  token: string;
  /** Highest seq that this page has, asked at each sign-in. */
  after(): number;
  onFrame(frame: ServerFrame): void;
  onState(state: "live" | "lost"): void;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
const SIGN_IN_MS = 10_000;

/** Wait before try `n` (from 0), in milliseconds, ±25% so that a restarted server does not meet all pages at once. */
export const waitBefore = (n: number, chance: number): number => Math.min(FIRST_WAIT_MS * 2 ** n, LONGEST_WAIT_MS) * (0.75 + chance / 2);

export function connect(parts: ConnectionParts): Connection {
  let socket: WebSocket | undefined, timer: ReturnType<typeof setTimeout> | undefined;
  let tries = 0, live = false, closed = false;

  const open = () => {
    clearTimeout(timer);
    const mine = new WebSocket(parts.url);
    socket = mine;
    timer = setTimeout(() => mine.close(), SIGN_IN_MS);
    mine.addEventListener("open", () => mine.send(JSON.stringify({ type: "auth", token: parts.token, after: parts.after() } satisfies ClientFrame)));
    mine.addEventListener("message", (event) => {
      if (socket !== mine) return;
      const frame = JSON.parse(String(event.data)) as ServerFrame;
      if (frame.type === "ready") {
        clearTimeout(timer);
        tries = 0;
        live = true;
        parts.onState("live");
      } else parts.onFrame(frame);
    });
    mine.addEventListener("close", () => { if (socket === mine) lost(); });
    mine.addEventListener("error", () => mine.close());
  };
  const lost = () => {
    socket = undefined;
    live = false;
    clearTimeout(timer);
    if (closed) return;
    parts.onState("lost");
    timer = setTimeout(open, waitBefore(tries, Math.random()));
    tries += 1;
  };
  open();
  return {
    send: (frame) => { if (live) socket?.send(JSON.stringify(frame)); },
    wake() { if (socket === undefined && !closed) { tries = 0; open(); } },
    close() { closed = true; clearTimeout(timer); socket?.close(); },
  };
}
