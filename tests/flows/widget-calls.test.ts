/** The widget's HTTP calls, one by one, as the public contract has them. */
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { identityHash } from "../../src/channels/widget/tokens.ts";
import type { SessionAnswer } from "../../src/channels/widget/wire.ts";
import { buildWidget, IDENTITY_SECRET, until } from "../support/widget.ts";

describe("POST /sessions", () => {
  test("makes a visitor without a contact until they write; a token that is still held keeps its visitor", async () => {
    const w = await buildWidget();
    const first = await w.call<SessionAnswer>("POST", "/sessions", { body: { inboxKey: "demo" } });
    expect(first.status).toBe(201);
    expect(first.body).toEqual({ token: expect.any(String), contactId: null });
    expect(await w.store.contacts.countDocuments({})).toBe(0);
    const visitor = w.as(first.body.token);
    await visitor.write("Hello");
    const again = await w.call<SessionAnswer>("POST", "/sessions", { body: { inboxKey: "demo" }, token: first.body.token });
    expect(again.body.contactId).toBe((await w.conversation()).contactId);
    expect((await w.as(again.body.token).feed()).messages.map((m) => m.body)).toEqual(["Hello"]);
    const other = await w.call<SessionAnswer>("POST", "/sessions", { body: { inboxKey: "demo" } });
    expect((await w.as(other.body.token).feed()).messages).toEqual([]);
  });

  test("a verified person has the same conversation in every browser; an unverified one only in this", async () => {
    const w = await buildWidget();
    const verified = { id: "user-7", hash: identityHash(IDENTITY_SECRET, "user-7"), name: "Ana Ruiz", email: "ana@example.com" };
    const sign = async (identity: object) => (await w.call<SessionAnswer>("POST", "/sessions", { body: { inboxKey: "demo", identity } })).body;
    await w.as((await sign(verified)).token).write("from my phone");
    expect(await w.store.contacts.findOne({})).toMatchObject({ name: "Ana Ruiz", email: "ana@example.com", anonymous: false });
    const second = await sign(verified);
    expect(second.contactId).not.toBeNull();
    expect((await w.as(second.token).feed()).messages.map((m) => m.body)).toEqual(["from my phone"]);
    const { hash: _, ...claimed } = verified;
    const unproven = await sign(claimed);
    expect(unproven.contactId).toBeNull();
    expect((await w.as(unproven.token).feed()).messages).toEqual([]);
    // nor by still holding the verified person's token
    const kept = await w.call<SessionAnswer>("POST", "/sessions", { body: { inboxKey: "demo", identity: { id: "user-8" } }, token: second.token });
    expect((await w.as(kept.body.token).feed()).messages).toEqual([]);
  });

  test("a wrong hash is refused, an unknown key too", async () => {
    const w = await buildWidget();
    const refused = await w.call("POST", "/sessions", { body: { inboxKey: "demo", identity: { id: "user-7", hash: identityHash("another secret", "user-7") } } });
    expect([refused.status, refused.body.code]).toEqual([401, "BAD_SIGNATURE"]);
    const unknown = await w.call("POST", "/sessions", { body: { inboxKey: "nobody" } });
    expect([unknown.status, unknown.body.code]).toEqual([404, "INBOX_UNKNOWN"]);
  });
});

