/** What a bridge brings in: lines, changes, files, who its customers are; and what it may not. */
import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { KEY } from "../fakes/bridge/wire.ts";
import { buildApi } from "../support/api.ts";
import { TestClock } from "../support/core.ts";

test("a contact's line comes into a thread once, whatever is repeated", async () => {
  const { call, line, settle, texts, messages, contact } = await buildApi();
  const first = await line("Hello", { id: "m-1", contact: contact("+4915112345678", { name: "Ana" }) });
  const again = await call("POST", "/messages", { body: { contact: contact(), id: "m-1", text: "Hello" } });
  expect(again).toMatchObject({ status: 200, body: first });
  expect(await call("POST", "/messages", { body: { contact: contact(), id: "m-1", text: "Something else" } })).toMatchObject({ status: 409, body: { code: "CLIENT_ID_REUSED" } });
  expect(await call("POST", "/messages", { body: { contact: contact("someone-else"), id: "m-1", text: "Mine" } })).toMatchObject({ status: 201 });
  await settle();
  expect((await messages(first.conversationId)).filter((m) => m.kind === "incoming").map((m) => [m.author.name, m.body])).toEqual([["Ana", "Hello"]]);
  expect(await texts()).toEqual(["Mine"]);
});

test("a line can open a conversation of its own or go on in an older one", async () => {
  const { call, line, contact } = await buildApi();
  const first = await line("one"), second = await line("two", { conversation: "new" });
  expect(second.conversationId).not.toBe(first.conversationId);
  expect((await line("three", { conversation: first.conversationId })).conversationId).toBe(first.conversationId);
  const { body } = await call("GET", `/contacts/${encodeURIComponent(contact().id)}/conversations`);
  expect((body["conversations"] as { id: string }[]).map(({ id }) => id).sort()).toEqual([first.conversationId, second.conversationId].sort());
  await line("hi", { contact: contact("other") });
  const strange = await call("POST", "/messages", { body: { contact: contact("other"), id: "x", text: "hi", conversation: first.conversationId } });
  expect(strange).toMatchObject({ status: 404, body: { code: "CONVERSATION_UNKNOWN" } });
  expect(await call("GET", `/contacts/other/conversations/${first.conversationId}`)).toMatchObject({ status: 404, body: { code: "CONVERSATION_UNKNOWN" } });
  expect(await call("GET", `/contacts/${encodeURIComponent(contact().id)}/conversations/${first.conversationId}`)).toMatchObject({ status: 200, body: { id: first.conversationId, status: "open" } });
});

test("edits, deletions and reactions of a contact reach the thread", async () => {
  const { call, line, settle, contact, messages, say, bridge } = await buildApi();
  await line("Helo", { id: "m-1" });
  await settle();
  expect(await call("PATCH", "/messages/m-1", { body: { contact: contact(), text: "Hello" } })).toMatchObject({ status: 200, body: { applied: true } });
  expect(await call("PATCH", "/messages/m-1", { body: { contact: contact(), text: "Hello" } })).toMatchObject({ status: 200, body: { applied: false } });
  await say("Good day");
  const { id } = bridge.told("message")[0]!.message;
  expect(await call("PUT", `/messages/${encodeURIComponent(id)}/reactions`, { body: { contact: contact(), emojis: ["👍"] } })).toMatchObject({ status: 200, body: { applied: true } });
  expect(await call("PUT", `/messages/${encodeURIComponent(id)}/reactions`, { body: { contact: contact("nobody"), emojis: ["👍"] } })).toMatchObject({ status: 404 });
  expect(await call("DELETE", `/messages/m-1?contact=${encodeURIComponent(contact().id)}`)).toMatchObject({ status: 200, body: { applied: true } });
  expect(await call("DELETE", "/messages/m-2?contact=nobody")).toMatchObject({ status: 404, body: { code: "MESSAGE_UNKNOWN" } });
  const [incoming, outgoing] = [(await messages()).find((m) => m.kind === "incoming")!, (await messages()).find((m) => m.kind === "outgoing")!];
  expect({ body: incoming.body, deleted: incoming.deletedAt !== undefined }).toEqual({ body: "Hello", deleted: true });
  expect(outgoing.reactions).toMatchObject([{ emoji: "👍", from: "contact" }]);
});

