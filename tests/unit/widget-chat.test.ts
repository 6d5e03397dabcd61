import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { WebSocket } from "ws";
import { createApi } from "../../widget/frame/api.ts";
import { createChat, type Chat } from "../../widget/frame/chat.ts";
import { connect, waitBefore } from "../../widget/frame/connection.ts";
import { createMemory, type Memory } from "../../widget/frame/storage.ts";
import { startFakeWidgetServer, type FakeWidgetServer } from "../support/fake-widget-server.ts";

let server: FakeWidgetServer;
beforeEach(async () => {
  server = await startFakeWidgetServer();
  // Node 20 has no WebSocket of its own; ws has the browser's interface
  vi.stubGlobal("WebSocket", WebSocket);
});
afterEach(async () => {
  await server.close();
  vi.unstubAllGlobals();
});

const blocked = () => { throw new Error("blocked"); };
const newMemory = () => createMemory("demo", blocked);

/** A page of the visitor's browser; `memory` is what the browser keeps between pages. */
function openPage(memory: Memory = newMemory()): Chat & { heard: string[]; leave(): void } {
  const heard: string[] = [];
  const connections: { close(): void }[] = [];
  let ids = 0;
  const chat = createChat({
    inboxKey: "demo", api: createApi(`${server.url}/widget/v1`), memory, now: () => Date.now(), newId: () => `${heard.length}-${++ids}-${Math.random()}`,
    connect(parts) {
      const connection = connect({ ...parts, url: `${server.url.replace("http", "ws")}/widget/v1/socket` });
      connections.push(connection);
      return connection;
    },
    onLine: ({ body }) => heard.push(body),
  });
  const leave = () => { for (const connection of connections) connection.close(); };
  onTestFinished(leave);
  return Object.assign(chat, { heard, leave });
}
const bodies = (chat: Chat) => chat.state().lines.map((line) => line.body);
const until = (check: () => void) => vi.waitFor(check, { timeout: 40_000, interval: 10 });
const ready = (chat: Chat) => until(() => expect(chat.state()).toMatchObject({ phase: "ready", connected: true }));

