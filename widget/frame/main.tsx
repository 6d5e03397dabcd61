/** Starts the chat: reads the inbox and the host page from the address, joins both, draws. */
import { render } from "preact";
import type { ToFrame } from "../protocol.ts";
import { createApi } from "./api.ts";
import { createChat } from "./chat.ts";
import { connect } from "./connection.ts";
import { joinHost, type Host } from "./host.ts";
import { createOffers } from "./offers.ts";
import { App } from "./parts/app.tsx";
import { createMemory } from "./storage.ts";
import { words } from "./words.ts";
import "./styles.css";

/** A loader that does not answer in this time keeps nothing for us. */
const RECALL_MS = 1_500;

const query = new URLSearchParams(location.search);
const inboxKey = query.get("inbox") ?? "";
const memory = createMemory(inboxKey, () => localStorage);
const api = createApi("/widget/v1");
const socketUrl = `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}/widget/v1/socket`;

const early: ToFrame[] = [];
let hear = (message: ToFrame) => { early.push(message); };
const host = joinHost(query.get("host"), (message) => hear(message));
host.tell({ threadline: "ready" });
if (memory.blocked && host.embedded) memory.keepAt((name, value) => host.tell({ threadline: "keep", name, value }), await recall(host));
start();

function recall(from: Host): Promise<[string, string][]> {
  return new Promise((resolve) => {
    setTimeout(() => resolve([]), RECALL_MS);
    hear = (message) => { if (message.threadline === "kept") resolve(message.entries); else early.push(message); };
    from.tell({ threadline: "recall" });
  });
}

function start(): void {
  const chat = createChat({
    inboxKey, api, memory,
    connect: (parts) => connect({ ...parts, url: socketUrl }),
    now: () => Date.now(),
    // randomUUID exists on https and localhost only
    newId: () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join(""),
    onLine: ({ id }) => host.tell({ threadline: "message", id }),
  });
  let shown = false;
  const onShown = new Set<(shown: boolean) => void>();
  const show = (next: boolean) => {
    shown = next;
    for (const listener of onShown) listener(shown);
    if (shown) void chat.start();
  };
  const report = (error: unknown) => {
    const { code, message } = error as { code?: string; message: string };
    host.tell({ threadline: "error", code: code ?? "INTERNAL", message });
  };
  let told = 0;
  chat.subscribe(() => {
    const { unread, failure } = chat.state();
    if (unread !== told) host.tell({ threadline: "unread", count: (told = unread) });
    if (failure !== null) host.tell({ threadline: "error", code: failure.code, message: failure.message });
  });
  addEventListener("online", () => chat.wake());
  addEventListener("storage", () => chat.reread());
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") chat.wake(); });

  const root = document.getElementById("app")!;
  if (inboxKey === "") { root.textContent = words.noKey; return; }
  const visibility = { now: () => shown, subscribe: (listener: (shown: boolean) => void) => { onShown.add(listener); return () => { onShown.delete(listener); }; } };
  render(<App chat={chat} api={api} visibility={visibility} {...(host.embedded ? { onClose: () => host.tell({ threadline: "close" }) } : {})} />, root);

  const offers = createOffers({ find: (page) => api.offers(inboxKey, page), offer: chat.offer, isShown: visibility.now });
  hear = (message) => {
    switch (message.threadline) {
      case "shown": show(true); break;
      case "hidden": show(false); break;
      case "page": void offers.lookAt(message.url); break;
      case "identify": chat.identify(message.identity).catch(report); break;
      case "reset": chat.reset().catch(report); break;
      case "kept": break;
    }
  };
  for (const message of early.splice(0)) hear(message);
  if (!host.embedded) show(true);
  else if (chat.known()) void chat.start();
}
