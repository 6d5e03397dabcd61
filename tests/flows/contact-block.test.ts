/** Whoever is blocked writes to nobody: nothing stored, nothing shown, counted; and told so where their channel can. */
import { expect, test } from "vitest";
import { createDeskHost } from "../../src/bridge/act.ts";
import { buildApi } from "../support/api.ts";
import { buildWidget } from "../support/widget.ts";
import { oneConversation, sharedStore } from "./verbs-support.ts";

const store = sharedStore();

test("block resolves, says so on the card and in the timeline; what comes then is counted and not kept, until unblock", async () => {
  const { act, help, customer, now, id, facts } = await oneConversation(store());
  expect(await act("Mara", "block")).toMatchObject({ ok: true, buttons: [{ id: "unblock" }] });
  expect((await facts()).map(({ type }) => type)).toEqual(["blocked", "status"]);
  const { contactId, identityId, thread, status } = await now();
  expect(status).toBe("resolved");
  expect(help.desk.threads.get(thread!.id)!.card.facts).toContainEqual({ label: "Blocked", value: "What they write is not taken" });
  expect((await act("Jonas", "contact")).notice).toContain("Blocked by Mara");
  const before = { lines: await store().messages.countDocuments({ conversationId: id }), conversations: await store().conversations.countDocuments({ contactId }), posts: help.desk.texts(thread!.id) };

  const [first] = await help.messages(id);
  const vendorId = first!.source.split(":").at(-1)!;
  const at = { inboxId: help.inbox._id, address: customer };
  expect(await help.write("You will hear from me", customer)).toMatchObject({ outcome: "blocked" });
  expect(await help.write("And again", customer, { conversation: "new" })).toMatchObject({ outcome: "blocked" });
  expect(await help.receive({ ...at, type: "edit", eventId: `${vendorId}e`, channelMessageId: vendorId, text: "Changed", at: new Date() })).toEqual({ outcome: "blocked" });
  expect(await help.receive({ ...at, type: "reaction", eventId: `${vendorId}r`, vendorId, emojis: ["👎"], at: new Date() })).toEqual({ outcome: "blocked" });
  expect(await help.receive({ ...at, type: "typing", typing: true })).toEqual({ outcome: "blocked" });
  expect(await help.write("Where is my parcel?", customer, { channelMessageId: vendorId }), "a repeat of what came before the block").toMatchObject({ outcome: "duplicate" });
  await help.settle();
  expect({ lines: await store().messages.countDocuments({ conversationId: id }), conversations: await store().conversations.countDocuments({ contactId }), posts: help.desk.texts(thread!.id) }).toEqual(before);
  expect((await store().identities.findOne({ _id: identityId }))!.blocked).toMatchObject({ swallowed: 2 });
  expect(await act("Mara", "block")).toMatchObject({ ok: false, code: "ALREADY_SO" });

  expect((await act("Mara", "unblock")).notice).toContain("2 lines they wrote meanwhile were not kept");
  expect(await store().contacts.findOne({ _id: contactId })).not.toHaveProperty("blocked");
  expect(await help.write("I am sorry", customer)).toMatchObject({ outcome: "stored" });
  await help.settle();
  expect(help.desk.texts((await now()).thread!.id)).toContain("I am sorry");
  expect(help.desk.threads.get((await now()).thread!.id)!.card.facts.map(({ label }) => label)).not.toContain("Blocked");
  expect(await act("Mara", "unblock")).toMatchObject({ ok: false, code: "ALREADY_SO" });
});

test("a block that was stopped half-way is whole after it is asked for again", async () => {
  const { act, help, customer, now } = await oneConversation(store());
  const { contacts } = store();
  const kept = contacts.updateOne;
  contacts.updateOne = async () => { contacts.updateOne = kept; throw new Error("the process died here"); };
  await expect(act("Mara", "block")).rejects.toThrow("died here");
  expect(await help.write("Hello?", customer)).toMatchObject({ outcome: "blocked" });
  expect(await act("Mara", "block")).toMatchObject({ ok: true });
  expect(await contacts.findOne({ _id: (await now()).contactId })).toMatchObject({ blocked: { by: "Mara" } });
});

test("the widget and the API tell them; nothing is stored", async () => {
  const w = await buildWidget();
  const visitor = await w.visitor();
  await visitor.write("Hello");
  await w.settle();
  const { contactId, thread } = await w.conversation();
  await createDeskHost(w.core).act({ desk: "fake", userId: "Mara", thread: thread!.id, verb: "block", args: "" });
  expect(await visitor.post({ body: "Again", clientId: "again" })).toMatchObject({ status: 403, body: { code: "CONTACT_BLOCKED" } });
  expect(await w.store.messages.countDocuments({ body: "Again" })).toBe(0);
  expect((await visitor.feed()).messages.map((m) => m.body)).toEqual(["Hello"]);
  expect(await w.store.contacts.findOne({ _id: contactId })).toHaveProperty("blocked");

  const { call, line, contact, host, settle, conversation, store: own } = await buildApi();
  await line("Hello");
  await settle();
  await host.act({ desk: "fake", userId: "Mara", thread: (await conversation()).thread!.id, verb: "block", args: "" });
  expect(await call("POST", "/messages", { body: { contact: contact(), id: "m-9", text: "Again" } })).toMatchObject({ status: 403, body: { code: "CONTACT_BLOCKED" } });
  expect(await own.messages.countDocuments({ body: "Again" })).toBe(0);
});