test("who a contact is: made once, filled in later, never over what an agent corrected", async () => {
  const { call, line, store, conversation, settle, contact } = await buildApi();
  const made = await call("POST", "/contacts", { body: contact() });
  expect(made).toMatchObject({ status: 201, body: { id: "+4915112345678", name: "+4915112345678" } });
  await line("Hi");
  await settle();
  expect((await conversation()).contactName).toBe("+4915112345678");
  expect(await call("POST", "/contacts", { body: contact("+4915112345678", { name: "Ana", email: "ana@example.com", phone: "+4915112345678" }) })).toMatchObject({ status: 200, body: { contactId: made.body["contactId"], name: "Ana", email: "ana@example.com" } });
  expect((await conversation()).contactName).toBe("Ana");
  await store.contacts.updateOne({ email: "ana@example.com" }, { $set: { name: "Ana Costa" } });
  await call("POST", "/contacts", { body: contact("+4915112345678", { name: "ana99", email: "other@example.com" }) });
  expect(await call("GET", `/contacts/${encodeURIComponent("+4915112345678")}`)).toMatchObject({ status: 200, body: { name: "Ana Costa", email: "ana@example.com", phone: "+4915112345678" } });
  expect(await call("GET", "/contacts/nobody")).toMatchObject({ status: 404, body: { code: "NOT_FOUND" } });
});

test("a contact's picture stands beside their lines: the newest that was told, an https address or none", async () => {
  const { call, line, settle, desk, conversation, contact, store } = await buildApi();
  const shown = async () => desk.threads.get((await conversation()).thread!.id)!.posts.filter(({ post }) => post.kind === "customer").map(({ post }) => post.author.avatar);
  await line("No face yet");
  await settle();
  const told = await call("POST", "/contacts", { body: contact(undefined, { avatar: "https://Pictures.example.com/ana 1.png" }) });
  expect(told.body).toMatchObject({ avatar: "https://pictures.example.com/ana%201.png" });
  await line("Now with one");
  await settle();
  await line("Another", { contact: contact(undefined, { avatar: "https://pictures.example.com/ana2.png" }) });
  await settle();
  expect(await shown()).toEqual([undefined, "https://pictures.example.com/ana%201.png", "https://pictures.example.com/ana2.png"]);
  expect(await store.contacts.findOne({ _id: told.body["contactId"] as string })).toMatchObject({ avatar: "https://pictures.example.com/ana2.png" });
  for (const avatar of ["http://pictures.example.com/a.png", "https://localhost/a.png", "https://10.0.0.1/a.png", "https://me:secret@pictures.example.com/a.png", "data:image/png;base64,AAAA", "javascript:alert(1)", `https://pictures.example.com/${"a".repeat(1_000)}`]) {
    const { body } = await call("POST", "/contacts", { body: contact(undefined, { avatar }) });
    expect([body["code"], (body["errors"] as { path: string }[])[0]!.path], avatar).toEqual(["BAD_BODY", "avatar"]);
  }
});

test("an identity hash must fit when it comes, and must come when it is required", async () => {
  const identitySecret = "the identity secret of the test";
  const { call, addInbox, store } = await buildApi({ inboxSettings: { identitySecret } });
  const hash = createHmac("sha256", identitySecret).update("ana").digest("hex");
  const send = (contact: object, key = KEY) => call("POST", "/messages", { body: { contact, id: `m${Math.random()}`, text: "Hi" }, key });
  expect(await send({ id: "ana" })).toMatchObject({ status: 201 });
  expect(await send({ id: "ana", hash: hash.toUpperCase() })).toMatchObject({ status: 201 });
  expect(await send({ id: "ben", hash })).toMatchObject({ status: 401, body: { code: "BAD_SIGNATURE" } });
  const strictKey = "strict.a-test-key-that-is-long-enough-02";
  const strict = await addInbox({ key: strictKey, identitySecret, identityRequired: true });
  expect(await send({ id: "ana" }, strictKey)).toMatchObject({ status: 401, body: { code: "BAD_SIGNATURE" } });
  expect(await call("GET", "/contacts/ana/messages", { key: strictKey })).toMatchObject({ status: 401, body: { code: "BAD_SIGNATURE" } });
  expect(await store.identities.countDocuments({ inboxId: strict._id })).toBe(0);
  expect(await send({ id: "ana", hash }, strictKey)).toMatchObject({ status: 201 });
  expect(await call("GET", `/contacts/ana/messages?hash=${hash}`, { key: strictKey })).toMatchObject({ status: 200, body: { last: 1 } });
});

