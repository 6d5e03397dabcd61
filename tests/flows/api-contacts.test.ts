/** Contacts over the public API: found, read, changed, merged, blocked, erased, brought in and written out. */
import { expect, test } from "vitest";
import { ATTRIBUTES_ID } from "../../src/core/services/attributes.ts";
import { forgetSettings } from "../../src/core/services/inbox-settings.ts";
import type { Inbox } from "../../src/core/model/types.ts";
import { buildAdmin } from "../support/admin.ts";

type Setup = Awaited<ReturnType<typeof buildAdmin>>;
interface Shown { id: string; name: string; email: string | null; phone: string | null; attributes: object; hidden: string[]; places: { inbox: string; address: string | null }[] }
interface Listed { contacts: Shown[]; next: string | null }

async function setUp() {
  const admin = await buildAdmin();
  await admin.store.settings.updateOne({ _id: ATTRIBUTES_ID }, { $set: { value: [{ key: "plan", name: "Plan", type: "list", values: ["Free", "Pro"], onCard: true }], at: new Date() } }, { upsert: true });
  for (const who of ["ana", "ben", "cid"]) await admin.write(`Hello from ${who}`, who, { profile: { name: who, email: `${who}@example.com` } });
  await admin.settle();
  const contactOf = async (who: string) => (await admin.store.identities.findOne({ address: who }))!.contactId;
  return { ...admin, contactOf };
}
const json = async <T>({ ask }: Setup, ...args: Parameters<Setup["ask"]>): Promise<T> => (await ask(...args)).json<T>();

test("a contact is made by an id or an address that nobody has, and who did what to whom is on record without what it said", async () => {
  const admin = await setUp();
  const { ask, token, mara, store, inbox, write, settle } = admin;
  const who = await token("agent", { agentId: mara._id });
  const made = await ask(who, "POST", "/contacts", { "idempotency-key": "one" }, { externalId: "shop-7", inboxId: inbox._id, address: "dee", name: "Dee Novak", email: "Dee@Example.com", attributes: { plan: "pro" } });
  expect([made.statusCode, made.json()]).toMatchObject([201, { name: "Dee Novak", email: "dee@example.com", externalId: "shop-7", attributes: { plan: "Pro" }, places: [{ address: "dee" }] }]);
  const { id } = made.json<Shown>();
  expect((await ask(who, "POST", "/contacts", { "idempotency-key": "one" }, { externalId: "shop-7", inboxId: inbox._id, address: "dee", name: "Dee Novak", email: "Dee@Example.com", attributes: { plan: "pro" } })).json<Shown>().id).toBe(id);
  await write("Hello from dee", "dee");
  await settle();
  expect(await admin.conversation("dee")).toMatchObject({ contactId: id, contactName: "Dee Novak" });
  for (const known of [{ externalId: "shop-7" }, { inboxId: inbox._id, address: "ana" }]) expect((await ask(who, "POST", "/contacts", {}, known)).json()).toMatchObject({ status: 409, code: "ALREADY_SO" });
  for (const bad of [{ name: "Nobody" }, { email: "x@example.com" }, { address: "dee" }, { externalId: "a\nb" }, { externalId: "x", attributes: { plan: "Gold" } }]) expect((await ask(who, "POST", "/contacts", {}, bad)).json()).toMatchObject({ status: 400 });
  expect((await ask(who, "POST", "/contacts", {}, { inboxId: "nothing", address: "x" })).json()).toMatchObject({ status: 404 });
  expect(await store.contacts.countDocuments({})).toBe(4);
  await ask(who, "PATCH", `/contacts/${id}`, {}, { phone: "+49 30 777777", attributes: { plan: "free" } });
  await ask(who, "PATCH", `/contacts/${id}`, {}, { phone: "+4930777777" });
  await ask(who, "POST", `/contacts/${id}/block`);
  const entries = await store.audit.find({ contactId: id }).sort({ act: -1 }).toArray();
  expect(entries.map(({ act, facts, by }) => [act, facts["fields"], by.id])).toEqual([
    ["contact.made", ["externalId", "inboxId", "address", "name", "email", "attributes"], mara._id], ["contact.changed", ["phone", "plan"], mara._id], ["contact.blocked", undefined, mara._id],
  ]);
  expect(JSON.stringify(entries)).not.toMatch(/Novak|777777|Free/);
  await store.agents.updateOne({ _id: mara._id }, { $set: { inboxIds: [inbox._id] } });
  forgetSettings(admin.core);
  expect((await ask(who, "POST", "/contacts", {}, { externalId: "shop-8" })).json()).toMatchObject({ status: 403, code: "NOT_ALLOWED" });
});

