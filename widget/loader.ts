/**
 * The script that a site embeds: `<script async src=".../widget/loader.js" data-inbox-key="KEY"></script>`.
 * It adds one element and one global function, `threadline(act, ...)`, which may be called before this has loaded when the site
 * defines the queue: `window.threadline ||= (...a) => (threadline.q ||= []).push(a)`.
 * Acts: boot({inboxKey}), shutdown, open, close, toggle, identify({id, hash?, name?, email?}), reset, on(event, fn), off(event, fn).
 * Events: ready, opened, closed, message, unread, error.
 */
import { CLOSE_ICON, OPEN_ICON, STYLE } from "./loader-style.ts";
import { isIdentity, isToLoader, type ToFrame, type ToLoader, type VisitorIdentity } from "./protocol.ts";

type EventName = "ready" | "opened" | "closed" | "message" | "unread" | "error";
type Listener = (detail: unknown) => void;
type Call = [act: string, ...args: unknown[]];
interface GlobalFunction { (...call: Call): void; q?: Call[]; loaded?: true }

const SVG = "http://www.w3.org/2000/svg";
const script = document.currentScript as HTMLScriptElement | null;
/** How often it is looked whether the page has another address. */
const PAGE_MS = 1_000;
const listeners = new Map<string, Set<Listener>>();
let widget: Widget | undefined;
let identity: VisitorIdentity | undefined;

interface Widget { show(open: boolean, focus: boolean): void; isOpen(): boolean; tell(message: ToFrame): void; remove(): void }

function emit(event: EventName, detail?: unknown): void {
  for (const listener of listeners.get(event) ?? []) {
    // the site's own mistake must not stop the chat
    try { listener(detail); } catch (error) { setTimeout(() => { throw error; }); }
  }
}

const keptUnder = (inboxKey: string) => `threadline:${inboxKey}:`;

/** The frame's memory in the host page's storage; asked for only where the frame has none of its own. */
function recall(inboxKey: string): [string, string][] {
  const start = keptUnder(inboxKey);
  try { return Object.entries(localStorage).filter(([name]) => name.startsWith(start)).map(([name, value]) => [name.slice(start.length), String(value)]); } catch { return []; }
}
function keep(inboxKey: string, name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(keptUnder(inboxKey) + name);
    else localStorage.setItem(keptUnder(inboxKey) + name, value);
  } catch { /* full or blocked: the frame still has it until the page is left */ }
}

