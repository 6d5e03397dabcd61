/** Meta calls us: through the real route, with everything that it, or a stranger, may send. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { UserError } from "../../src/core/errors.ts";
import { parseCall } from "../../src/channels/whatsapp/parse.ts";
import { buildWhatsApp } from "../support/whatsapp.ts";

test("Meta's question is answered to who knows our word", async () => {
  const { fake, app } = await buildWhatsApp();
  const ask = async (query: Record<string, string>, name = fake.phoneNumberId) => {
    const { statusCode, payload, headers } = await app.inject({ method: "GET", url: `/hooks/whatsapp/${name}`, query });
    return { status: statusCode, payload, type: headers["content-type"] };
  };
  const right = { "hub.mode": "subscribe", "hub.verify_token": fake.verifyToken, "hub.challenge": "1158201444" };
  expect(await ask(right)).toEqual({ status: 200, payload: "1158201444", type: "text/plain; charset=utf-8" });
  for (const wrong of [{ ...right, "hub.verify_token": "wrong" }, { ...right, "hub.mode": "unsubscribe" }, { ...right, "hub.challenge": "<script>" }, { "hub.mode": "subscribe" }, {}]) {
    expect(await ask(wrong as Record<string, string>)).toMatchObject({ status: 403, payload: expect.stringContaining("NOT_ALLOWED") });
  }
  expect(await ask(right, "nobody")).toMatchObject({ status: 404 });
});

test("not signed, signed with another secret or over other bytes: refused, nothing stored, no secret in the log", async () => {
  const { fake, app, ana, ...help } = await buildWhatsApp();
  const body = fake.raw(fake.payload(ana.text("grüße 📦")));
  const call = async (headers: Record<string, string>, payload: Buffer | string = body) => (await app.inject({ method: "POST", url: `/hooks/whatsapp/${fake.phoneNumberId}`, headers: { "content-type": "application/json", ...headers }, payload })).statusCode;
  const signature = fake.sign(body);
  // The same JSON in other words is other bytes.
  expect(await call({ "x-hub-signature-256": signature }, JSON.stringify(JSON.parse(body.toString())))).toBe(401);
  for (const wrong of ["", "sha256=", signature.slice(0, -1), signature.replace("sha256=", ""), `${signature}0`, signature.replace(/.$/, (last) => (last === "0" ? "1" : "0"))]) expect(await call({ "x-hub-signature-256": wrong })).toBe(401);
  expect(await call({})).toBe(401);
  expect(await call({ "x-hub-signature-256": signature }, "x".repeat(4_500_000))).toBe(413);
  expect(await help.store.messages.countDocuments()).toBe(0);
  expect(JSON.stringify(help.log.lines)).not.toMatch(new RegExp(`${fake.appSecret}|grüße`));
  expect(await call({ "x-hub-signature-256": signature })).toBe(200);
  expect((await help.lines("incoming"))[0]!.body).toBe("grüße 📦");
});

test("what is broken in a batch is left out or told in words, the rest is stored", async () => {
  const { fake, ana, ...help } = await buildWhatsApp();
  const broken = ana.text("x");
  await help.hear(
    { value: { messages: [null, 7, "x", { id: "no-sender", timestamp: "1", type: "text", text: { body: "?" } }, { from: "16505551234", type: "text" }] } },
    { ...broken, value: { ...broken.value, messages: [{ ...(broken.value.messages as object[])[0], timestamp: "99999999999999999" }] } },
    { value: { statuses: [null, { id: "wamid.unknown", status: "read", timestamp: "1", recipient_id: "16505551234" }, { id: "x", status: "warning", timestamp: "1" }] } },
    ana.makes("text", { body: { $gt: "" } }), ana.makes("__proto__", {}), ana.makes("image", { mime_type: "image/png" }), ana.text("a\u0000b"), ana.makes("interactive", { type: "nfm_reply", nfm_reply: { name: "flow", body: "Sent", response_json: "{}" } }),
    ana.text("whole"),
  );
  expect((await help.lines("incoming")).map(({ body }) => body)).toEqual([
    expect.stringContaining('Sent "text"'), expect.stringContaining('Sent "proto"'), expect.stringContaining('Sent "image"'), "ab", "Filled in a form (flow): Sent", "whole",
  ]);
  expect(fake.answered).toEqual([200]);
});

test("a store that is down is a 500, and Meta's next try stores all of it once", async () => {
  const { fake, ana, ...help } = await buildWhatsApp();
  const find = help.store.identities.find.bind(help.store.identities);
  let down = 1;
  help.store.identities.find = ((...args: Parameters<typeof find>) => { if (down-- > 0) throw new Error("the store is down"); return find(...args); }) as typeof find;
  const said = [ana.text("one"), fake.user({ phone: "4915112345678" }).text("two")];
  expect(await fake.tell(...said)).toBe(500);
  await help.hear(...said);
  expect((await help.store.messages.find({ kind: "incoming" }).toArray()).map(({ body }) => body).toSorted()).toEqual(["one", "two"]);
});

/** Keys that mean something, around any JSON: what a call may look like that is almost Meta's. */
const KEYS = ["object", "entry", "changes", "field", "value", "metadata", "phone_number_id", "contacts", "messages", "statuses", "id", "from", "from_user_id", "timestamp", "type", "text", "body", "image", "status", "errors", "code", "context", "system", "reaction", "edit", "wa_id", "user_id", "profile", "name"];
const leaf = fc.oneof(fc.string({ unit: "binary" }), fc.integer(), fc.double(), fc.boolean(), fc.constant(null), fc.constantFrom("messages", "text", "image", "system", "revoke", "failed", "1749854575", "16505551234", "US.1349", "whatsapp_business_account", "__proto__", "\ud800"));
const { anything } = fc.letrec<{ anything: unknown }>((tie) => ({ anything: fc.oneof({ maxDepth: 4 }, leaf, fc.array(tie("anything"), { maxLength: 4 }), fc.dictionary(fc.constantFrom(...KEYS), tie("anything"), { maxKeys: 6 })) }));
const call = (value: fc.Arbitrary<unknown>) => fc.oneof(anything, value.map((one) => ({ object: "whatsapp_business_account", entry: [{ id: "1", changes: [{ field: "messages", value: one }] }] })));
const message = fc.record({ id: leaf, from: leaf, from_user_id: leaf, timestamp: fc.oneof(leaf, fc.constant("1749854575")), type: leaf, text: anything, image: anything, system: anything, reaction: anything, revoke: anything, context: anything }, { requiredKeys: [] });

test("no call breaks the parser: it is refused in words, or becomes events that can be stored", () => {
  const value = fc.record({ metadata: fc.constant({ phone_number_id: "106540352242922" }), contacts: anything, messages: fc.oneof(fc.array(message, { maxLength: 3 }), anything), statuses: anything }, { requiredKeys: [] });
  fc.assert(fc.property(call(value), (payload) => {
    let changes: ReturnType<typeof parseCall>;
    try { changes = parseCall(JSON.parse(JSON.stringify(payload))); } catch (error) { if (!(error instanceof UserError)) throw error; return; }
    for (const event of changes.flatMap(({ events }) => events)) {
      expect(JSON.stringify(event)).not.toMatch(/\\u0000|\\ud[89a-f]/);
      if (event.type === "message") expect(event.address !== "" && event.channelMessageId !== "" && (event.text.trim() !== "" || event.files.length > 0)).toBe(true);
    }
  }), { numRuns: 3_000 });
});
