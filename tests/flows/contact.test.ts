/** The person behind a conversation: what is shown of them, to whom, and what an agent changes. */
import { describe, expect, test } from "vitest";
import { forgetSettings } from "../../src/core/services/inbox-settings.ts";
import { oneConversation, sharedStore } from "./verbs-support.ts";

const store = sharedStore();
type One = Awaited<ReturnType<typeof oneConversation>>;

/** A further conversation of the same customer; `inboxId`: in another inbox, which Jonas may not see. */
async function another({ help, customer, now, act }: One, text: string): Promise<number> {
  await act("Mara", "resolve");
  await help.write(text, customer, { conversation: "new" });
  await help.settle();
  return (await now()).number;
}
async function elsewhere(one: One, number: number): Promise<void> {
  const contactId = (await one.now()).contactId;
  const template = await one.now();
  const { openKey: _openKey, thread: _thread, cardDueAt: _due, ...rest } = template;
  await store().conversations.insertOne({ ...rest, _id: `else-${number}`, number, inboxId: "secret", contactId, identityId: `id-${number}`, subject: "Secret matter", status: "resolved" });
  await store().identities.insertOne({ _id: `id-${number}`, inboxId: "secret", address: `a-${number}`, contactId, createdAt: new Date() });
}
async function withinWebsiteOnly({ help }: One): Promise<void> {
  await store().agents.updateOne({ _id: help.jonas._id }, { $set: { inboxIds: [help.inbox._id] } });
  forgetSettings(help.core);
}