test("contacts are listed page by page, found by what is exact and by the filter language, and changed under a tag", async () => {
  const admin = await setUp();
  const { ask, token, contactOf, mara, store, lines } = admin;
  const who = await token("supervisor", { agentId: mara._id });
  const first = await json<Listed>(admin, who, "GET", "/contacts?limit=2");
  const second = await json<Listed>(admin, who, "GET", `/contacts?limit=2&cursor=${first.next}`);
  expect([...first.contacts, ...second.contacts].map(({ name }) => name).toSorted()).toEqual(["ana", "ben", "cid"]);
  expect(second.next).toBeNull();
  const byActivity: string[] = [];
  for (let cursor = ""; ;) {
    const page = await json<Listed>(admin, who, "GET", `/contacts?q=${encodeURIComponent("status:open hello")}&limit=1${cursor}`);
    byActivity.push(...page.contacts.map(({ name }) => name));
    if (page.next === null) break;
    cursor = `&cursor=${page.next}`;
  }
  expect(byActivity).toEqual(["cid", "ben", "ana"]);
  expect((await json<Listed>(admin, who, "GET", "/contacts?email=BEN@example.com")).contacts.map(({ id }) => id)).toEqual([await contactOf("ben")]);
  expect(await json(admin, who, "GET", "/contacts?q=wrong:thing")).toMatchObject({ status: 400, code: "BAD_FILTER" });
  expect(await json(admin, who, "GET", "/contacts?cursor=x&q=hello")).toMatchObject({ status: 400, code: "BAD_QUERY" });
  expect(await json(admin, who, "GET", "/contacts?email=a@b.de&phone=1")).toMatchObject({ status: 400, code: "BAD_QUERY" });

  const path = `/contacts/${await contactOf("ana")}`;
  const read = await ask(who, "GET", path);
  const tag = String(read.headers["etag"]);
  expect(read.json()).toMatchObject({ name: "ana", places: [{ inbox: "Website", address: "ana" }], blocked: null });
  const changed = await ask(who, "PATCH", path, { "if-match": tag }, { name: "Ana Lima", phone: "+49 30 123456", attributes: { plan: "pro" } });
  expect(changed.json()).toMatchObject({ name: "Ana Lima", email: "ana@example.com", phone: "+4930123456", attributes: { plan: "Pro" } });
  expect(changed.headers["etag"]).not.toBe(tag);
  expect(await json(admin, who, "PATCH", path, { "if-match": tag }, { name: "Somebody else" })).toMatchObject({ status: 412, code: "CHANGED_MEANWHILE" });
  expect(await json(admin, who, "PATCH", path, {}, { attributes: { plan: "Gold" } })).toMatchObject({ status: 400, code: "BAD_BODY", errors: [{ path: "attributes.plan" }] });
  expect(await json(admin, who, "PATCH", path, {}, { email: "nonsense" })).toMatchObject({ status: 400, code: "BAD_TEXT" });
  expect(await json(admin, who, "PATCH", path, {}, {})).toMatchObject({ status: 400, code: "BAD_BODY" });
  expect((await ask(who, "PATCH", path, {}, { name: "Ana Lima" })).statusCode, "what is so already is no error").toBe(200);
  const conversation = await admin.conversation("ana");
  expect(conversation).toMatchObject({ contactName: "Ana Lima", contactFacts: [{ label: "Plan", value: "Pro" }] });
  expect((await lines("activity", conversation._id)).map(({ author }) => author.name)).toEqual(["Mara"]);
  expect(await store.contacts.countDocuments({})).toBe(3);
});