describe("POST /messages", () => {
  test("201 first, 200 and the same message again, 409 for another text or other files; in the thread once", async () => {
    const w = await buildWidget();
    const visitor = await w.visitor();
    const first = await visitor.post({ body: "Hello", clientId: "x-1" });
    expect(first.status).toBe(201);
    expect(first.body).toEqual({ id: expect.any(String), seq: 1, position: 1, conversationId: (await w.conversation())._id, clientId: "x-1" });
    const repeat = await visitor.post({ body: "Hello", clientId: "x-1" });
    expect(repeat.status).toBe(200);
    expect(repeat.body).toMatchObject({ id: first.body.id, position: 1, conversationId: first.body.conversationId, clientId: "x-1" });
    const other = await visitor.post({ body: "Goodbye", clientId: "x-1" });
    expect([other.status, other.body.code]).toEqual([409, "CLIENT_ID_REUSED"]);
    const { body: file } = await visitor.upload("a.txt", Buffer.from("hi"));
    const withFile = await visitor.post({ body: "Hello", clientId: "x-1", fileIds: [file.fileId] });
    expect([withFile.status, withFile.body.code]).toEqual([409, "CLIENT_ID_REUSED"]);
    await w.settle();
    expect((await w.lines("incoming")).map((m) => m.body)).toEqual(["Hello"]);
    expect((await w.texts()).filter((text) => text.includes("Hello"))).toHaveLength(1);
  });

  test("ten repeats at once make one message and one conversation", async () => {
    const w = await buildWidget();
    const visitor = await w.visitor();
    const answers = await Promise.all(Array.from({ length: 10 }, () => visitor.post({ body: "Hello", clientId: "same" })));
    expect(answers.filter((a) => a.status === 201)).toHaveLength(1);
    expect(answers.every((a) => a.status === 200 || a.status === 201)).toBe(true);
    expect(new Set(answers.map((a) => a.body.id)).size).toBe(1);
    expect(await w.store.messages.countDocuments({ kind: "incoming" })).toBe(1);
    expect(await w.store.contacts.countDocuments({})).toBe(1);
  });

  test("two visitors may use the same clientId", async () => {
    const w = await buildWidget();
    const [ana, ben] = [await w.visitor(), await w.visitor()];
    const [one, two] = [await ana.post({ body: "from Ana", clientId: "1" }), await ben.post({ body: "from Ben", clientId: "1" })];
    expect([one.status, two.status]).toEqual([201, 201]);
    expect(one.body.conversationId).not.toBe(two.body.conversationId);
  });

  test('"new" begins another conversation, an id goes on with that one, somebody else\'s is unknown', async () => {
    const w = await buildWidget();
    const [ana, ben] = [await w.visitor(), await w.visitor()];
    const first = await ana.write("one");
    const second = await ana.write("two", { conversation: "new" });
    expect(second.conversationId).not.toBe(first.conversationId);
    expect((await ana.write("three")).conversationId).toBe(second.conversationId);
    expect((await ana.write("four", { conversation: first.conversationId })).conversationId).toBe(first.conversationId);
    const foreign = await ben.post({ body: "mine?", clientId: "b", conversation: first.conversationId });
    expect([foreign.status, foreign.body.code]).toEqual([404, "CONVERSATION_UNKNOWN"]);
    expect((await ana.feed("before=1000")).messages.map((m) => m.body)).toEqual(["one", "two", "three", "four"]);
  });
});

describe("GET /messages", () => {
  test("carries both sides, never a note or the timeline; receipts and delivery follow", async () => {
    const w = await buildWidget();
    const visitor = await w.visitor();
    await visitor.write("Hello");
    await w.settle();
    await w.say("!note she is a regular");
    await w.say("Hi, how can I help?");
    const page = await visitor.feed();
    expect(page.messages.map((m) => [m.kind, m.body])).toEqual(expect.arrayContaining([["incoming", "Hello"], ["outgoing", "Hi, how can I help?"]]));
    expect(page.messages).toHaveLength(2);
    expect(JSON.stringify(page)).not.toContain("regular");
    const [own, answer] = [page.messages.find((m) => m.kind === "incoming")!, page.messages.find((m) => m.kind === "outgoing")!];
    expect(own).toMatchObject({ author: { name: expect.any(String) }, files: [], edited: false, deleted: false, receipt: "read", position: 1 });
    expect(own.createdAt).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
    expect(answer.author.name).toBe("Mara");
    expect(answer).not.toHaveProperty("receipt");
    expect(page.last).toBe(Math.max(...page.messages.map((m) => m.seq)));
    await until(async () => expect((await w.lines("outgoing"))[0]!.delivery.state).toBe("delivered"));
    expect((await w.call("POST", "/read", { token: visitor.token, body: { seq: page.last } })).status).toBe(204);
    expect((await w.lines("outgoing"))[0]!.delivery.state).toBe("read");
  });

  test("`after` misses nothing and repeats nothing, `before` goes back page by page", async () => {
    const w = await buildWidget();
    const visitor = await w.visitor();
    expect(await visitor.feed("after=5")).toEqual({ messages: [], last: 5, more: false });
    for (let i = 1; i <= 7; i++) await visitor.write(`line ${i}`);
    await w.settle();
    const seen: string[] = [];
    let after = 0;
    for (let more = true; more;) {
      const page = await visitor.feed(`after=${after}&limit=3`);
      expect(page.messages.every((m) => m.seq > after)).toBe(true);
      seen.push(...page.messages.map((m) => m.body));
      ({ last: after, more } = page);
    }
    expect([...seen].sort()).toEqual(Array.from({ length: 7 }, (_, i) => `line ${i + 1}`));
    expect(await visitor.feed(`after=${after}`)).toEqual({ messages: [], last: after, more: false });
    const newest = await visitor.feed("before=1000&limit=3");
    expect([newest.messages.map((m) => m.body), newest.more]).toEqual([["line 5", "line 6", "line 7"], true]);
    const older = await visitor.feed(`before=${newest.messages[0]!.position}&limit=100`);
    expect([older.messages.map((m) => m.body), older.more]).toEqual([["line 1", "line 2", "line 3", "line 4"], false]);
  });
});

