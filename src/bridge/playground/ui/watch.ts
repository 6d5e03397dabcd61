/** Hears of changes over the socket, and looks now and then all the same: a lost signal costs seconds, never a line. */
const LOOK_MS = 4_000;
const AGAIN_MS = 1_500;

interface Hears { changed(): void; faults(): void; typing(event: { threadId: string; name: string; typing: boolean }): void }
type Frame = { type: "ready" } | { type: "changed"; what: string } | { type: "typing"; threadId: string; name: string; typing: boolean };

/** Calls `changed` at once; answers the function that ends it. */
export function watchDesk(hears: Hears): () => void {
  let socket: WebSocket | undefined;
  let ended = false;
  let soon: ReturnType<typeof setTimeout> | undefined;
  // several changes in one breath are one look
  const look = () => { soon ??= setTimeout(() => { soon = undefined; hears.changed(); }, 30); };

  const connect = () => {
    if (ended) return;
    socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/playground/v1/socket`);
    socket.addEventListener("message", (event) => {
      const frame = JSON.parse(String(event.data)) as Frame;
      if (frame.type === "typing") hears.typing(frame);
      else if (frame.type === "changed" && frame.what === "faults") hears.faults();
      else look();
    });
    socket.addEventListener("close", () => setTimeout(connect, AGAIN_MS));
  };
  connect();
  hears.changed();
  const timer = setInterval(look, LOOK_MS);
  document.addEventListener("visibilitychange", look);
  return () => {
    ended = true;
    clearInterval(timer);
    clearTimeout(soon);
    document.removeEventListener("visibilitychange", look);
    socket?.close();
  };
}
