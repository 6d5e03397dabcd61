/** Sending through the adapter to the fake Bot API: what arrives, and what each of Telegram's refusals becomes. */
import { createServer } from "node:net";
import { buffer } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { DeliveryError } from "../../src/core/errors.ts";
import { canDelete, canEdit, canFetch, canReact, canType, type ChannelAdapter } from "../../src/core/ports.ts";
import { telegramKind } from "../../src/channels/telegram/kind.ts";
import type { Fault } from "../fakes/telegram/faults.ts";
import { FakeTelegram } from "../fakes/telegram/server.ts";
import { wireTelegram, type WiredOptions } from "../fakes/telegram/wire.ts";

async function setUp(options: WiredOptions = {}) {
  const fake = await FakeTelegram.start();
  onTestFinished(() => fake.close());
  const ana = fake.user(1, "Ana");
  const wired = wireTelegram(fake, options);
  const to = { inboxId: "inbox-telegram", address: "1" };
  const files: Awaited<ReturnType<typeof wired.files.put>>[] = [];
  const send = async (body: string, signal = AbortSignal.timeout(10_000)) => {
    for (const part of wired.adapter.plan({ id: "m", body, files, author: { name: "Mia" } })) await wired.adapter.sendPart(to, part, `m:${part.index}`, signal);
  };
  const failure = async (run: Promise<unknown>) => {
    const error: unknown = await run.then(() => null, (thrown: unknown) => thrown);
    if (!(error instanceof DeliveryError)) throw new Error(`Expected a DeliveryError, got ${String(error)}`);
    const { certain, permanent = false, retryAfterMs } = error.o;
    return { code: error.code, certain, permanent, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  };
  return { fake, ana, to, send, failure, attach: files, ...wired };
}
const all = (a: ChannelAdapter) => { if (!canEdit(a) || !canDelete(a) || !canReact(a) || !canType(a) || !canFetch(a)) throw new Error("Telegram can do all of these."); return a; };

test("a formatted, long reply arrives in order and whole", async () => {
  const { ana, send } = await setUp();
  await send(`**Hello** _Ana_ <b>\n\n${"word ".repeat(1_500)}end`);
  expect(ana.sees).toHaveLength(2);
  expect(ana.sees[0]).toMatchObject({ text: expect.stringMatching(/^Hello Ana <b>\n\nword/), entities: [{ type: "bold", offset: 0, length: 5 }, { type: "italic", offset: 6, length: 3 }] });
  expect(ana.sees[1]!.text).toMatch(/end$/);
});

test("pictures, voice and files are uploaded; a picture that isn't one goes as a file", async () => {
  const { fake, ana, send, files, attach } = await setUp();
  const png = Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), Buffer.alloc(200_000)]);
  attach.push(await files.put({ name: "été; 1.png", type: "image/png", owner: "a" }, png, 1e6));
  await send("look");
  attach[0] = await files.put({ name: "v.ogg", type: "audio/ogg", owner: "a" }, Buffer.from("OggS"), 1e6);
  attach[1] = await files.put({ name: "a.png", type: "image/png", owner: "a" }, Buffer.from("not a picture"), 1e6);
  await send("");
  expect(ana.sees.map(({ kind, text, file }) => [kind, text, file?.bytes])).toEqual([["photo", "look", png.length], ["voice", "", 4], ["document", "", 13]]);
  expect(fake.callsOf("sendPhoto")).toHaveLength(2);
});