describe("contact", () => {
  test("edits name, e-mail and phone by a form, and the timeline records it", async () => {
    const one = await oneConversation(store());
    const { act, now, facts, help, id } = one;
    const shown = await act("Mara", "contact");
    expect(shown).toMatchObject({ ok: true, buttons: [{ id: "contact:edit" }, { id: "history" }] });
    const form = (await act("Mara", shown.buttons![0]!.id)).form!;
    expect(form.fields.map(({ name, required }) => [name, required])).toEqual([["name", true], ["email", false], ["phone", false]]);
    expect(form.fields[0]).toMatchObject({ value: one.customer });
    expect(await act("Mara", form.id, "", { values: { name: "Ana Lima", email: "Ana@Example.com", phone: "+49 (30) 123-4567" } })).toMatchObject({ ok: true });
    const contactId = (await now()).contactId;
    expect(await store().contacts.findOne({ _id: contactId })).toMatchObject({ name: "Ana Lima", email: "ana@example.com", phone: "+49301234567", anonymous: false });
    expect((await now()).contactName).toBe("Ana Lima");
    expect(help.desk.threads.get((await now()).thread!.id)!.card.facts[0]).toEqual({ label: "Contact", value: "Ana Lima · Fake" });
    expect(await facts()).toEqual([{ type: "contact", changed: { name: "Ana Lima", email: "ana@example.com", phone: "+49301234567" } }]);
    expect((await help.lines("activity", id))[0]!.body).toBe("Mara changed the customer's details: the name to Ana Lima, the e-mail to ana@example.com, the phone to +49301234567");
    expect((await act("Jonas", "who")).notice).toContain("E-mail: ana@example.com\nPhone: +49301234567");

    expect(await act("Mara", form.id, "", { values: { name: "Ana Lima", email: "ana@example.com" } })).toMatchObject({ ok: true });
    expect(await store().contacts.findOne({ _id: contactId })).not.toHaveProperty("phone");
    expect(await act("Mara", "contact", "email none")).toMatchObject({ ok: true });
    expect((await facts()).slice(1)).toEqual([{ type: "contact", changed: { phone: null } }, { type: "contact", changed: { email: null } }]);
    expect(await act("Mara", "contact", "email none")).toMatchObject({ ok: false, code: "ALREADY_SO" });
  });

  test.each([["email nobody", "is not an e-mail address"], ["phone call me", "is not a phone number"], ["name \u0007", "one line"], ["colour blue", "can't be read"], ["email a@b.example\nphone x", "is not a phone number"]])("%j is refused, and nothing changes", async (args, words) => {
    const { act, now, facts } = await oneConversation(store());
    const before = await store().contacts.findOne({ _id: (await now()).contactId });
    expect(await act("Mara", "contact", args)).toMatchObject({ ok: false, code: "BAD_TEXT", notice: expect.stringContaining(words) });
    expect(await store().contacts.findOne({ _id: before!._id })).toEqual(before);
    expect(await facts()).toEqual([]);
  });

  test("a new name stands on the cards of their other conversations too", async () => {
    const one = await oneConversation(store());
    const first = await one.now();
    await another(one, "New matter");
    await one.act("Mara", "contact", "name Zoe");
    expect((await store().conversations.findOne({ _id: first._id }))!.contactName).toBe("Zoe");
    await one.act("Mara", "resolve");
    expect((await store().conversations.find({ contactId: first.contactId }).toArray()).map((it) => it.contactName)).toEqual(["Zoe", "Zoe"]);
  });

  test("two who rename a customer at once leave one name on all cards", async () => {
    const one = await oneConversation(store());
    const first = await one.now();
    await another(one, "New matter");
    for (let i = 0; i < 5; i++) {
      await Promise.all([one.act("Mara", "contact", `name Zoe${i}`), one.act("Jonas", "contact", `name Chloe${i}`)]);
      const { name } = (await store().contacts.findOne({ _id: first.contactId }))!;
      expect((await store().conversations.find({ contactId: first.contactId }).toArray()).map((it) => it.contactName)).toEqual([name, name]);
    }
  });

  test("who was given another name keeps it in their next conversation", async () => {
    const one = await oneConversation(store());
    await one.act("Mara", "contact", "name Zoe");
    const before = (await one.now()).number;
    expect(await another(one, "New matter")).not.toBe(before);
    expect((await one.now()).contactName).toBe("Zoe");
  });

  test.each(["conversations", "contacts"] as const)("a new name that was stopped half-way (%s) stands everywhere after it is asked for again", async (where) => {
    const one = await oneConversation(store());
    const first = await one.now();
    await another(one, "New matter");
    const collection = store()[where] as { findOneAndUpdate: unknown };
    const kept = collection.findOneAndUpdate;
    collection.findOneAndUpdate = async () => { collection.findOneAndUpdate = kept; throw new Error("the process died here"); };
    await expect(one.act("Mara", "contact", "name Zoe")).rejects.toThrow("died here");
    expect(await one.act("Mara", "contact", "name Zoe")).toMatchObject({ ok: true });
    expect((await store().conversations.find({ contactId: first.contactId }).toArray()).map((it) => it.contactName)).toEqual(["Zoe", "Zoe"]);
    expect(await store().contacts.findOne({ _id: first.contactId })).toMatchObject({ name: "Zoe", anonymous: false });
    expect((await one.help.lines("activity", (await one.now())._id)).map((line) => line.activity)).toContainEqual({ type: "contact", changed: { name: "Zoe" } });
    expect(await one.act("Mara", "contact", "name Zoe")).toMatchObject({ ok: false, code: "ALREADY_SO" });
  });

  test("a card that says something else than what is known takes the known name", async () => {
    const one = await oneConversation(store());
    await store().conversations.updateOne({ _id: one.id }, { $set: { contactName: "zoe_99" } });
    expect(await one.act("Mara", "contact", `name ${one.customer}`)).toMatchObject({ ok: true });
    expect((await one.now()).contactName).toBe(one.customer);
  });

  test("shows nothing of inboxes that the asker may not see", async () => {
    const one = await oneConversation(store());
    await elsewhere(one, 900_001);
    await withinWebsiteOnly(one);
    for (const verb of ["contact", "history"]) {
      expect((await one.act("Mara", verb)).notice, verb).toContain("Secret matter");
      expect((await one.act("Jonas", verb)).notice, verb).not.toMatch(/Secret matter|900001|gone/);
    }
    expect((await one.act("Mara", "contact")).notice).toContain("1 other conversation:");
    expect((await one.act("Jonas", "contact")).notice).toContain("No other conversation.");
    expect((await one.act("Jonas", "history")).notice).toContain("has no other conversation that you may see");
    await store().agents.updateOne({ _id: one.help.jonas._id }, { $set: { inboxIds: "all" } });
    forgetSettings(one.help.core);
  });
});

test("history lists the newest others with their last line and where they are, ten at most", async () => {
  const one = await oneConversation(store());
  Object.assign(one.help.desk, { linkTo: (thread: string) => `https://desk.example/${thread}` });
  const { number, thread } = await one.now();
  await one.act("Mara", "note", "Ask the courier");
  const newer = await another(one, "New matter");
  const { notice } = await one.act("Mara", "history");
  expect(notice!.split("\n")).toEqual([`${one.customer}'s other conversation:`, expect.stringMatching(new RegExp(`^#${number} · Fake · resolved · .* · Where is my parcel\\?$`)), "   🔒 Mara: Ask the courier", `   https://desk.example/${thread!.id}`]);
  expect((await one.act("Mara", "contact")).notice).toContain(`https://desk.example/${thread!.id}`);
  for (let n = 0; n < 11; n++) await elsewhere(one, 910_000 + n);
  const long = (await one.act("Mara", "history")).notice!;
  expect(long).toContain("The newest 10 of");
  expect(long.match(/^#\d+/gm)).toHaveLength(10);
  expect(long).not.toContain(`#${newer}`);
});