describe("a conversation", () => {
  test("a choice is pressed as an own line, once, and known as pressed by every page", async () => {
    const memory = newMemory();
    const chat = openPage(memory);
    await chat.start();
    await ready(chat);
    const asked = server.agentSays("How did we do?", { choices: [{ id: "1", label: "👎" }, { id: "2", label: "👍" }] });
    await until(() => expect(bodies(chat)).toEqual(["How did we do?"]));
    server.loseNextAnswer = true;
    chat.press(chat.state().lines[0]!, asked.choices![1]!);
    expect(chat.state().pending).toMatchObject([{ body: "👍", choice: { messageId: asked.id, id: "2" } }]);
    await until(() => expect(chat.state()).toMatchObject({ pending: [], lines: [{ id: asked.id }, { body: "👍", chosen: { messageId: asked.id, id: "2" } }] }));
    const other = openPage(memory);
    await other.start();
    expect(other.state().lines.map(({ chosen }) => chosen?.id)).toEqual([undefined, "2"]);
  });

  test("when an answer may be expected is told as it stands, also when it can't be asked for once", async () => {
    const chat = openPage();
    await chat.lookAtTeam();
    expect(chat.state().team).toBeNull();
    await chat.start();
    server.team = { open: false, opensAt: "2026-11-23T08:00:00.000Z", replyMinutes: 30, replyBy: "2026-11-23T08:30:00.000Z" };
    await chat.lookAtTeam();
    server.reachable = false;
    await chat.lookAtTeam();
    expect(chat.state().team).toEqual(server.team);
  });

  test("a line is shown at once, then as the server has it, once", async () => {
    const chat = openPage();
    await chat.start();
    await ready(chat);
    chat.send("Hello", []);
    expect(chat.state().pending.map((line) => line.body)).toEqual(["Hello"]);
    await until(() => expect(chat.state().pending).toEqual([]));
    expect(bodies(chat)).toEqual(["Hello"]);
    expect(chat.state().lines[0]).toMatchObject({ kind: "incoming", receipt: "sent" });
    server.change("m1", { receipt: "read" });
    await until(() => expect(chat.state().lines[0]!.receipt).toBe("read"));
    expect(server.messages).toHaveLength(1);
  });

  test("never shows a line twice while its answer and its frame race", async () => {
    const chat = openPage();
    await chat.start();
    await ready(chat);
    let most = 0;
    chat.subscribe(() => { const { lines, pending } = chat.state(); most = Math.max(most, lines.length + pending.length); });
    chat.send("only once", []);
    await until(() => expect(bodies(chat)).toEqual(["only once"]));
    expect(most).toBe(1);
  });

  test("answers arrive, are told to the host page, counted, and acknowledged", async () => {
    const chat = openPage();
    await chat.start();
    await ready(chat);
    const answer = server.agentSays("How can I help?");
    await until(() => expect(chat.heard).toEqual(["How can I help?"]));
    expect(chat.state().unread).toBe(1);
    await until(() => expect(server.frames).toContainEqual({ type: "received", seq: answer.seq }));
    chat.markRead();
    expect(chat.state().unread).toBe(0);
    await until(() => expect(server.frames).toContainEqual({ type: "read", seq: answer.seq }));
  });

  test("edits and deletions change the line in its place", async () => {
    const chat = openPage();
    await chat.start();
    await ready(chat);
    const first = server.agentSays("one");
    const second = server.agentSays("two");
    await until(() => expect(bodies(chat)).toEqual(["one", "two"]));
    server.change(first.id, { body: "one, corrected", edited: true });
    server.change(second.id, { body: "", deleted: true });
    await until(() => expect(chat.state().lines).toMatchObject([{ body: "one, corrected", edited: true }, { deleted: true }]));
    expect(chat.heard).toEqual(["one", "two"]);
    expect(chat.state().unread).toBe(1);
  });

  test("typing is said sparingly and shown until the line comes", async () => {
    const chat = openPage();
    await chat.start();
    await ready(chat);
    for (let i = 0; i < 5; i++) chat.setTyping(true);
    chat.setTyping(false);
    chat.setTyping(false);
    await until(() => expect(server.frames.filter((frame) => frame.type === "typing")).toEqual([{ type: "typing", typing: true }, { type: "typing", typing: false }]));
    server.typing("Mara Lind", true);
    await until(() => expect(chat.state().typing).toBe("Mara Lind"));
    server.agentSays("There");
    await until(() => expect(chat.state().typing).toBeNull());
  });

  test("earlier lines come by the page, in order", async () => {
    for (let i = 1; i <= 95; i++) server.agentSays(`line ${i}`);
    const chat = openPage();
    await chat.start();
    expect(bodies(chat)).toHaveLength(40);
    expect(chat.state().hasOlder).toBe(true);
    await chat.loadOlder();
    await chat.loadOlder();
    expect(bodies(chat)).toEqual(Array.from({ length: 95 }, (_, i) => `line ${i + 1}`));
    expect(chat.state().hasOlder).toBe(false);
  });
});