test("a call under an idempotency key is done once; what is kept of it goes with the contact", async () => {
  const admin = await setUp();
  const { ask, token, contactOf, store, settle } = admin;
  const who = await token("administrator");
  const path = `/contacts/${await contactOf("ana")}`;
  const block = () => ask(who, "POST", `${path}/block`, { "idempotency-key": "one" });
  const [a, b] = [await block(), await block()];
  expect([a.statusCode, b.statusCode, b.headers["idempotent-replayed"]]).toEqual([200, 200, "true"]);
  expect(b.json()).toEqual(a.json());
  expect((await ask(who, "POST", `${path}/unblock`, { "idempotency-key": "one" })).json()).toMatchObject({ status: 409, code: "CLIENT_ID_REUSED" });
  expect((await ask(await token("administrator"), "POST", `${path}/block`, { "idempotency-key": "one" })).json(), "keys are the caller's own").toMatchObject({ code: "ALREADY_SO" });
  expect((await admin.write("Anybody?", "ana")).outcome).toBe("blocked");
  expect((await ask(who, "POST", `${path}/unblock`)).json()).toEqual({ blocked: false, swallowed: 1 });
  await store.apiAnswers.insertOne({ _id: "gone/x", request: "x", at: new Date(), state: "doing" });
  expect((await Promise.all([1, 2, 3].map(() => ask(who, "PATCH", path, { "idempotency-key": "two" }, { name: "Anna" })))).map(({ statusCode }) => statusCode).filter((status) => status !== 200 && status !== 409)).toEqual([]);

  const { number } = await admin.conversation("ana");
  expect((await ask(who, "POST", `${path}/erase`, {}, { number: number + 1 })).json()).toMatchObject({ code: "BAD_TEXT" });
  expect((await ask(who, "GET", `${path}/erasure`)).statusCode).toBe(404);
  expect((await ask(who, "POST", `${path}/erase`, {}, { number })).statusCode).toBe(202);
  await expect.poll(async () => (await ask(who, "GET", `${path}/erasure`)).json<{ state: string }>().state).toBe("done");
  await settle();
  expect((await ask(who, "GET", path)).statusCode).toBe(404);
  expect(JSON.stringify(await store.apiAnswers.find().toArray())).not.toContain("Anna");
});

test("two contacts become one, and two again", async () => {
  const admin = await setUp();
  const { ask, token, contactOf, mara } = admin;
  const who = await token("agent", { agentId: mara._id });
  const [ana, ben] = [await contactOf("ana"), await contactOf("ben")];
  const plan = { identities: 1, conversations: 1, filled: [], conflicts: [{ field: "email", kept: "ana@example.com", left: "ben@example.com" }] };
  expect((await ask(who, "POST", `/contacts/${ana}/merge`, {}, { contactId: ben, dryRun: true })).json()).toMatchObject({ done: false, ...plan });
  expect(await contactOf("ben")).toBe(ben);
  expect((await ask(who, "POST", `/contacts/${ana}/merge`, {}, { contactId: ben })).json()).toMatchObject({ done: true, ...plan });
  expect(await contactOf("ben")).toBe(ana);
  expect((await ask(who, "GET", `/contacts/${ben}`)).json()).toMatchObject({ status: 404, detail: expect.stringContaining(ana) });
  expect((await ask(who, "POST", `/contacts/${ana}/merge/undo`)).json()).toEqual({ contactId: ben });
  expect(await contactOf("ben")).toBe(ben);
});

test("who sees an inbox sees its contacts, and what an inbox hides is not told", async () => {
  const admin = await setUp();
  const { ask, token, contactOf, jonas, store, core, inbox } = admin;
  const other: Inbox = { ...inbox, _id: "other-inbox", name: "Other", identity: "other" };
  await store.inboxes.insertOne(other);
  await store.agents.updateOne({ _id: jonas._id }, { $set: { inboxIds: [other._id] } });
  forgetSettings(core);
  const path = `/contacts/${await contactOf("ana")}`;
  const blind = await token("agent", { agentId: jonas._id });
  for (const [method, more, body] of [["GET", "", undefined], ["PATCH", "", { name: "X" }], ["POST", "/block", undefined], ["POST", "/merge", { contactId: await contactOf("ben") }]] as const) {
    expect((await ask(blind, method, path + more, {}, body)).json(), `${method} ${more}`).toMatchObject({ status: 404, code: "NOT_FOUND" });
  }
  await store.inboxes.updateOne({ _id: inbox._id }, { $set: { "settings.hideUntilTaken": ["email"] } });
  forgetSettings(core);
  await admin.write("Hello", "dora", { profile: { name: "dora", email: "dora@example.com" } });
  const dora = await contactOf("dora");
  const supervisor = await token("supervisor"), boss = await token("administrator");
  expect((await ask(supervisor, "GET", `/contacts/${dora}`)).json()).toMatchObject({ name: "dora", email: null, hidden: ["email"], places: [{ address: null }] });
  expect((await ask(supervisor, "GET", "/contacts?email=dora@example.com")).json()).toMatchObject({ contacts: [] });
  expect((await ask(supervisor, "GET", "/contacts")).payload).not.toContain("dora@example.com");
  expect((await ask(supervisor, "PATCH", `/contacts/${dora}`, {}, { email: "x@example.com" })).json()).toMatchObject({ status: 422, code: "NOT_POSSIBLE" });
  expect((await ask(boss, "GET", `/contacts/${dora}`)).json()).toMatchObject({ email: "dora@example.com", hidden: [] });
});

