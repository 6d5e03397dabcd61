/** A person erased: nothing of them is left in any collection or on the desk, whoever stops in between; and who did it is known. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { DeskError } from "../../src/core/errors.ts";
import { alignNames } from "../../src/core/services/contact.ts";
import { sweepErasures } from "../../src/core/services/erase-contact.ts";
import { actOutside, oneConversation, sharedStore } from "../flows/verbs-support.ts";

const store = sharedStore();

/** A customer with two conversations, files, an edit, a reaction, a note, replies, another identity that was merged in, and what logs keep of them. */
async function person() {
  const one = await oneConversation(store());
  const { help, customer, act } = one;
  const secret = `secret${customer.replace(/\W/g, "")}`;
  const file = await help.core.files.put({ name: `${secret}.txt`, type: "text/plain", owner: customer }, Buffer.from(secret), 100);
  await help.write(`My ${secret}`, customer, { files: [file], profile: { name: `Ana ${secret}`, email: `${secret}@x.example`, avatar: `https://x.example/${secret}.png` }, original: `quoted ${secret}` });
  await help.settle();
  await act("Mara", "contact", `name Ana ${secret}\nemail ${secret}@y.example`);
  await help.say(`Dear ${secret}`, "Mara", (await one.now()).thread!.id);
  await act("Mara", "note", `She is ${secret}`);
  await act("Mara", "resolve");
  await help.write(`Again ${secret}`, customer, { conversation: "new" });
  await help.write(`The twin ${secret}`, `twin-${customer}`);
  await help.settle();
  const twin = await help.conversation(`twin-${customer}`);
  await act("Mara", "merge", `#${twin.number} --confirm`);
  await store().calls.insertOne({ _id: `${help.inbox._id}/${secret}`, inboxId: help.inbox._id, event: "message", body: JSON.stringify({ contact: { id: customer } }), at: new Date(), tries: 1, taken: true, attempts: [] });
  await store().earlyChanges.insertOne({ _id: secret, source: `in:${help.inbox._id}:${customer}:later`, event: { inboxId: help.inbox._id, address: customer, type: "edit", eventId: "e", channelMessageId: "later", text: secret, at: new Date() }, keptAt: new Date(), lookAt: new Date(Date.now() + 1e8), expiresAt: new Date(Date.now() + 1e8) });
  const { contactId, number } = await one.now();
  const conversations = (await store().conversations.find({ contactId }).toArray()).map(({ _id }) => _id);
  const threads = (await store().threads.find({ conversationId: { $in: conversations } }).toArray()).map(({ _id }) => _id);
  /** Collections in which anything of them is left. */
  const traces = async () => {
    const found = [];
    for (const { name } of await store().db.listCollections().toArray()) {
      for await (const document of store().db.collection(name).find()) if (JSON.stringify(document).includes(secret) || JSON.stringify(document).includes(customer)) found.push(name);
    }
    return [...new Set(found)].sort();
  };
  const onDesk = () => threads.flatMap((id) => { const thread = help.desk.threads.get(id)!; return [JSON.stringify(thread.card), ...thread.posts.filter((post) => !post.removed).map(({ post }) => JSON.stringify(post))]; }).filter((text) => text.includes(secret));
  const finished = async () => {
    for (const end = Date.now() + 40_000; Date.now() < end && (await store().erasures.findOne({ contactId }))?.state !== "done";) await sleep(20);
    await help.settle();
    return (await store().erasures.findOne({ contactId }))!;
  };
  return { ...one, secret, contactId, number, threads, conversations, traces, onDesk, finished, file };
}

