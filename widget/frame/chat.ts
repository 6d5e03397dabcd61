/** The chat as a model: session, feed, outbox, live socket. No DOM; components draw `state()` and call the acts. */
import type { ServerFrame, TeamAnswer, WireFile, WireMessage } from "../../src/channels/widget/wire.ts";
import type { VisitorIdentity } from "../protocol.ts";
import { CallError, type Api } from "./api.ts";
import type { Connection, ConnectionParts } from "./connection.ts";
import { createFeed } from "./feed.ts";
import { createOutbox, type Pending } from "./outbox.ts";
import type { Memory } from "./storage.ts";

export interface ChatState {
  phase: "idle" | "loading" | "ready" | "failed";
  /** Why the chat could not start. */
  failure: { code: string; message: string } | null;
  lines: readonly WireMessage[];
  pending: readonly Pending[];
  connected: boolean;
  hasOlder: boolean;
  loadingOlder: boolean;
  /** Name of the agent who is writing. */
  typing: string | null;
  unread: number;
  /** When an answer may be expected; null until that was asked for. */
  team: TeamAnswer | null;
}

export interface ChatParts {
  inboxKey: string;
  api: Api;
  memory: Memory;
  connect(parts: Omit<ConnectionParts, "url">): Connection;
  now(): number;
  newId(): string;
  /** A line of the team that arrived while the page was open. */
  onLine(message: WireMessage): void;
}

export interface Chat {
  state(): ChatState;
  /** Answers the function that unsubscribes. */
  subscribe(listener: () => void): () => void;
  /** Whether this browser has been here before, so that there may be something unread. */
  known(): boolean;
  start(): Promise<void>;
  /** Has the server show what a page has to offer; it comes as a line like any other. */
  offer(id: string, page: string): Promise<void>;
  send(body: string, files: WireFile[]): void;
  /** Answers by a choice under a line of the team. */
  press(line: WireMessage, choice: { id: string; label: string }): void;
  /** Asks when an answer may be expected. Never rejects. */
  lookAtTeam(): Promise<void>;
  retry(clientId: string): void;
  discard(clientId: string): void;
  loadOlder(): Promise<void>;
  /** The visitor has seen all that is here. */
  markRead(): void;
  /** Another tab of this browser has read or signed in. */
  reread(): void;
  setTyping(typing: boolean): void;
  /** The browser is online again, or the page is looked at again. */
  wake(): void;
  identify(identity: VisitorIdentity): Promise<void>;
  reset(): Promise<void>;
  token(): string | null;
}

const OFFERED = "offered:", TOKEN = "token", IDENTITY = "identity", READ_TO = "read-to";
const TYPING_SHOWN_MS = 6_000;
const TYPING_EVERY_MS = 3_000;

