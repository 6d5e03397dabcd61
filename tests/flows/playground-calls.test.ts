/** Every call of the public contract's "Playground desk", over HTTP. */
import { describe, expect, test } from "vitest";
import { sampleCard } from "../contracts/desk-contract.ts";
import { buildPlayground, LOCAL, soon, TARGET } from "../support/playground.ts";

interface Message { id: string; seq: number; position: number; author: { name: string; kind: string }; text: string; files: object[]; reactions: { emoji: string; by: string }[]; edited: boolean; deleted: boolean; at: string }
const messagesOf = (answer: { body: object | null }) => (answer.body as { messages: Message[] }).messages;
const line = (text: string) => ({ kind: "customer" as const, author: { name: "Ana · Widget" }, text, files: [], marks: [] });

describe("people", () => {
  test("active agents are listed by name and role", async () => {
    const { call } = await buildPlayground();
    expect(await call("GET", "/agents")).toMatchObject({ status: 200, body: { agents: [{ name: "Ben", role: "agent" }, { name: "Ben Okafor", role: "agent" }, { name: "Front Desk", role: "administrator" }] } });
  });

  test("a guest's name is nobody else's", async () => {
    const { call } = await buildPlayground();
    expect(await call("POST", "/guests", { name: "Passer By" })).toMatchObject({ status: 201, body: { name: "Passer By" } });
    for (const name of ["Passer By", "passer by", "BEN", "Old Hand"]) expect(await call("POST", "/guests", { name })).toMatchObject({ status: 409, body: { code: "NAME_TAKEN" } });
    expect(await call("POST", "/guests", { name: "  " })).toMatchObject({ status: 400, body: { code: "BAD_BODY" } });
  });

  test("nobody unknown or inactive acts", async () => {
    const { call, id } = await buildPlayground();
    for (const agent of ["Nobody", "ben", "Old Hand"]) expect(await call("POST", `/threads/${id}/messages`, { agent, text: "Hi" })).toMatchObject({ status: 404, body: { code: "AGENT_UNKNOWN" } });
  });
});

describe("threads", () => {
  test("are listed, and one is shown with its card", async () => {
    const { call, id, playground, thread, store } = await buildPlayground();
    const listed = { id, conversationNumber: 1042, title: "Where is my order?", status: "open", assignee: null, retired: false, lastMessageAt: expect.any(String) };
    expect((await call("GET", "/threads")).body).toEqual({ threads: [listed] });
    const card = { ...sampleCard(), facts: [{ label: "Owner", value: "Ben" }, { label: "Waiting since", value: "2026-01-01T00:00:00.000Z", at: new Date() }] };
    await playground.updateCard(thread, card, soon());
    await store.threads.insertOne({ _id: thread, conversationId: "c1", desk: "playground", targetId: TARGET._id, state: "retired", createdAt: new Date() });
    expect((await call("GET", `/threads/${id}`)).body).toEqual({
      ...listed, assignee: "Ben", retired: true,
      card: { facts: [{ label: "Owner", value: "Ben" }, { label: "Waiting since", value: "2026-01-01T00:00:00.000Z" }], buttons: [{ id: "take", label: "Take" }, { id: "resolve", label: "Resolve" }] },
    });
  });

  test("a deleted thread is unknown", async () => {
    const { call, id } = await buildPlayground();
    expect((await call("DELETE", `/threads/${id}`)).status).toBe(204);
    expect((await call("GET", "/threads")).body).toEqual({ threads: [] });
    for (const path of [`/threads/${id}`, `/threads/${id}/messages`, "/threads/no-such"]) expect(await call("GET", path)).toMatchObject({ status: 404, body: { code: "THREAD_UNKNOWN" } });
    expect(await call("POST", `/threads/${id}/messages`, { agent: "Ben", text: "Hi" })).toMatchObject({ status: 404, body: { code: "THREAD_UNKNOWN" } });
  });

  test("a page's query is checked", async () => {
    const { call, id } = await buildPlayground();
    expect(await call("GET", `/threads/${id}/messages?after=minus`)).toMatchObject({ status: 400, body: { code: "BAD_QUERY" } });
  });
});