test("edit, caption, reaction, typing, delete", async () => {
  const { fake, ana, to, send, adapter, files, attach, failure } = await setUp();
  const telegram = all(adapter), signal = AbortSignal.timeout(5_000);
  const part = (body: string) => telegram.plan({ id: "m", body, files: [], author: { name: "Mia" } })[0]!;
  attach.push(await files.put({ name: "a.pdf", type: "application/pdf", owner: "a" }, Buffer.from("%PDF-"), 100));
  await send("with a file");
  await telegram.editPart(to, "1:1", part("**better**"), signal);
  expect(ana.sees[0]).toMatchObject({ kind: "document", text: "better", edited: true, entities: [{ type: "bold" }] });
  const said = ana.says("thanks");
  await telegram.react(to, `1:${said.messageId}`, ["👍", "❤️"], signal);
  expect(fake.state.botReactions.get(`1:${said.messageId}`)).toEqual(["❤"]);
  expect(await failure(telegram.react(to, `1:${said.messageId}`, ["🪿"], signal))).toMatchObject({ code: "NOT_SUPPORTED", permanent: true });
  await telegram.react(to, `1:${said.messageId}`, [], signal);
  expect(fake.state.botReactions.get(`1:${said.messageId}`)).toEqual([]);
  await telegram.showTyping(to, true, "Mia");
  await telegram.showTyping(to, false, "Mia");
  expect(fake.callsOf("sendChatAction")).toHaveLength(1);
  await telegram.deletePart(to, "1:1", signal);
  await telegram.deletePart(to, "1:1", signal);
  expect(ana.sees).toEqual([]);
  expect(await failure(telegram.editPart(to, "1:1", part("late"), signal))).toMatchObject({ code: "REFUSED", certain: true, permanent: true });
  expect(await failure(telegram.deletePart(to, "elsewhere", signal))).toMatchObject({ code: "REFUSED", certain: true });
});

const permanent = { certain: true, permanent: true };
test.each<[string, Fault["do"], object]>([
  ["blocked", { status: 403 }, { code: "BLOCKED_BY_CONTACT", ...permanent }],
  ["gone", { status: 403, description: "Forbidden: user is deactivated" }, { code: "CONTACT_GONE", ...permanent }],
  ["no such chat", { status: 400, description: "Bad Request: chat not found" }, { code: "CONTACT_GONE", ...permanent }],
  ["refused", { status: 400 }, { code: "REFUSED", ...permanent }],
  ["bad token", { status: 401 }, { code: "BAD_CREDENTIALS", ...permanent }],
  ["too large", { status: 413 }, { code: "TOO_LARGE", ...permanent }],
  ["rate limit", { status: 429, retryAfter: 9 }, { code: "RATE_LIMITED", certain: true, permanent: false, retryAfterMs: 9_000 }],
  ["500", { status: 500 }, { code: "UNREACHABLE", certain: false, permanent: false }],
  ["502 after the effect", { status: 502, after: true }, { code: "UNREACHABLE", certain: false, permanent: false }],
  ["reset", { reset: "after" }, { code: "UNREACHABLE", certain: false, permanent: false }],
  ["no answer", { hang: "after" }, { code: "TIMEOUT", certain: false, permanent: false }],
])("%s", async (_name, fault, wanted) => {
  const { fake, ana, send, failure } = await setUp();
  fake.fault({ method: "sendMessage", do: fault });
  const late = new AbortController();
  const failed = failure(send("Hello", late.signal));
  if ("hang" in fault) {
    await expect.poll(() => ana.sees, { timeout: 40_000 }).toHaveLength(1);
    late.abort(new DOMException("The call took too long.", "TimeoutError"));
  }
  expect(await failed).toEqual(wanted);
  expect(fake.callsOf("sendMessage")).toHaveLength(1);
});

test("a refused connection is certain", async () => {
  const closed = createServer();
  await new Promise<void>((done) => { closed.listen(0, "127.0.0.1", done); });
  const { port } = closed.address() as { port: number };
  await new Promise<void>((done) => { closed.close(() => done()); });
  const { send, failure } = await setUp({ apiRoot: `http://127.0.0.1:${port}` });
  expect(await failure(send("Hello"))).toEqual({ code: "UNREACHABLE", certain: true, permanent: false });
});

test("a customer who blocks is told apart by Telegram's own answer", async () => {
  const { ana, send, failure } = await setUp();
  ana.blocks();
  expect(await failure(send("Hello"))).toMatchObject({ code: "BLOCKED_BY_CONTACT" });
  ana.unblocks();
  await send("Hello");
  expect(ana.sees).toHaveLength(1);
});

