/** Campaigns over the API: a draft, its preview with who is left out and why, a table instead of a filter, and what it brought. */
import { expect, test } from "vitest";
import { buildAdmin } from "../support/admin.ts";
import { campaigning } from "../support/campaigns.ts";

test("draft, preview, table, start, report, conversion, opt-out: each by a call", async () => {
  const admin = await buildAdmin();
  const it = await campaigning({}, admin);
  const who = await admin.token("administrator", { agentId: it.mara._id });
  const call = async (method: string, path: string, body?: object | string, headers: Record<string, string> = {}) => { const answer = await admin.ask(who, method, path, headers, body); return { status: answer.statusCode, body: answer.body === "" ? null : answer.json() as Record<string, unknown> }; };
  const ana = await it.person("Ana", { email: "ana@customer.example" }), ben = await it.person("Ben", { externalId: "ben-1" });
  await it.person("Nowhere", { address: null });
  const draft = { name: "Autumn", inboxId: it.inbox._id, text: "Hello {{contact.first_name}}", filter: `${it.filter} -email:none` };

  for (const [change, code] of [[{ inboxId: "none" }, "INBOX_UNKNOWN"], [{ text: "{{contact.shoe}}" }, "VARIABLE_UNKNOWN"], [{ filter: "text:refund" }, "BAD_FILTER"], [{ quiet: { from: "9", to: "10:00" } }, "BAD_TEXT"], [{ timeZone: "Mars/Crater" }, "BAD_TEXT"], [{ goalLabel: "none" }, "LABEL_UNKNOWN"], [{ subject: "x", colour: 1 }, "BAD_BODY"], [{ template: { name: "a", language: "en" } }, "BAD_TEXT"]] as const) {
    expect((await call("POST", "/campaigns", { ...draft, ...change })).body).toMatchObject({ code });
  }
  const made = await call("POST", "/campaigns", { ...draft, goalLabel: "billing" });
  expect(made).toMatchObject({ status: 201, body: { state: "draft", perMinute: 300, filter: draft.filter, by: "Mara" } });
  const path = `/campaigns/${String(made.body!["id"])}`;
  expect((await call("POST", "/campaigns", draft)).body).toMatchObject({ code: "NAME_TAKEN" });
  expect((await call("POST", `${path}/preview`)).body).toMatchObject({ looked: 1, whole: true, recipients: 1, later: 0, skipped: {}, sample: [{ contactId: ana._id, name: "Ana", address: ana.address, text: "Hello Ana" }] });
  expect((await call("PATCH", path, { filter: it.filter, perMinute: 6_000 })).body).toMatchObject({ filter: it.filter, perMinute: 6_000, goalLabel: "billing" });
  expect((await call("POST", `${path}/preview`)).body).toMatchObject({ looked: 3, recipients: 2, skipped: { "no-identity": 1 } });

  const table = (text: string) => call("PUT", `${path}/audience`, text, { "content-type": "text/csv" });
  expect((await table("colour;size\nred;1")).body).toMatchObject({ code: "BAD_TEXT" });
  expect((await table("name;email;external_id\nAna;ANA@customer.example;\nBen;;ben-1\nWho;who@nowhere.example;\nAna again;ana@customer.example;")).body).toMatchObject({ rows: 4, filter: null });
  expect((await call("POST", `${path}/preview`)).body).toMatchObject({ looked: 4, recipients: 2, skipped: { "no-contact": 1, duplicate: 1 } });
  expect((await call("POST", `${path}/test`, { contactId: ben._id })).status).toBe(201);
  await it.settle();
  expect(it.channel.textsTo(ben.address)).toEqual(["Hello Ben"]);

  expect((await call("POST", `${path}/start`, { at: "2020-01-01T00:00:00Z" })).body).toMatchObject({ code: "BAD_TIME" });
  const at = new Date(it.clock.now().getTime() + 3_600_000);
  expect((await call("POST", `${path}/start`, { at: at.toISOString() })).body).toMatchObject({ state: "scheduled", startAt: at.toISOString() });
  expect((await call("PATCH", path, { text: "Other" })).body).toMatchObject({ code: "NOT_POSSIBLE" });
  expect((await call("POST", `${path}/pause`)).body).toMatchObject({ state: "paused" });
  expect((await call("POST", `${path}/resume`)).body).toMatchObject({ state: "scheduled" });
  await it.step(2);
  expect(await it.store.campaignRecipients.countDocuments({})).toBe(0);
  it.clock.advance(3_600_000);
  await it.finish((await it.store.campaigns.findOne({ name: "Autumn" }))!);
  await it.write("I take them", ana.address);
  await it.settle();
  await it.say("!label billing", "Mara", (await it.conversation(ana.address)).thread!.id);
  expect((await call("POST", `${path}/conversions`, { contactId: ben._id, value: 49.5 })).body).toEqual({ counted: true });
  expect((await call("POST", `${path}/conversions`, { contactId: ben._id, value: 1 })).body).toEqual({ counted: true });
  expect((await call("POST", `${path}/conversions`, { contactId: "nobody" })).body).toEqual({ counted: false });
  expect((await call("GET", path)).body).toMatchObject({ state: "done", listed: true, recipients: { sent: 1, replied: 1, skipped: 1, queued: 0 }, skipped: { "no-contact": 1 }, reached: 2, converted: 1, value: 49.5, won: 1 });
  expect((await call("GET", `${path}/recipients?state=replied`)).body).toMatchObject({ recipients: [{ contactId: ana._id, conversationId: (await it.conversation(ana.address))._id, repliedAt: expect.any(String) }], next: null });
  expect((await call("GET", "/campaigns?limit=1")).body).toMatchObject({ campaigns: [{ name: "Autumn" }], next: null });
  expect((await call("DELETE", path)).body).toMatchObject({ code: "NOT_POSSIBLE" });

  const off = await call("POST", "/opt-outs", { channel: "email", address: " Eve@customer.example" });
  expect(off).toMatchObject({ status: 201, body: { news: true } });
  expect((await call("GET", "/opt-outs?limit=1")).body).toMatchObject({ optOuts: [{ channel: "email", address: "eve@customer.example", how: "list" }], next: null });
  expect((await call("DELETE", `/opt-outs/${encodeURIComponent(String(off.body!["id"]))}`)).status).toBe(204);
  expect((await call("GET", "/opt-outs")).body).toMatchObject({ optOuts: [] });
});