test("a table is brought in by a job whose progress is read, goes on where a stop left it, and all is written out again", async () => {
  const admin = await setUp();
  const { ask, token, store, core } = admin;
  const who = await token("administrator");
  const csv = { "content-type": "text/csv" };
  const table = ["external_id,name,email,plan", ...Array.from({ length: 120 }, (_, n) => `crm-${n},Person ${n},p${n}@example.com,${n === 7 ? "Gold" : "Pro"}`)].join("\n");
  const ended = async (id: string) => {
    await expect.poll(async () => (await ask(who, "GET", `/contacts/imports/${id}`)).json<{ state: string }>().state).not.toBe("doing");
    return (await ask(who, "GET", `/contacts/imports/${id}`)).json<{ counts: object }>();
  };
  const dry = (await ask(who, "POST", "/contacts/imports?dryRun=true", csv, table)).json<{ id: string }>();
  expect(await ended(dry.id)).toMatchObject({ state: "done", dryRun: true, rows: 120, share: 1, counts: { made: 119, refused: 1 } });
  expect(await store.contacts.countDocuments({})).toBe(3);

  const begun = (await ask(who, "POST", "/contacts/imports", csv, table)).json<{ id: string }>();
  expect(await ended(begun.id)).toMatchObject({ state: "done", counts: { made: 119, changed: 0, same: 0, refused: 1 } });
  expect((await ask(who, "GET", `/contacts/imports/${begun.id}/refused`)).payload.split("\r\n")[1]).toMatch(/^9,"plan is one of Free, Pro",crm-7,Person 7,/);
  expect(await store.contacts.findOne({ externalId: "crm-3" })).toMatchObject({ name: "Person 3", attributes: { plan: "Pro" } });
  const again = (await ask(who, "POST", "/contacts/imports", csv, table)).json<{ id: string }>();
  expect(await ended(again.id)).toMatchObject({ counts: { made: 0, changed: 0, same: 119, refused: 1 } });
  expect(await store.db.collection("files.files").countDocuments({}), "the table is not kept").toBe(0);

  // as a process leaves it that died after the hundredth row
  const file = await core.files.put({ name: "left.csv", type: "text/csv", owner: "import:left" }, Buffer.from(table.replaceAll("crm-", "crn-")), 1_000_000);
  await store.contactImports.insertOne({ _id: "left", by: "test", at: new Date(), fileId: file.fileId, bytes: file.bytes, dryRun: false, state: "doing", dueAt: new Date(), tries: 1, rows: 100, share: 0.8, counts: { made: 99, changed: 0, same: 0, refused: 1 } });
  expect(await ended("left")).toMatchObject({ rows: 120, counts: { made: 119, refused: 1 } });
  expect(await store.contacts.countDocuments({ externalId: /^crn-/ })).toBe(20);

  expect((await ask(who, "POST", "/contacts/imports", csv, "name\nAna")).json()).toMatchObject({ status: 400, code: "BAD_TEXT", detail: expect.stringMatching(/external_id/) });
  expect((await ask(who, "POST", "/contacts/imports", csv, 'external_id\n"x')).statusCode).toBe(202);
  expect((await ask(who, "POST", "/contacts/imports", {}, { a: 1 })).json()).toMatchObject({ status: 415, code: "WRONG_TYPE" });
  await expect.poll(async () => (await store.contactImports.findOne({ state: "failed" }))?.error).toMatch(/quotation mark is never closed/);

  const written = await ask(who, "GET", "/contacts/export");
  expect(written.headers).toMatchObject({ "content-type": "text/csv; charset=utf-8", "content-disposition": "attachment; filename=\"contacts.csv\"" });
  const rows = written.payload.trimEnd().split("\r\n");
  expect(rows).toHaveLength(1 + 3 + 119 + 20);
  expect(rows[0]).toMatch(/^external_id,name,email,phone,inbox,address,contact_id,/);
});