test("files come up, go along with a line, and come down to their own inbox alone", async () => {
  const { call, line, upload, addInbox, messages, store } = await buildApi();
  const { body: file, status } = await upload("menu é.pdf", Buffer.from("%PDF-1.7 menu"), "application/pdf");
  expect({ status, file }).toMatchObject({ status: 201, file: { name: "menu é.pdf", type: "application/pdf", bytes: 13 } });
  const fileIds = [file["fileId"] as string];
  const sent = await line("", { id: "m-1", fileIds });
  expect((await messages(sent.conversationId))[0]!.files).toMatchObject([{ fileId: fileIds[0], state: "ready" }]);
  expect(await call("POST", "/messages", { body: { contact: { id: "+4915112345678" }, id: "m-1", text: "" , fileIds: [] } })).toMatchObject({ status: 400 });
  const down = await call("GET", `/files/${fileIds[0]!}`);
  expect({ text: down.raw.toString(), type: down.headers["content-type"] }).toEqual({ text: "%PDF-1.7 menu", type: "application/pdf" });
  const key = "other.a-test-key-that-is-long-enough-03";
  await addInbox({ key });
  expect(await call("GET", `/files/${fileIds[0]!}`, { key })).toMatchObject({ status: 404, body: { code: "FILE_UNKNOWN" } });
  expect(await call("POST", "/messages", { body: { contact: { id: "x" }, id: "m", text: "", fileIds }, key })).toMatchObject({ status: 404, body: { code: "FILE_UNKNOWN" } });
  expect(await upload("photo.bin", Buffer.alloc(5_000_000, 1))).toMatchObject({ status: 201, body: { bytes: 5_000_000 } });
  expect(await upload("run.exe", Buffer.from("MZ"))).toMatchObject({ status: 415, body: { code: "WRONG_TYPE" } });
  expect(await upload("big.bin", Buffer.alloc(26 * 1024 * 1024))).toMatchObject({ status: 413, body: { code: "FILE_TOO_LARGE" } });
  expect(await store.db.collection("files.files").countDocuments()).toBe(2);
});

test("typing reaches the thread", async () => {
  const { call, line, settle, desk, contact } = await buildApi();
  await line("Hi");
  await settle();
  expect(await call("POST", "/typing", { body: { contact: contact(), typing: true } })).toMatchObject({ status: 204 });
  await expect.poll(() => desk.typing.length, { timeout: 40_000 }).toBe(1);
});

test("only the key of an inbox that is on opens anything", async () => {
  const { call, store, inbox, core } = await buildApi();
  const body = { contact: { id: "a" }, id: "m", text: "Hi" };
  expect(await call("POST", "/messages", { body, key: null })).toMatchObject({ status: 401, body: { code: "NO_TOKEN" } });
  for (const key of ["sms.a-test-key-that-is-long-enough-0002", "nobody.a-test-key-that-is-long-enough", "sms", `${KEY}x`]) {
    expect(await call("POST", "/messages", { body, key })).toMatchObject({ status: 401, body: { code: "BAD_TOKEN" } });
  }
  await store.inboxes.updateOne({ _id: inbox._id }, { $set: { enabled: false } });
  const { forgetSettings } = await import("../../src/core/services/inbox-settings.ts");
  forgetSettings(core);
  expect(await call("POST", "/messages", { body })).toMatchObject({ status: 422, body: { code: "NOT_POSSIBLE" } });
  expect(await store.messages.countDocuments()).toBe(0);
});