test("our own limit waits before the call, and Telegram's wait holds the chat back", async () => {
  const clock = { ms: 1_000_000, now() { return new Date(this.ms); } };
  const { fake, send, failure } = await setUp({ rateLimits: true, clock });
  await send("one");
  expect(await failure(send("two"))).toEqual({ code: "RATE_LIMITED", certain: true, permanent: false, retryAfterMs: 1_000 });
  expect(fake.callsOf("sendMessage")).toHaveLength(1);
  clock.ms += 1_000;
  fake.fault({ do: { status: 429, retryAfter: 5 } });
  expect(await failure(send("two"))).toMatchObject({ retryAfterMs: 5_000 });
  clock.ms += 2_000;
  expect(await failure(send("two"))).toMatchObject({ retryAfterMs: 3_000 });
  clock.ms += 3_000;
  await send("two");
  expect(fake.callsOf("sendMessage")).toHaveLength(3);
});

test("a long reply is edited and taken back at once, whatever the limit on sending", async () => {
  const clock = { ms: 1_000_000, now() { return new Date(this.ms); } };
  const { ana, to, adapter } = await setUp({ rateLimits: true, clock });
  const telegram = all(adapter), signal = AbortSignal.timeout(5_000);
  const parts = (word: string) => telegram.plan({ id: "m", body: `${word} `.repeat(2_500), files: [], author: { name: "Mia" } });
  for (const part of parts("first")) { await telegram.sendPart(to, part, "k", signal); clock.ms += 1_000; }
  const sent = ana.sees.map(({ messageId }) => `1:${messageId}`);
  expect(sent.length).toBeGreaterThan(2);
  for (const [i, part] of parts("other").entries()) await telegram.editPart(to, sent[i]!, part, signal);
  expect(ana.sees.every(({ text, edited }) => edited && text.startsWith("other"))).toBe(true);
  for (const id of sent) await telegram.deletePart(to, id, signal);
  expect(ana.sees).toEqual([]);
});

test("files: fetched whole, told when too large or gone", async () => {
  const { fake, ana, adapter, failure } = await setUp();
  const telegram = all(adapter), signal = AbortSignal.timeout(5_000);
  const content = Buffer.from("%PDF-1.7 the offer");
  const remoteOf = (said: { message: { [field: string]: unknown } }) => (said.message.document as { file_id: string }).file_id;
  const fetched = await telegram.fetchFile(remoteOf(ana.sendsDocument({ content })), signal);
  expect(await buffer(fetched.stream)).toEqual(content);
  expect(fetched.bytes).toBe(content.length);
  expect(await failure(telegram.fetchFile(remoteOf(ana.sendsDocument({ size: 30_000_000 })), signal))).toMatchObject({ code: "TOO_LARGE", certain: true, permanent: true });
  expect(await failure(telegram.fetchFile("never-was", signal))).toMatchObject({ code: "REFUSED", permanent: true });
  fake.fault({ method: "getFile", do: { status: 500 } });
  expect(await failure(telegram.fetchFile(remoteOf(ana.sendsDocument()), signal))).toMatchObject({ code: "UNREACHABLE" });
});

test("settings say in words what is wrong", () => {
  const said = (settings: object) => { const read = telegramKind.settings.safeParse(settings); return read.success ? "fine" : read.error.issues.map((issue) => issue.message).join("; "); };
  expect(said({ token: "123:abc" })).toBe("fine");
  expect(said({})).toContain("BotFather");
  expect(said({ token: "abc" })).toContain("no bot token");
  expect(said({ token: "123:abc", apiRoot: "ftp://x" })).toContain("apiRoot");
  expect(said({ token: "123:abc", webhook: "yes" })).toContain("webhook");
  expect(said({ token: "123:abc", tokn: "x" })).not.toBe("fine");
});