describe("messages", () => {
  test("a message is stored, handed over as an event, and shown", async () => {
    const { call, id, host, thread } = await buildPlayground();
    const sent = await call("POST", `/threads/${id}/messages`, { agent: "Ben", text: "Hi @front desk and @Ben Okafor, @Nobody" });
    expect(sent).toMatchObject({ status: 201, body: { id: expect.any(String), at: expect.any(String) } });
    const post = sent.body!["id"] as string;
    expect([...host.events.values()]).toEqual([{
      id: `${post}:new`, thread, at: new Date(sent.body!["at"] as string),
      data: { type: "message", postId: post, userId: "Ben", userName: "Ben", userKind: "person", text: "Hi @front desk and @Ben Okafor, @Nobody", mentions: 2, files: [] },
    }]);
    expect(messagesOf(await call("GET", `/threads/${id}/messages`))).toEqual([{
      id: post, seq: 1, position: 1, author: { name: "Ben", kind: "agent" }, text: "Hi @front desk and @Ben Okafor, @Nobody", files: [], reactions: [], edited: false, deleted: false, at: sent.body!["at"],
    }]);
  });

  test("a guest writes as a guest", async () => {
    const { call, id, host } = await buildPlayground();
    await call("POST", "/guests", { name: "Passer By" });
    await call("POST", `/threads/${id}/messages`, { agent: "Passer By", text: "Hello?" });
    expect([...host.events.values()][0]).toMatchObject({ data: { userId: "guest:Passer By", userKind: "person" } });
    expect(messagesOf(await call("GET", `/threads/${id}/messages`))[0]).toMatchObject({ author: { name: "Passer By", kind: "guest" } });
  });

  test("after= gives what is new or changed, with its place kept", async () => {
    const { call, id, playground, thread } = await buildPlayground();
    const { ids } = await playground.post(thread, line("one"), "m1", soon());
    const sent = await call("POST", `/threads/${id}/messages`, { agent: "Ben", text: "two" });
    expect(messagesOf(await call("GET", `/threads/${id}/messages?after=1`)).map((one) => one.text)).toEqual(["two"]);
    await playground.update(thread, ids, { ...line("one, edited"), marks: ["edited"] }, soon());
    await playground.showReceipt(thread, sent.body!["id"] as string, "queued", undefined, soon());
    await playground.showReceipt(thread, sent.body!["id"] as string, "sent", "queued", soon());
    expect(messagesOf(await call("GET", `/threads/${id}/messages?after=2`))).toMatchObject([
      { position: 1, seq: 3, text: "one, edited", edited: true, author: { name: "Ana · Widget", kind: "customer" } },
      { position: 2, seq: 5, text: "two", reactions: [{ emoji: "✅", by: "Threadline" }] },
    ]);
    expect(messagesOf(await call("GET", `/threads/${id}/messages?after=5`))).toEqual([]);
  });

  test("its author edits and deletes it, nobody else", async () => {
    const { call, id, host } = await buildPlayground();
    const post = (await call("POST", `/threads/${id}/messages`, { agent: "Ben", text: "Hi" })).body!["id"] as string;
    expect(await call("PATCH", `/threads/${id}/messages/${post}`, { agent: "Front Desk", text: "Ho" })).toMatchObject({ status: 403, body: { code: "NOT_ALLOWED" } });
    expect(await call("DELETE", `/threads/${id}/messages/${post}`, { agent: "Front Desk" })).toMatchObject({ status: 403 });
    const edited = await call("PATCH", `/threads/${id}/messages/${post}`, { agent: "Ben", text: "Ho" });
    expect(edited).toMatchObject({ status: 200, body: { id: post } });
    expect(host.events.get(`${post}:edit:${edited.body!["at"] as string}`)).toMatchObject({ data: { type: "edit", text: "Ho" } });
    expect((await call("DELETE", `/threads/${id}/messages/${post}`, { agent: "Ben" })).status).toBe(204);
    expect(host.events.get(`${post}:delete`)).toMatchObject({ data: { type: "delete", userId: "Ben" } });
    expect(messagesOf(await call("GET", `/threads/${id}/messages`))[0]).toMatchObject({ text: "", edited: true, deleted: true });
    expect(await call("PATCH", `/threads/${id}/messages/${post}`, { agent: "Ben", text: "Ha" })).toMatchObject({ status: 404, body: { code: "MESSAGE_UNKNOWN" } });
  });

  test("anyone reacts, once with each emoji, and takes it back", async () => {
    const { call, id, host } = await buildPlayground();
    const post = (await call("POST", `/threads/${id}/messages`, { agent: "Ben", text: "Hi" })).body!["id"] as string;
    const react = (emoji: string, remove?: boolean) => call("POST", `/threads/${id}/messages/${post}/reactions`, { agent: "Front Desk", emoji, ...(remove === undefined ? {} : { remove }) });
    expect((await react("❌")).status).toBe(204);
    expect((await react("❌")).status).toBe(204);
    expect([...host.events.values()].filter((event) => event.data.type === "reaction")).toHaveLength(1);
    expect(messagesOf(await call("GET", `/threads/${id}/messages`))[0]!.reactions).toEqual([{ emoji: "❌", by: "Front Desk" }]);
    expect((await react("❌", true)).status).toBe(204);
    expect(messagesOf(await call("GET", `/threads/${id}/messages`))[0]!.reactions).toEqual([]);
    expect([...host.events.values()].filter((event) => event.data.type === "reaction").map((event) => event.data)).toMatchObject([{ removed: false }, { removed: true }]);
    for (const emoji of ["x", "<b>", "", "12"]) expect((await react(emoji)).status).toBe(400);
    for (const emoji of ["👁", "⚠️", "❔", "🇫🇷", "👩🏽‍🔧", "1️⃣"]) expect((await react(emoji)).status).toBe(204);
  });

  test.each([
    [{ agent: "Ben", text: "" }, 400, "BAD_BODY"], [{ agent: "Ben" }, 400, "BAD_BODY"], [{ agent: "Ben", text: "Hi", extra: 1 }, 400, "BAD_BODY"], [{ agent: 1, text: "Hi" }, 400, "BAD_BODY"],
    [{ agent: "Ben", text: "a\u0000b" }, 400, "BAD_TEXT"], [{ agent: "Ben", text: "\ud800" }, 400, "BAD_TEXT"], [{ agent: "Ben", text: "x".repeat(40_001) }, 413, "TEXT_TOO_LONG"],
    [{ agent: "Ben", text: "Hi", fileIds: ["no-such-file"] }, 404, "FILE_UNKNOWN"],
  ])("refuses %j", async (body, status, code) => {
    const { call, id, host } = await buildPlayground();
    expect(await call("POST", `/threads/${id}/messages`, body)).toMatchObject({ status, body: { code, message: expect.any(String) } });
    expect(host.events.size).toBe(0);
    expect(messagesOf(await call("GET", `/threads/${id}/messages`))).toEqual([]);
  });

  test("typing is told", async () => {
    const { call, id, host, thread } = await buildPlayground();
    expect((await call("POST", `/threads/${id}/typing`, { agent: "Ben", typing: true })).status).toBe(204);
    expect(host.typings).toEqual([{ thread, userId: "Ben", typing: true }]);
  });
});

