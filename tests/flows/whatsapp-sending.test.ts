/** Sending through the adapter to the fake Graph API: what arrives, and what each of Meta's refusals becomes. */
import { createServer } from "node:net";
import { buffer } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { DeliveryError } from "../../src/core/errors.ts";
import { checkWhatsApp } from "../../src/channels/whatsapp/checks.ts";
import { whatsappKind } from "../../src/channels/whatsapp/kind.ts";
import type { Fault } from "../fakes/whatsapp/faults.ts";
import { FakeWhatsApp } from "../fakes/whatsapp/server.ts";
import { wireWhatsApp, type WiredOptions } from "../fakes/whatsapp/wire.ts";

async function setUp(options: WiredOptions = {}) {
  const fake = await FakeWhatsApp.start();
  onTestFinished(() => fake.close());
  const wired = wireWhatsApp(fake, options);
  const ana = fake.user({ phone: "16505551234" });
  const to = { inboxId: "inbox-whatsapp", address: "16505551234" };
  const attach: Awaited<ReturnType<typeof wired.files.put>>[] = [];
  const send = async (body: string, signal = AbortSignal.timeout(10_000)) => {
    for (const part of wired.adapter.plan({ id: "m", body, files: attach, author: { name: "Mia" } })) await wired.adapter.sendPart(to, part, `m:${part.index}`, signal);
  };
  const failure = async (run: Promise<unknown>) => {
    const error: unknown = await run.then(() => null, (thrown: unknown) => thrown);
    if (!(error instanceof DeliveryError)) throw new Error(`Expected a DeliveryError, got ${String(error)}`);
    const { certain, permanent = false, retryAfterMs } = error.o;
    return { code: error.code, certain, permanent, text: error.tellAgent, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  };
  const file = async (name: string, type: string, bytes = 10) => wired.files.put({ name, type, owner: "a" }, Buffer.alloc(bytes, 1), 200_000_000);
  return { fake, ana, to, send, failure, file, attach, ...wired };
}

test("marks become WhatsApp's own, a long reply arrives in order and whole", async () => {
  const { ana, send } = await setUp();
  await send("**Hello** *Ana* ~~no~~ `code` [our shop](https://acme.example) <b>\n\n```\nx = 1\n```");
  expect(ana.sees[0]!.text).toBe("*Hello* _Ana_ ~no~ `code` our shop (https://acme.example) <b>\n\n```x = 1```");
  await send(`${"word ".repeat(1_500)}**end**`);
  expect(ana.sees).toHaveLength(3);
  expect(ana.sees[2]!.text).toMatch(/\*end\*$/);
});

test("files go as what they are, with a caption where that can be; what is too large for its kind goes as a document", async () => {
  const { ana, send, attach, file } = await setUp();
  attach.push(await file("a.jpg", "image/jpeg"));
  await send("look");
  attach[0] = await file("v.ogg", "audio/ogg");
  await send("listen");
  attach[0] = await file("ä; \"1\".pdf", "application/pdf");
  attach[1] = await file("clip.mp4", "video/mp4");
  await send("");
  expect(ana.sees.map(({ kind, text, file: sent }) => [kind, text, sent?.filename, sent?.bytes])).toEqual([
    ["image", "look", "a.jpg", 10], ["text", "listen", undefined, undefined], ["audio", "", "v.ogg", 10], ["document", "", "ä; \"1\".pdf", 10], ["video", "", "clip.mp4", 10],
  ]);
});

test("what WhatsApp does not take is refused with what to do, before or after it was asked", async () => {
  const { fake, send, failure, attach, file } = await setUp();
  attach.push(await file("a.zip", "application/zip"));
  expect(await failure(send(""))).toMatchObject({ code: "NOT_SUPPORTED", permanent: true, text: expect.stringContaining("a.zip (application/zip)") });
  attach[0] = await file("big.pdf", "application/pdf", 100_000_001);
  expect(await failure(send(""))).toMatchObject({ code: "TOO_LARGE", permanent: true });
  attach[0] = { ...attach[0], fileId: "never-was" };
  expect(await failure(send(""))).toMatchObject({ code: "REFUSED", permanent: true });
  attach[0] = await file("a.pdf", "application/pdf");
  fake.fault({ call: "media", do: { reset: "after" } });
  expect(await failure(send(""))).toMatchObject({ code: "UNREACHABLE", certain: true, permanent: false });
  expect(fake.callsOf("messages")).toEqual([]);
});

const once = { certain: true, permanent: true };
test.each<[string, Fault["do"], object, string]>([
  ["window closed", { code: 131047 }, { code: "WINDOW_CLOSED", ...once }, "/template"],
  ["undeliverable", { code: 131026 }, { code: "REFUSED", ...once }, "not on WhatsApp"],
  ["marketing stopped by the customer", { code: 131050 }, { code: "BLOCKED_BY_CONTACT", ...once }, "stopped marketing"],
  ["marketing cap", { code: 131049 }, { code: "REFUSED", ...once }, "Utility"],
  ["spam limit", { code: 131048 }, { code: "REFUSED", ...once }, "Quality"],
  ["pair rate", { code: 131056 }, { code: "RATE_LIMITED", certain: true, permanent: false, retryAfterMs: 6_000 }, "waits"],
  ["throughput", { code: 130429 }, { code: "RATE_LIMITED", certain: true, permanent: false, retryAfterMs: 1_000 }, "waits"],
  ["app limit, with its own wait", { code: 4, status: 403, retryAfter: 90 }, { code: "RATE_LIMITED", certain: true, permanent: false, retryAfterMs: 90_000 }, "hour"],
  ["account limit", { code: 80007 }, { code: "RATE_LIMITED", certain: true, permanent: false, retryAfterMs: 60_000 }, "account"],
  ["token", { code: 190, status: 401 }, { code: "BAD_CREDENTIALS", ...once }, "new one"],
  ["permission", { code: 230, status: 403 }, { code: "BAD_CREDENTIALS", ...once }, "whatsapp_business_messaging"],
  ["policy", { code: 368 }, { code: "REFUSED", ...once }, "policies"],
  ["not registered", { code: 133010 }, { code: "REFUSED", ...once }, "Register"],
  ["template values", { code: 132000 }, { code: "REFUSED", ...once }, "/template"],
  ["template unknown", { code: 132001, status: 404 }, { code: "REFUSED", ...once }, "language"],
  ["unsupported", { code: 131051 }, { code: "NOT_SUPPORTED", ...once }, "kind of message"],
  ["parameter, in Meta's words", { code: 131009, details: "Reaction is older than 30 days" }, { code: "REFUSED", ...once }, "Reaction is older than 30 days."],
  ["a passing fault", { code: 131016, status: 500 }, { code: "UNREACHABLE", certain: true, permanent: false }, "tried again"],
  ["a code that is new to us", { code: 139999, details: "Something new" }, { code: "REFUSED", ...once }, "(139999): Something new."],
  ["out of service", { code: 2, status: 503 }, { code: "UNREACHABLE", certain: false, permanent: false }, "not known yet"],
  ["502 after the effect", { status: 502, after: true }, { code: "UNREACHABLE", certain: false, permanent: false }, "not known yet"],
  ["429 without a code", { status: 429 }, { code: "RATE_LIMITED", certain: true, permanent: false, retryAfterMs: 5_000 }, "wait"],
  ["401 without a code", { status: 401 }, { code: "BAD_CREDENTIALS", ...once }, "new one"],
  ["reset", { reset: "after" }, { code: "UNREACHABLE", certain: false, permanent: false }, "not known yet"],
])("%s", async (_name, fault, wanted, words) => {
  const { fake, send, failure } = await setUp();
  fake.fault({ call: "messages", do: fault });
  const { text, ...facts } = await failure(send("Hello"));
  expect(facts).toEqual(wanted);
  expect(text).toContain(words);
  expect(fake.callsOf("messages")).toHaveLength(1);
});

test("a refused connection is certain", async () => {
  const closed = createServer();
  await new Promise<void>((done) => { closed.listen(0, "127.0.0.1", done); });
  const { port } = closed.address() as { port: number };
  await new Promise<void>((done) => { closed.close(() => done()); });
  const { send, failure } = await setUp({ apiUrl: `http://127.0.0.1:${port}` });
  expect(await failure(send("Hello"))).toMatchObject({ code: "UNREACHABLE", certain: true, permanent: false });
});

test("a number at a stop is told to Health, once it works again too", async () => {
  const { fake, send, failure, troubles } = await setUp();
  fake.revoked = true;
  await failure(send("one"));
  fake.revoked = false;
  await send("two");
  expect(troubles).toEqual(["BAD_CREDENTIALS", null]);
  fake.fault({ call: "messages", do: { code: 131026 } });
  await failure(send("three"));
  expect(troubles).toHaveLength(2);
});

test("one customer gets 45 at once, then one each 6 s; Meta's own wait holds that customer or the number", async () => {
  const clock = { ms: 1_000_000, now() { return new Date(this.ms); } };
  const { fake, adapter, to, send, failure } = await setUp({ rateLimits: true, clock });
  for (let n = 0; n < 45; n++) await send("x");
  expect(await failure(send("x"))).toMatchObject({ code: "RATE_LIMITED", retryAfterMs: 6_000 });
  expect(fake.callsOf("messages")).toHaveLength(45);
  clock.ms += 6_000;
  fake.fault({ call: "messages", do: { code: 131056 } });
  expect(await failure(send("x"))).toMatchObject({ retryAfterMs: 6_000 });
  const [part] = adapter.plan({ id: "m", body: "hi", files: [], author: { name: "Mia" } });
  const other = () => adapter.sendPart({ ...to, address: "16505550000" }, part!, "k", AbortSignal.timeout(5_000));
  await other();
  fake.fault({ call: "messages", do: { code: 80007 } });
  expect(await failure(other())).toMatchObject({ retryAfterMs: 60_000 });
  clock.ms += 30_000;
  expect(await failure(send("x"))).toMatchObject({ retryAfterMs: 30_000 });
  clock.ms += 30_000;
  await send("x");
});

test("files are fetched whole with our token, and only from Meta", async () => {
  const { fake, adapter, failure } = await setUp();
  const signal = AbortSignal.timeout(5_000);
  const id = fake.addMedia(Buffer.from("%PDF-1.7 the offer"), "application/pdf");
  const fetched = await adapter.fetchFile(id, signal);
  expect([(await buffer(fetched.stream)).toString(), fetched.type, fetched.bytes]).toEqual(["%PDF-1.7 the offer", "application/pdf", 18]);
  expect(await failure(adapter.fetchFile("900000000000009", signal))).toMatchObject({ code: "REFUSED", permanent: true });
  fake.fault({ call: "file", do: { status: 500 } });
  expect(await failure(adapter.fetchFile(id, signal))).toMatchObject({ code: "UNREACHABLE", certain: true, permanent: false });
  fake.fileOrigin = "https://files.example.com";
  expect(await failure(adapter.fetchFile(id, signal))).toMatchObject({ code: "REFUSED" });
});

test("typing is shown under the newest line of whoever wrote", async () => {
  const { fake, adapter, to } = await setUp();
  await adapter.showTyping(to, true, "Mia");
  expect(fake.callsOf("messages")).toEqual([]);
  const said = fake.user({ phone: to.address }).text("hello");
  const body = fake.raw(fake.payload(said));
  await adapter.receive({ headers: { "x-hub-signature-256": fake.sign(body) }, body });
  await adapter.showTyping(to, true, "Mia");
  await adapter.showTyping(to, false, "Mia");
  expect(fake.callsOf("messages").map((call) => call.body)).toEqual([{ messaging_product: "whatsapp", status: "read", message_id: said.id, typing_indicator: { type: "text" } }]);
});

test("templates are read over all pages, kept, and read anew when Meta tells of a review", async () => {
  const { fake, adapter } = await setUp();
  fake.templates = ["e", "d", "c", "b", "a"].map((name) => ({ name, language: "en", status: "APPROVED", category: "UTILITY", components: [{ type: "BODY", text: name }] }));
  fake.templates.push({ name: "carousel", language: "en", status: "APPROVED", category: "MARKETING", components: [{ type: "BODY", text: "x" }, { type: "CAROUSEL" }] });
  const names = async () => (await adapter.templates(AbortSignal.timeout(5_000))).map(({ name }) => name);
  expect(await names()).toEqual(["a", "b", "c", "d", "e"]);
  await names();
  expect(fake.callsOf("templates")).toHaveLength(3);
  fake.templates = [];
  const body = fake.raw(fake.payload({ field: "message_template_status_update", value: { event: "DISABLED", message_template_name: "a" } }));
  await adapter.receive({ headers: { "x-hub-signature-256": fake.sign(body) }, body });
  expect(await names()).toEqual([]);
});

test("doctor says what works, and what mends the rest", async () => {
  const { fake } = await setUp();
  const config = { phoneNumberId: fake.phoneNumberId, wabaId: fake.wabaId, apiUrl: fake.apiUrl };
  const look = async (publicUrl: string | null) => (await checkWhatsApp({ config, accessToken: fake.accessToken, publicUrl })).map(({ state, text }) => `${state}: ${text}`);
  expect(await look("https://desk.example.com")).toEqual([
    expect.stringMatching(/^ok: the number works: .*quality high/), expect.stringMatching(/^warn: no approved template/), expect.stringContaining(`https://desk.example.com/hooks/whatsapp/${fake.phoneNumberId}`),
  ]);
  fake.revoked = true;
  expect(await look(null)).toEqual([expect.stringMatching(/^fail: .*access token has expired/), expect.stringMatching(/^warn: the templates can't be read/), expect.stringMatching(/^fail: PUBLIC_URL/)]);
});

test("settings say in words what is wrong, and take numbers as they stand", () => {
  const right = { phoneNumberId: 106540352242922, wabaId: "102290129340398", accessToken: "EAAG-token", appSecret: "0123456789abcdef", verifyToken: "our-own-word" };
  const said = (settings: object) => { const read = whatsappKind.settings.safeParse(settings); return read.success ? "fine" : read.error.issues.map((issue) => issue.message).join("; "); };
  expect(said(right)).toBe("fine");
  expect(whatsappKind.read(whatsappKind.settings.parse(right))).toEqual({
    identity: "106540352242922", config: { phoneNumberId: "106540352242922", wabaId: "102290129340398", apiUrl: "https://graph.facebook.com/v26.0" },
    secrets: { accessToken: "EAAG-token", appSecret: "0123456789abcdef", verifyToken: "our-own-word" },
  });
  for (const field of ["phoneNumberId", "wabaId", "accessToken", "appSecret", "verifyToken"]) expect(said({ ...right, [field]: undefined })).toContain(`needs \`${field}\``);
  expect(said({ ...right, phoneNumberId: "+1 555" })).toContain("no phone number");
  expect(said({ ...right, apiUrl: "ftp://x" })).toContain("apiUrl");
  expect(said({ ...right, tokn: "x" })).not.toBe("fine");
});