test("POST /typing reaches the desk's side, and is nothing for someone who never wrote", async () => {
  const w = await buildWidget();
  const visitor = await w.visitor();
  const heard: { from: string; typing: boolean }[] = [];
  w.core.bus.on("typing", ({ from, typing }) => heard.push({ from, typing }));
  expect((await w.call("POST", "/typing", { token: visitor.token, body: { typing: true } })).status).toBe(204);
  expect(heard).toEqual([]);
  await visitor.write("Hello");
  await w.call("POST", "/typing", { token: visitor.token, body: { typing: true } });
  await w.call("POST", "/typing", { token: visitor.token, body: { typing: false } });
  expect(heard).toEqual([{ from: "contact", typing: true }, { from: "contact", typing: false }]);
});

describe("other sites", () => {
  const FROM = "https://shop.example";
  test("an allowed site may call and read, preflight included; another may not", async () => {
    const w = await buildWidget({ allowedOrigins: [FROM] });
    await w.addInbox("other", ["https://elsewhere.example"]);
    const preflight = await w.call("OPTIONS", "/messages", { headers: { origin: FROM, "access-control-request-method": "POST", "access-control-request-headers": "authorization, content-type" } });
    expect(preflight.status).toBe(204);
    expect(preflight.headers).toMatchObject({ "access-control-allow-origin": FROM, "access-control-allow-headers": "Authorization, Content-Type", vary: "Origin" });
    const stranger = await w.call("OPTIONS", "/messages", { headers: { origin: "https://evil.example", "access-control-request-method": "POST" } });
    expect(stranger.headers).not.toHaveProperty("access-control-allow-origin");

    const mine = await w.call<SessionAnswer>("POST", "/sessions", { body: { inboxKey: "demo" }, headers: { origin: FROM } });
    expect(mine.status).toBe(201);
    expect(mine.headers["access-control-allow-origin"]).toBe(FROM);
    for (const origin of ["https://evil.example", "https://elsewhere.example", "null"]) {
      const refused = await w.call("POST", "/sessions", { body: { inboxKey: "demo" }, headers: { origin } });
      expect([refused.status, refused.body.code], origin).toEqual([403, "ORIGIN_NOT_ALLOWED"]);
      const { status } = await w.call("GET", "/messages?after=0", { token: mine.body.token, headers: { origin } });
      expect(status, origin).toBe(403);
    }
    const frame = await w.call("POST", "/sessions", { body: { inboxKey: "demo" }, headers: { origin: `http://${w.host}` } });
    expect(frame.status).toBe(201);
  });
});

test("a script is slowed down, with the time to wait, and nothing of a refused call is done", async () => {
  // the buckets' own clock stands still: how quick this machine is fills none of them again
  vi.useFakeTimers({ toFake: ["performance"] });
  onTestFinished(() => { vi.useRealTimers(); });
  const w = await buildWidget({ limits: { rateLimits: true } });
  const visitor = await w.visitor();
  const answers = await Promise.all(Array.from({ length: 160 }, () => w.call("POST", "/typing", { token: visitor.token, body: { typing: true } })));
  const refused = answers.filter((a) => a.status === 429);
  expect(refused).toHaveLength(40);
  expect(refused[0]!.body).toMatchObject({ code: "TOO_MANY", message: expect.stringContaining("Wait") });
  expect(Number(refused[0]!.headers["retry-after"])).toBeGreaterThan(0);
  const sessions = await Promise.all(Array.from({ length: 130 }, () => w.call("POST", "/sessions", { body: { inboxKey: "demo" } })));
  expect(sessions.map((a) => a.status)).toEqual(expect.arrayContaining([201, 429]));
  expect((await visitor.post({ body: "a person still gets through", clientId: "1" })).status).toBe(201);
});