describe("files", () => {
  const upload = (name: string, content: string, type: string) => ({
    payload: `--b\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\nContent-Type: ${type}\r\n\r\n${content}\r\n--b--\r\n`, headers: { ...LOCAL, "content-type": "multipart/form-data; boundary=b" },
  });

  test("are uploaded, sent with a message and fetched, never as a page", async () => {
    const { app, call, id, host, playground } = await buildPlayground();
    const answer = await app.inject({ method: "POST", url: "/playground/v1/files", ...upload("../../evil.html", "<script>1</script>", "text/html") });
    expect(answer.statusCode).toBe(201);
    const file = answer.json() as { fileId: string; name: string; type: string; bytes: number };
    expect(file).toEqual({ fileId: expect.any(String), name: "evil.html", type: expect.any(String), bytes: 18 });
    expect((await call("POST", `/threads/${id}/messages`, { agent: "Ben", text: "", fileIds: [file.fileId] })).status).toBe(201);
    const event = [...host.events.values()][0]!;
    expect(event.data).toMatchObject({ text: "", files: [{ name: "evil.html", bytes: 18, ref: file.fileId }] });
    expect(messagesOf(await call("GET", `/threads/${id}/messages`))[0]!.files).toEqual([file]);
    const fetched = await app.inject({ url: `/playground/v1/files/${file.fileId}`, headers: LOCAL });
    expect(fetched.body).toBe("<script>1</script>");
    expect(fetched.headers).toMatchObject({ "content-type": "application/octet-stream", "x-content-type-options": "nosniff" });
    expect(fetched.headers["content-disposition"]).toMatch(/^attachment/);
    if (event.data.type !== "message") throw new Error("not a message");
    expect(await playground.fetchFile(event.data.files[0]!, soon())).toMatchObject({ fileId: file.fileId, state: "ready" });
  });

  test("a file of a customer is shown only where a post shows it", async () => {
    const { app, files, playground, thread } = await buildPlayground();
    const ref = await files.put({ name: "photo.txt", type: "text/plain", owner: "widget:someone" }, Buffer.from("hello"), 1_000);
    expect((await app.inject({ url: `/playground/v1/files/${ref.fileId}`, headers: LOCAL })).statusCode).toBe(404);
    await playground.post(thread, { ...line("see"), files: [ref] }, "m1", soon());
    expect((await app.inject({ url: `/playground/v1/files/${ref.fileId}`, headers: LOCAL })).body).toBe("hello");
  });
});