const ok = { contact: { id: "a" }, id: "m", text: "Hi" };
const REFUSED: [string, string, string, unknown, number, string][] = [
  ["not JSON", "POST", "/messages", "{", 400, "BAD_JSON"],
  ["no body", "POST", "/messages", undefined, 400, "BAD_BODY"],
  ["a list", "POST", "/messages", [], 400, "BAD_BODY"],
  ["an unknown field", "POST", "/messages", { ...ok, admin: true }, 400, "BAD_BODY"],
  ["no contact", "POST", "/messages", { id: "m", text: "Hi" }, 400, "BAD_BODY"],
  ["a contact's id with a line break", "POST", "/messages", { ...ok, contact: { id: "a\nb" } }, 400, "BAD_BODY"],
  ["a long contact's id", "POST", "/messages", { ...ok, contact: { id: "a".repeat(121) } }, 400, "BAD_BODY"],
  ["an id with a colon", "POST", "/messages", { ...ok, id: "a:b" }, 400, "BAD_BODY"],
  ["an object for a text", "POST", "/messages", { ...ok, text: { $gt: "" } }, 400, "BAD_BODY"],
  ["an empty text", "POST", "/messages", { ...ok, text: " \n" }, 400, "BAD_BODY"],
  ["a long text", "POST", "/messages", { ...ok, text: "a".repeat(20_001) }, 413, "TEXT_TOO_LONG"],
  ["a huge body", "POST", "/messages", { ...ok, text: "a".repeat(600_000) }, 413, "BODY_TOO_LARGE"],
  ["half a character", "POST", "/messages", "{\"contact\":{\"id\":\"a\"},\"id\":\"m\",\"text\":\"\\ud800\"}", 400, "BAD_TEXT"],
  ["a strange file", "POST", "/messages", { ...ok, fileIds: ["nothing"] }, 404, "FILE_UNKNOWN"],
  ["a strange conversation", "POST", "/messages", { ...ok, conversation: "nothing" }, 404, "CONVERSATION_UNKNOWN"],
  ["a time that is none", "POST", "/messages", { ...ok, sentAt: "yesterday" }, 400, "BAD_BODY"],
  ["a bad e-mail address", "POST", "/contacts", { id: "a", email: "x" }, 400, "BAD_BODY"],
  ["a status that is none", "POST", "/messages/0123456789abcdef01234567:0/status", { status: "seen" }, 400, "BAD_BODY"],
  ["a reply that is none", "POST", "/messages/0123456789abcdef01234567:0/status", { status: "read" }, 404, "MESSAGE_UNKNOWN"],
  ["a reply's id that is none", "POST", "/messages/%7B%24ne%3A1%7D/status", { status: "read" }, 404, "MESSAGE_UNKNOWN"],
  ["an unknown contact's read", "POST", "/read", { contact: { id: "nobody" } }, 404, "NOT_FOUND"],
  ["both directions", "GET", "/contacts/a/messages?after=1&before=2", undefined, 400, "BAD_QUERY"],
  ["a file as JSON", "POST", "/files", {}, 415, "WRONG_TYPE"],
  ["no such call", "GET", "/nothing", undefined, 404, "NOT_FOUND"],
  ["no such method", "DELETE", "/contacts/a", undefined, 404, "NOT_FOUND"],
  ["a callback that is not in the log", "POST", "/deliveries/nothing/replay", undefined, 404, "NOT_FOUND"],
];
test("what is not as it should be is refused in words, and nothing is stored", async () => {
  const { call, store } = await buildApi();
  for (const [what, method, path, body, status, code] of REFUSED) {
    const answer = await call(method, path, body === undefined ? {} : { body });
    expect(answer, what).toMatchObject({ status, body: { code, title: expect.any(String), detail: answer.body["message"] } });
  }
  expect(await Promise.all([store.messages, store.conversations, store.contacts, store.identities].map((one) => one.countDocuments()))).toEqual([0, 0, 0, 0]);
});

test("who calls too often is told when to come back", async () => {
  const start = new Date();
  const { call } = await buildApi({ limits: { rateLimits: true }, clock: Object.assign(new TestClock(), { now: () => start }) });
  const answers = await Promise.all(Array.from({ length: 110 }, (_, n) => call("POST", "/typing", { body: { contact: { id: "a" }, typing: n % 2 === 0 } })));
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThan(0);
  expect(refused[0]).toMatchObject({ body: { code: "TOO_MANY" }, headers: { "retry-after": expect.stringMatching(/^\d+$/) } });
  const badKeys = await Promise.all(Array.from({ length: 65 }, () => call("GET", "/deliveries", { key: "sms.a-test-key-that-is-long-enough-0002" })));
  expect(badKeys.some(({ status }) => status === 429)).toBe(true);
});