function boot(inboxKey: string, frameOrigin: string): Widget {
  const host = document.createElement("threadline-chat");
  const root = host.attachShadow({ mode: "open" });
  // a constructed sheet passes a strict style-src where a <style> element would not
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];

  const panel = document.createElement("div");
  panel.className = "panel";
  panel.inert = true;
  const frame = document.createElement("iframe");
  frame.title = "Chat";
  frame.allow = "clipboard-write";
  const address = `${frameOrigin}/widget/frame/?inbox=${encodeURIComponent(inboxKey)}&host=${encodeURIComponent(location.origin)}`;
  panel.append(frame);
  // the host page comes first; who opens the chat at once does not wait
  const load = () => { if (frame.src === "") frame.src = address; };
  if ("requestIdleCallback" in window) requestIdleCallback(load, { timeout: 2_000 }); else setTimeout(load, 300);

  const button = document.createElement("button");
  button.type = "button";
  button.ariaHasPopup = "dialog";
  const icon = document.createElementNS(SVG, "svg");
  icon.setAttribute("viewBox", "0 0 24 24");
  icon.setAttribute("aria-hidden", "true");
  const badge = document.createElement("span");
  badge.className = "badge";
  badge.hidden = true;
  button.append(icon, badge);
  root.append(panel, button);

  let open = false, ready = false, unread = 0;
  const waiting: ToFrame[] = [];
  const tell = (message: ToFrame) => { if (ready) frame.contentWindow?.postMessage(message, frameOrigin); else waiting.push(message); };
  const paint = () => {
    panel.classList.toggle("open", open);
    panel.inert = !open;
    icon.replaceChildren(...(open ? CLOSE_ICON : OPEN_ICON).map((d) => {
      const path = document.createElementNS(SVG, "path");
      path.setAttribute("d", d);
      return path;
    }));
    badge.hidden = unread === 0 || open;
    badge.textContent = unread > 9 ? "9+" : String(unread);
    button.ariaExpanded = String(open);
    button.ariaLabel = open ? "Close chat" : unread === 0 ? "Open chat" : `Open chat, ${unread} unread`;
  };
  const show = (next: boolean, focus: boolean) => {
    if (next === open) return;
    open = next;
    load();
    paint();
    tell({ threadline: open ? "shown" : "hidden" });
    if (focus) (open ? frame : button).focus();
    emit(open ? "opened" : "closed");
  };

  const heard = (message: ToLoader) => {
    switch (message.threadline) {
      case "ready":
        ready = true;
        for (const kept of waiting.splice(0)) tell(kept);
        lookAtPage();
        emit("ready");
        break;
      case "close": show(false, true); break;
      case "unread":
        if (unread === message.count) break;
        unread = message.count;
        paint();
        emit("unread", { count: unread });
        break;
      case "recall": tell({ threadline: "kept", entries: recall(inboxKey) }); break;
      case "keep": keep(inboxKey, message.name, message.value); break;
      case "message": emit("message", { id: message.id }); break;
      case "error": emit("error", { code: message.code, message: message.message }); break;
    }
  };
  // a site of one page changes its address without an event that all browsers have
  let page = "";
  const lookAtPage = () => { if (ready && location.href !== page) tell({ threadline: "page", url: (page = location.href) }); };
  const looking = setInterval(lookAtPage, PAGE_MS);
  const onMessage = (event: MessageEvent) => {
    if (event.origin === frameOrigin && event.source === frame.contentWindow && isToLoader(event.data)) heard(event.data);
  };
  const onKey = (event: KeyboardEvent) => { if (event.key === "Escape" && open && document.activeElement === host) show(false, true); };
  addEventListener("message", onMessage);
  addEventListener("keydown", onKey);
  button.addEventListener("click", () => show(!open, true));
  paint();
  document.body.append(host);
  return {
    show, tell, isOpen: () => open,
    remove() { clearInterval(looking); removeEventListener("message", onMessage); removeEventListener("keydown", onKey); host.remove(); },
  };
}

function start(options: unknown): void {
  const asked = (options as { inboxKey?: unknown } | undefined)?.inboxKey ?? script?.dataset["inboxKey"];
  if (typeof asked !== "string" || asked === "") { emit("error", { code: "NO_KEY", message: "The chat needs an inbox key: data-inbox-key on its script tag." }); return; }
  if (widget !== undefined || script === null) return;
  const origin = new URL(script.src, location.href).origin;
  const ready = () => {
    widget ??= boot(asked, origin);
    if (identity !== undefined) widget.tell({ threadline: "identify", identity });
  };
  if (document.body === null) addEventListener("DOMContentLoaded", ready, { once: true }); else ready();
}

const acts: Record<string, (...args: unknown[]) => void> = {
  boot: start,
  shutdown() { widget?.remove(); widget = undefined; },
  open: () => widget?.show(true, true),
  close: () => widget?.show(false, true),
  toggle: () => widget?.show(!widget.isOpen(), true),
  identify(who) {
    if (!isIdentity(who)) { emit("error", { code: "BAD_IDENTITY", message: "identify needs {id, hash?, name?, email?}, all text." }); return; }
    const { id, hash, name, email } = who;
    identity = { id, ...(hash === undefined ? {} : { hash }), ...(name === undefined ? {} : { name }), ...(email === undefined ? {} : { email }) };
    widget?.tell({ threadline: "identify", identity });
  },
  reset() { identity = undefined; widget?.tell({ threadline: "reset" }); },
  on(event, listener) {
    if (typeof event !== "string" || typeof listener !== "function") return;
    listeners.set(event, (listeners.get(event) ?? new Set()).add(listener as Listener));
  },
  off(event, listener) { if (typeof event === "string") listeners.get(event)?.delete(listener as Listener); },
};

const page = window as unknown as { threadline?: GlobalFunction };
if (page.threadline?.loaded === undefined) {
  const queued = page.threadline?.q ?? [];
  const call: GlobalFunction = (act, ...args) => {
    if (Object.hasOwn(acts, act)) acts[act]!(...args);
    else emit("error", { code: "UNKNOWN_ACT", message: `threadline has no act "${String(act)}".` });
  };
  call.loaded = true;
  page.threadline = call;
  for (const [act, ...args] of queued) call(act, ...args);
  if (script?.dataset["inboxKey"] !== undefined) start(undefined);
}