describe("verbs, buttons, forms, notices", () => {
  test("an action carries who, where and what was seen, and answers", async () => {
    const { call, id, host, thread } = await buildPlayground();
    host.answer = () => ({ ok: true, notice: "Snoozed until tomorrow." });
    expect(await call("POST", `/threads/${id}/actions`, { agent: "Ben", action: "snooze", args: "tomorrow 9:00" })).toMatchObject({ status: 200, body: { ok: true, notice: "Snoozed until tomorrow." } });
    expect(host.acts).toEqual([{ desk: "playground", userId: "Ben", thread, verb: "snooze", args: "tomorrow 9:00" }]);
    expect((await call("GET", "/notices?agent=Ben")).body).toEqual({ notices: [{ id: expect.any(String), at: expect.any(String), threadId: id, text: "Snoozed until tomorrow.", buttons: [] }] });
    expect((await call("GET", "/notices?agent=Front%20Desk")).body).toEqual({ notices: [] });
  });

  test("an action says how many teammates its words mention, and which line its author saw last", async () => {
    const { call, id, host, playground, thread, store } = await buildPlayground();
    await call("POST", `/threads/${id}/actions`, { agent: "Ben", action: "reply", args: "@Front Desk can you look?" });
    expect(host.acts[0]).toMatchObject({ verb: "reply", mentions: 1 });
    for (const [n, text] of ["one", "two"].entries()) {
      const { ids } = await playground.post(thread, line(text), `m${n}`, soon());
      await store.db.collection("messages").insertOne({ conversationId: "c1", seq: 10 + n, source: `s${n}`, kind: "incoming", deskPosts: ids.map((post) => `${thread}|${post}`) });
    }
    await call("POST", `/threads/${id}/actions`, { agent: "Ben", action: "resolve", seen: 1 });
    await call("POST", `/threads/${id}/actions`, { agent: "Ben", action: "resolve", seen: 2 });
    expect(host.acts.slice(1).map((act) => act.seen)).toEqual([10, 11]);
  });

  test("a command is a /verb outside a thread", async () => {
    const { call, host } = await buildPlayground();
    expect((await call("POST", "/commands", { agent: "Ben", text: "/Find status:open\n\"refund\"" })).body).toEqual({ ok: true });
    expect(host.acts[0]).toEqual({ desk: "playground", userId: "Ben", thread: null, verb: "find", args: "status:open\n\"refund\"" });
    for (const text of ["help", "!help", "/", "/ help"]) expect((await call("POST", "/commands", { agent: "Ben", text })).status).toBe(400);
  });

  test("a form goes out and comes back to the verb it began with", async () => {
    const { call, id, host } = await buildPlayground();
    const fields = [{ name: "to", label: "Assign to", kind: "text" as const, required: true }];
    host.answer = (act) => (act.values === undefined ? { ok: true, form: { id: "assign?c1", title: "Assign", fields } } : { ok: true });
    const answer = await call("POST", `/threads/${id}/actions`, { agent: "Ben", action: "assign" });
    const form = answer.body!["form"] as { id: string };
    expect(form).toMatchObject({ id: expect.any(String), fields });
    expect(await call("POST", `/forms/${form.id}`, { agent: "Front Desk", values: {} })).toMatchObject({ status: 404, body: { code: "FORM_UNKNOWN" } });
    expect((await call("POST", `/forms/${form.id}`, { agent: "Ben", values: { to: "Front Desk" } })).body).toEqual({ ok: true });
    expect(host.acts.at(-1)).toMatchObject({ verb: "assign?c1", args: "", values: { to: "Front Desk" } });
    expect((await call("POST", `/forms/${form.id}`, { agent: "Ben", values: { to: "Front Desk" } })).status).toBe(404);
  });

  test("a notice's button acts on its message, once, for its reader alone", async () => {
    const { call, id, host, playground, thread } = await buildPlayground();
    await playground.notify("Ben", thread, { text: "Held: it mentions a teammate.", messageId: "m7", buttons: [{ id: "send", label: "Send to customer" }, { id: "keep", label: "Keep as note" }] });
    const [notice] = ((await call("GET", "/notices?agent=Ben")).body as { notices: { id: string }[] }).notices;
    expect(await call("POST", `/notices/${notice!.id}/press`, { agent: "Front Desk", button: "send" })).toMatchObject({ status: 404, body: { code: "NOTICE_UNKNOWN" } });
    expect(await call("POST", `/notices/${notice!.id}/press`, { agent: "Ben", button: "delete" })).toMatchObject({ status: 422, body: { code: "NOT_POSSIBLE" } });
    expect((await call("POST", `/notices/${notice!.id}/press`, { agent: "Ben", button: "send" })).body).toEqual({ ok: true });
    expect(host.acts).toEqual([{ desk: "playground", userId: "Ben", thread, verb: "send", args: "", messageId: "m7" }]);
    expect((await call("GET", "/notices?agent=Ben")).body).toEqual({ notices: [] });
    expect((await call("POST", `/notices/${notice!.id}/press`, { agent: "Ben", button: "send" })).status).toBe(404);
    expect(id).toBe(thread.slice("playground:".length));
  });

  test("suggestions come from the verb table behind the host", async () => {
    const { call, host, id, thread } = await buildPlayground();
    host.suggestions = [{ text: "/snooze", hint: "Hide until then" }, { text: "/take", hint: "Make it mine" }];
    expect((await call("GET", `/complete?agent=Ben&text=%2Fs&thread=${id}`)).body).toEqual({ suggestions: [{ text: "/snooze", hint: "Hide until then" }] });
    expect(host.completedIn).toBe(thread);
    expect((await call("GET", "/complete?agent=Ben&text=%2Fs")).body).toEqual({ suggestions: [{ text: "/snooze", hint: "Hide until then" }] });
  });
});

