/** Attributes: defined in the settings file, set by verb and by the API, shown in the contact window and on the card. */
import { expect, test } from "vitest";
import { ATTRIBUTES_ID } from "../../src/core/services/attributes.ts";
import type { AttributeDefinition } from "../../src/core/model/attributes.ts";
import { readAttribute } from "../../src/core/model/attributes.ts";
import type { Store } from "../../src/core/store/store.ts";
import { buildApi } from "../support/api.ts";
import { oneConversation, sharedStore } from "./verbs-support.ts";

const store = sharedStore();
const DEFINITIONS: AttributeDefinition[] = [
  { key: "plan", name: "Plan", type: "list", values: ["Free", "Pro"], onCard: true }, { key: "seats", name: "Seats", type: "number", onCard: true }, { key: "since", name: "Customer since", type: "date" },
  { key: "vip", name: "VIP", type: "yes-no" }, { key: "crm", name: "CRM", type: "link" }, { key: "remark", name: "Remark", type: "text" },
];
const define = (to: Store) => to.settings.updateOne({ _id: ATTRIBUTES_ID }, { $set: { value: DEFINITIONS, at: new Date() } }, { upsert: true });

test.each<[type: AttributeDefinition["type"], given: string | number | boolean, value: unknown]>([
  ["text", " gold ", "gold"], ["text", "a\nb", null], ["text", "x".repeat(501), null], ["number", "4.5", 4.5], ["number", 12, 12], ["number", "12 apples", null], ["number", "Infinity", null], ["number", "0x10", null],
  ["yes-no", "Yes", true], ["yes-no", false, false], ["yes-no", "maybe", null], ["date", "2026-02-28", "2026-02-28"], ["date", "2026-02-30", null], ["date", "28.2.2026", null],
  ["list", "pro", "Pro"], ["list", "gold", null], ["link", "https://crm.example/7", "https://crm.example/7"], ["link", "javascript:alert(1)", null], ["link", "crm.example", null],
])("%s: %j", (type, given, value) => {
  const read = readAttribute({ key: "k", name: "K", type, ...(type === "list" ? { values: ["Free", "Pro"] } : {}) }, given);
  expect("value" in read ? read.value : null).toEqual(value);
});

test("set by verb and form, shown in the window and on the cards, in the timeline, and taken away", async () => {
  await define(store());
  const { act, now, help, facts, customer } = await oneConversation(store());
  const card = async () => help.desk.threads.get((await now()).thread!.id)!.card.facts.map(({ label, value }) => `${label}: ${value}`);
  expect(await act("Mara", "attribute", "plan pro")).toMatchObject({ ok: true });
  expect(await act("Jonas", "attribute", "Seats 12")).toMatchObject({ ok: true });
  expect(await card()).toEqual(expect.arrayContaining(["Plan: Pro", "Seats: 12"]));
  const form = (await act("Mara", "attribute")).form!;
  expect(await act("Mara", form.id, "", { values: { value: "vip", text: "yes" } })).toMatchObject({ ok: true });
  expect((await act("Mara", "contact")).notice).toContain("Plan: Pro\nSeats: 12\nVIP: yes");
  expect((await facts()).map((fact) => fact.type === "attribute" ? [fact.name, fact.value] : fact.type)).toEqual([["Plan", "Pro"], ["Seats", "12"], ["VIP", "yes"]]);
  for (const [args, code] of [["plan gold", "BAD_TEXT"], ["colour red", "ATTRIBUTE_UNKNOWN"], ["plan pro", "ALREADY_SO"]] as const) expect(await act("Mara", "attribute", args), args).toMatchObject({ ok: false, code });

  await act("Mara", "resolve");
  await help.write("A new matter", customer, { conversation: "new" });
  await help.settle();
  expect(await card(), "a conversation that begins later").toEqual(expect.arrayContaining(["Plan: Pro"]));
  expect(await act("Mara", "attribute", "plan none")).toMatchObject({ ok: true });
  expect((await card()).join()).not.toContain("Plan");
  expect((await store().contacts.findOne({ _id: (await now()).contactId }))!.attributes).toEqual({ seats: 12, vip: true });
});

test("the API tells them with a contact or its message: all or none, typed and bounded", async () => {
  const { call, contact, store: own, settle, conversation, desk } = await buildApi();
  await define(own);
  const tell = (attributes: object, more: object = {}) => call("POST", "/contacts", { body: { ...contact("u-1"), attributes, ...more } });
  expect(await tell({ plan: "pro", seats: 3, vip: true })).toMatchObject({ status: 201, body: { attributes: { plan: "Pro", seats: 3, vip: true } } });
  expect(await tell({ seats: 4, vip: null })).toMatchObject({ status: 200, body: { attributes: { plan: "Pro", seats: 4 } } });
  expect(await tell({ seats: 5, plan: "gold", nonsense: 1 })).toMatchObject({ status: 400, body: { code: "BAD_BODY", errors: [{ path: "attributes.plan" }, { path: "attributes.nonsense" }] } });
  for (const bad of [{ "a.b": 1 }, { $set: 1 }, { __proto__x: { deep: 1 } }, { remark: "x".repeat(501) }, Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`k${n}`, n]))]) expect((await tell(bad)).status, JSON.stringify(bad).slice(0, 40)).toBe(400);
  expect((await own.contacts.findOne({}))!.attributes).toEqual({ plan: "Pro", seats: 4 });
  await call("POST", "/messages", { body: { contact: { ...contact("u-1"), attributes: { seats: 6 } }, id: "m-1", text: "Hello" } });
  await settle();
  expect(desk.threads.get((await conversation()).thread!.id)!.card.facts).toEqual(expect.arrayContaining([{ label: "Plan", value: "Pro" }, { label: "Seats", value: "6" }]));
  await tell({ seats: 7 });
  await settle();
  expect(desk.threads.get((await conversation()).thread!.id)!.card.facts).toContainEqual({ label: "Seats", value: "7" });
});