export function createChat(parts: ChatParts): Chat {
  const { api, memory } = parts;
  const feed = createFeed();
  const listeners = new Set<() => void>();
  let phase: ChatState["phase"] = "idle";
  let failure: ChatState["failure"] = null;
  let connection: Connection | undefined;
  let connected = false, loadingOlder = false;
  let team: TeamAnswer | null = null;
  let typing: string | null = null, typingTimer: ReturnType<typeof setTimeout> | undefined, typingSentAt = 0;
  /** Own lines that came by the socket before the answer to their sending: shown once it is clear whose they are. */
  let unclaimed: WireMessage[] = [];
  let starting: Promise<void> | undefined;
  let snapshot: ChatState | undefined;

  const readTo = () => Number(memory.get(READ_TO) ?? 0) || 0;
  const changed = () => { snapshot = undefined; for (const listener of listeners) listener(); };
  const unreadLines = () => { const read = readTo(); return feed.lines().filter((line) => line.kind === "outgoing" && !line.deleted && line.position > read); };

  const withToken = async <T>(act: (token: string) => Promise<T>): Promise<T> => {
    const token = memory.get(TOKEN) ?? (await newSession(null));
    try { return await act(token); } catch (error) {
      if (!(error instanceof CallError) || error.status !== 401) throw error;
      const fresh = await newSession(null);
      restartLive();
      return act(fresh);
    }
  };

  async function newSession(present: string | null): Promise<string> {
    const identity = JSON.parse(memory.get(IDENTITY) ?? "null") as VisitorIdentity | null;
    const { token } = await api.session({ inboxKey: parts.inboxKey, ...(identity === null ? {} : { identity }) }, present);
    memory.set(TOKEN, token);
    return token;
  }

  const outbox = createOutbox({
    memory, newId: parts.newId, now: parts.now,
    send: (body) => withToken((token) => api.send(token, body)),
    onStored(line, { id, seq, position, conversationId }) {
      unclaimed = unclaimed.filter((message) => {
        if (message.id === id) feed.put(message);
        return message.id !== id;
      });
      if (!feed.has(id)) {
        feed.putOwn({ id, seq, position, conversationId, kind: "incoming", body: line.body, files: line.files, author: { name: "" }, createdAt: new Date(line.at).toISOString(), edited: false, deleted: false, receipt: "sent", ...(line.choice === undefined ? {} : { chosen: line.choice }) });
      }
    },
    onChange() {
      unclaimed = unclaimed.filter((message) => isOnItsWay(message) || (feed.put(message), false));
      changed();
    },
  });

  /** A line that the outbox still holds may be this one: showing both would double it. */
  const isOnItsWay = (message: WireMessage) => outbox.list().some((line) => line.state !== "failed" && line.body === message.body);

  function onFrame(frame: ServerFrame): void {
    switch (frame.type) {
      case "message": {
        const { message } = frame;
        if (message.kind === "incoming" && !feed.has(message.id) && isOnItsWay(message)) { unclaimed.push(message); return; }
        const isNew = feed.put(message);
        if (message.kind === "outgoing") {
          if (isNew) {
            showTyping(null);
            parts.onLine(message);
            connection?.send({ type: "received", seq: feed.last() });
          }
        }
        changed();
        break;
      }
      case "typing": showTyping(frame.typing ? frame.author : null); changed(); break;
      case "error":
        if (frame.code === "BAD_TOKEN") void withNewToken();
        break;
      case "ready": break;
    }
  }

  function showTyping(name: string | null): void {
    clearTimeout(typingTimer);
    typing = name;
    if (name !== null) typingTimer = setTimeout(() => { typing = null; changed(); }, TYPING_SHOWN_MS);
  }

  async function withNewToken(): Promise<void> {
    try { await newSession(null); restartLive(); } catch (error) { fail(error); }
  }

  function restartLive(): void {
    connection?.close();
    connected = false;
    const token = memory.get(TOKEN);
    if (token === null) return;
    const mine = parts.connect({
      token, after: () => feed.last(),
      onFrame: (frame) => { if (connection === mine) onFrame(frame); },
      onState(state) {
        if (connection !== mine) return;
        connected = state === "live";
        if (!connected) showTyping(null);
        else {
          if (feed.last() > 0) mine.send({ type: "received", seq: feed.last() });
          outbox.flush();
        }
        changed();
      },
    });
    connection = mine;
  }

  function fail(error: unknown): void {
    phase = "failed";
    failure = error instanceof CallError ? { code: error.code, message: error.message } : { code: "INTERNAL", message: String(error) };
    changed();
  }

  async function load(): Promise<void> {
    phase = "loading";
    failure = null;
    changed();
    try {
      const page = await withToken((token) => api.pageBefore(token, null));
      feed.putPage(page.messages, page.last, page.more);
      phase = "ready";
      restartLive();
      outbox.flush();
      changed();
    } catch (error) { fail(error); } finally { starting = undefined; }
  }

  /** Another visitor from here on: nothing of the one before stays on screen. */
  async function begin(): Promise<void> {
    connection?.close();
    connection = undefined;
    unclaimed = [];
    feed.clear();
    showTyping(null);
    await (starting = load());
  }

  return {
    state: () => (snapshot ??= {
      phase, failure, lines: feed.lines(), pending: outbox.list(), connected, hasOlder: feed.hasOlder(), loadingOlder, typing, unread: unreadLines().length, team,
    }),
    subscribe(listener) { listeners.add(listener); return () => listeners.delete(listener); },
    known: () => memory.get(TOKEN) !== null,
    token: () => memory.get(TOKEN),
    start: () => (phase === "ready" ? Promise.resolve() : (starting ??= load())),
    async offer(id, page) {
      if (memory.get(OFFERED + id) !== null) return;
      try {
        await withToken((token) => api.offer(token, id, page));
      } catch (error) {
        if (!(error instanceof CallError)) throw error;
        return;
      }
      memory.set(OFFERED + id, "1");
      if (phase !== "ready") await (starting ??= load());
    },
    send: (body, files) => { typingSentAt = 0; outbox.add(body, files); },
    press: (line, { id, label }) => outbox.add(label, [], { messageId: line.id, id }),
    async lookAtTeam() {
      if (phase !== "ready") return;
      try {
        team = await withToken((token) => api.team(token));
        changed();
      } catch (error) {
        if (!(error instanceof CallError)) throw error;
      }
    },
    retry: outbox.retry,
    discard: outbox.discard,
    async loadOlder() {
      const first = feed.lines()[0];
      if (loadingOlder || first === undefined) return;
      loadingOlder = true;
      changed();
      try {
        const page = await withToken((token) => api.pageBefore(token, first.position));
        feed.putPage(page.messages, page.last, page.more);
      } catch (error) {
        if (!(error instanceof CallError)) throw error;
      } finally {
        loadingOlder = false;
        changed();
      }
    },
    markRead() {
      const newest = unreadLines().at(-1);
      if (newest === undefined || !connected) return;
      memory.set(READ_TO, String(newest.position));
      connection?.send({ type: "read", seq: feed.last() });
      changed();
    },
    reread: changed,
    setTyping(on) {
      const now = parts.now();
      if (on ? now - typingSentAt < TYPING_EVERY_MS : typingSentAt === 0) return;
      typingSentAt = on ? now : 0;
      connection?.send({ type: "typing", typing: on });
    },
    wake() {
      if (phase === "failed" && starting === undefined) starting = load();
      connection?.wake();
      outbox.flush();
    },
    async identify(identity) {
      const told = JSON.stringify(identity);
      if (memory.get(IDENTITY) === told && memory.get(TOKEN) !== null) return;
      const present = memory.get(TOKEN);
      const { token, contactId } = await api.session({ inboxKey: parts.inboxKey, identity }, present);
      memory.set(IDENTITY, told);
      memory.set(TOKEN, token);
      memory.remove(READ_TO);
      // who has written before may have something unread
      if (phase !== "idle" || contactId !== null) await begin();
    },
    async reset() {
      outbox.clear();
      for (const name of [TOKEN, IDENTITY, READ_TO]) memory.remove(name);
      if (phase !== "idle") await begin();
    },
  };
}