describe("a bad connection", () => {
  test("lines written meanwhile on both sides arrive once, in order", async () => {
    const chat = openPage();
    await chat.start();
    await ready(chat);
    chat.send("before", []);
    await until(() => expect(bodies(chat)).toEqual(["before"]));
    server.reachable = false;
    server.cut();
    await until(() => expect(chat.state().connected).toBe(false));
    chat.send("mine 1", []);
    chat.send("mine 2", []);
    server.agentSays("theirs 1");
    server.agentSays("theirs 2");
    await until(() => expect(chat.state().pending.map((line) => line.state)).toContain("waiting"));
    server.reachable = true;
    chat.wake();
    await until(() => expect(bodies(chat)).toEqual(["before", "theirs 1", "theirs 2", "mine 1", "mine 2"]));
    expect(chat.state().pending).toEqual([]);
    expect(server.messages.map((message) => message.body)).toEqual(["before", "theirs 1", "theirs 2", "mine 1", "mine 2"]);
    expect(server.signIns.at(-1)).toBe(1);
  });

  test("a lost answer makes no second message: the same clientId goes again", async () => {
    const chat = openPage();
    await chat.start();
    await ready(chat);
    server.loseNextAnswer = true;
    chat.send("once", []);
    await until(() => expect(chat.state().pending).toEqual([]));
    expect(bodies(chat)).toEqual(["once"]);
    expect(server.messages).toHaveLength(1);
    expect([...server.attempts.values()]).toEqual([2]);
  });

  test("a page that is left keeps what it had not sent; the next one sends it", async () => {
    const memory = newMemory();
    const first = openPage(memory);
    await first.start();
    await ready(first);
    server.reachable = false;
    server.cut();
    first.send("from the old page", []);
    await until(() => expect(first.state().pending[0]?.state).toBe("waiting"));
    first.leave();
    server.reachable = true;
    const second = openPage(memory);
    await second.start();
    await until(() => expect(bodies(second)).toEqual(["from the old page"]));
    expect(second.state().pending).toEqual([]);
  });

  test("a refusal is shown with its reason, does not hold up the next, and can be tried again or thrown away", async () => {
    const chat = openPage();
    await chat.start();
    await ready(chat);
    server.refuseNext = { status: 413, code: "TEXT_TOO_LONG", message: "Too long." };
    chat.send("refused", []);
    chat.send("goes", []);
    await until(() => expect(bodies(chat)).toEqual(["goes"]));
    expect(chat.state().pending).toMatchObject([{ body: "refused", state: "failed", why: "Too long." }]);
    chat.retry(chat.state().pending[0]!.clientId);
    await until(() => expect(bodies(chat)).toEqual(["goes", "refused"]));
    server.refuseNext = { status: 400, code: "BAD_TEXT", message: "No." };
    chat.send("thrown away", []);
    await until(() => expect(chat.state().pending[0]?.state).toBe("failed"));
    chat.discard(chat.state().pending[0]!.clientId);
    expect(chat.state().pending).toEqual([]);
  });

  test("a busy server is asked again, not given up", async () => {
    const chat = openPage();
    await chat.start();
    await ready(chat);
    server.refuseNext = { status: 503, code: "NOT_READY", message: "Later." };
    chat.send("patient", []);
    await until(() => expect(bodies(chat)).toEqual(["patient"]));
    expect([...server.attempts.values()]).toEqual([2]);
  });

  test("a token that is not known any more is replaced", async () => {
    const chat = openPage();
    await chat.start();
    await ready(chat);
    const old = chat.token();
    server.forgetTokens();
    server.cut();
    chat.send("still here", []);
    await until(() => expect(bodies(chat)).toEqual(["still here"]));
    expect(chat.token()).not.toBe(old);
    await ready(chat);
  });

  test("a chat that could not start says why and starts when asked again", async () => {
    server.reachable = false;
    const chat = openPage();
    await chat.start();
    expect(chat.state()).toMatchObject({ phase: "failed", failure: { code: "UNREACHABLE" } });
    server.reachable = true;
    await chat.start();
    expect(chat.state().phase).toBe("ready");
  });
});

test("two tabs of one browser show the same", async () => {
  const memory = newMemory();
  const one = openPage(memory), two = openPage(memory);
  await Promise.all([one.start(), two.start()]);
  await Promise.all([ready(one), ready(two)]);
  one.send("from tab one", []);
  await until(() => expect(bodies(two)).toEqual(["from tab one"]));
  server.agentSays("to both");
  await until(() => { expect(bodies(one)).toEqual(["from tab one", "to both"]); expect(bodies(two)).toEqual(bodies(one)); });
  one.markRead();
  two.reread();
  expect(two.state().unread).toBe(0);
});

test("reset leaves nothing of the visitor before", async () => {
  const memory = newMemory();
  const chat = openPage(memory);
  await chat.start();
  await ready(chat);
  chat.send("private", []);
  await until(() => expect(bodies(chat)).toEqual(["private"]));
  server.messages = [];
  server.forgetTokens();
  await chat.reset();
  expect(bodies(chat)).toEqual([]);
  expect(chat.state().unread).toBe(0);
});

test("waits grow and are spread", () => {
  expect([0, 1, 2, 3].map((n) => waitBefore(n, 0.5))).toEqual([500, 1_000, 2_000, 4_000]);
  expect(waitBefore(20, 1)).toBeLessThanOrEqual(15_000 * 1.25);
  expect(waitBefore(0, 0)).toBe(375);
});