describe("the fault switch", () => {
  test("dropped events reach the bridge when it ends, each once", async () => {
    const { call, id, host } = await buildPlayground();
    await call("POST", `/threads/${id}/messages`, { agent: "Ben", text: "before" });
    expect(await call("PUT", "/faults", { delayMs: 0, dropEvents: true, refusePosts: false })).toMatchObject({ status: 200 });
    const dropped = (await call("POST", `/threads/${id}/messages`, { agent: "Ben", text: "lost?" })).body!["id"] as string;
    await call("PATCH", `/threads/${id}/messages/${dropped}`, { agent: "Ben", text: "found" });
    const gone = (await call("POST", `/threads/${id}/messages`, { agent: "Ben", text: "deleted" })).body!["id"] as string;
    await call("DELETE", `/threads/${id}/messages/${gone}`, { agent: "Ben" });
    expect(host.events.size).toBe(1);
    await call("PUT", "/faults", { dropEvents: false });
    expect([...host.events.values()].map((event) => event.data)).toMatchObject([{ text: "before" }, { type: "message", text: "found" }, { type: "edit", text: "found" }, { type: "delete", postId: gone }]);
  });

  test("a bridge that fails is caught up with", async () => {
    const { call, id, host, playground } = await buildPlayground();
    host.fail = new Error("down");
    expect((await call("POST", `/threads/${id}/messages`, { agent: "Ben", text: "kept" })).status).toBe(201);
    host.fail = undefined;
    expect(await playground.catchUp(host)).toBe(1);
    expect([...host.events.values()]).toMatchObject([{ data: { text: "kept" } }]);
    expect(await playground.catchUp(host)).toBe(0);
  });

  test.each([{ delayMs: -1 }, { delayMs: 1.5 }, { dropEvents: "yes" }, { other: true }])("refuses %j", async (body) => {
    const { call } = await buildPlayground();
    expect((await call("PUT", "/faults", body)).status).toBe(400);
  });
});