test("asks for the number, and then nothing is left in the store or on the desk but that there were conversations", async () => {
  const it = await person();
  const { act, help, number, contactId, secret } = it;
  expect((await it.traces())).toEqual(expect.arrayContaining(["calls", "contactIdentities", "contactMerges", "contacts", "conversations", "deskEvents", "earlyChanges", "files.files", "messages"]));
  expect(it.onDesk().length).toBeGreaterThan(4);
  expect(await act("Jonas", "erase", String(number))).toMatchObject({ ok: false, code: "NOT_ALLOWED" });
  const form = (await act("Mara", "erase")).form!;
  expect(form.fields[0]!.label).toBe(`Type ${number} to erase this customer`);
  expect(await act("Mara", form.id, "", { values: { value: "1" } })).toMatchObject({ ok: false, code: "BAD_TEXT" });
  expect(await store().contacts.findOne({ _id: contactId })).not.toBeNull();
  expect(await act("Mara", form.id, "", { values: { value: String(number) } })).toMatchObject({ ok: true });

  const done = await it.finished();
  expect(await it.traces()).toEqual([]);
  expect(it.onDesk()).toEqual([]);
  expect(done).toMatchObject({ counts: { conversations: 3, files: 1 }, left: [] });
  await expect(help.core.files.open(it.file.fileId)).rejects.toMatchObject({ code: "FILE_UNKNOWN" });
  const shells = await store().conversations.find({ _id: { $in: it.conversations } }).toArray();
  expect(shells.map(({ contactName, subject, status, erased, mode }) => [contactName, subject, status, erased, mode])).toEqual(Array.from({ length: 3 }, () => ["Erased customer", "", "resolved", true, "team-only"]));
  const lines = await help.messages(it.id);
  expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, n) => n + 1));
  expect(await store().audit.findOne({ act: "contact.erased", contactId })).toMatchObject({ by: { name: "Mara" }, facts: { files: 1, left: [] } });
  expect((await act("Jonas", "find", secret)).notice).toMatch(/No|no/);
  expect(await actOutside(help, "Mara", "erase", `#${number} ${number}`), "again").toMatchObject({ ok: false, code: "NOT_FOUND" });

  await help.write("Somebody new", it.customer);
  await help.settle();
  expect((await it.now()).contactId).not.toBe(contactId);
});

test("who tells the customer's other cards of a new name meanwhile brings nothing back", async () => {
  const it = await person();
  const { contacts } = store();
  const real = contacts.deleteMany.bind(contacts);
  let met = 0;
  contacts.deleteMany = async (...args) => {
    met++;
    await store().conversations.updateOne({ _id: it.id }, { $set: { hiddenName: "" } });
    await alignNames(it.help.core, it.contactId);
    return real(...args);
  };
  try {
    await it.act("Mara", "erase", String(it.number));
    await it.finished();
  } finally {
    delete (contacts as Partial<typeof contacts>).deleteMany;
  }
  expect(met).toBeGreaterThan(0);
  expect(await it.traces()).toEqual([]);
});

test("stopped before any write it goes on by itself, and what a desk refuses to delete is listed", async () => {
  const it = await person();
  const { help, contactId, number, act } = it;
  const refuse = help.desk.remove.bind(help.desk);
  const refused = new Set<string>();
  help.desk.remove = async (thread, posts, signal) => {
    if (help.desk.threads.get(thread)!.posts.find(({ id }) => id === posts[0])?.key === null) { refused.add(posts[0]!); throw new DeskError("REFUSED", "Not ours to delete.", { certain: true, refused: true }); }
    return refuse(thread, posts, signal);
  };
  const { messages, conversations, contacts, identities, audit } = store();
  const dying: [object, string][] = [[messages, "updateOne"], [conversations, "updateOne"], [contacts, "deleteMany"], [identities, "deleteOne"], [audit, "insertOne"]];
  let every = 0;
  for (const [of, name] of dying) {
    const real = (of as Record<string, (...args: unknown[]) => Promise<unknown>>)[name]!.bind(of);
    // now and then a write dies, once before and once after its effect
    (of as Record<string, unknown>)[name] = async (...args: unknown[]) => {
      every++;
      if (every % 18 === 5) throw new Error("the process died before");
      const result = await real(...args);
      if (every % 18 === 14) throw new Error("the process died after");
      return result;
    };
  }
  try {
    await act("Mara", "erase", String(number)).catch(() => undefined);
    for (let n = 0; n < 60 && (await store().erasures.findOne({ contactId }))?.state !== "done"; n++) { help.clock.advance(301_000); await sweepErasures(help.core).catch(() => undefined); }
  } finally {
    for (const [of, name] of dying) delete (of as Record<string, unknown>)[name];
    help.desk.remove = refuse;
  }
  // what died left its lanes taken
  help.clock.advance(301_000);
  const done = await it.finished();
  expect(await it.traces()).toEqual([]);
  expect(refused.size).toBeGreaterThan(0);
  expect(done.left.map((place) => place.split("post ")[1]).sort()).toEqual([...refused].sort());
  expect((await store().messages.findOne({ source: `erased-note:${done._id}` }))!.body).toContain("could not be deleted by us");
  expect(await audit.countDocuments({ contactId, act: "contact.erased" })).toBe(1);
}, 120_000);
