/** WhatsApp end to end: Meta's fake calls the real route, an agent answers in a thread, and what became of it is told back. */
import { buffer } from "node:stream/consumers";
import { expect, test } from "vitest";
import { replyUntil } from "../../src/core/services/reply-window.ts";
import { buildWhatsApp, HOUR, WAIT } from "../support/whatsapp.ts";

test("a batch, told three times, is one conversation with its lines, files and quote; the card says how long free replies go", async () => {
  const { fake, ana, adapter, ...help } = await buildWhatsApp();
  fake.copies = 3;
  const first = ana.text("Wo ist mein Päckchen? 📦");
  await help.hear(first, ana.document(Buffer.from("%PDF-1.7 the order"), { caption: "The order" }), ana.text("This one", { context: { from: "15550783881", id: first.id } }));
  const lines = await help.lines("incoming");
  expect(lines.map(({ body }) => body)).toEqual(["Wo ist mein Päckchen? 📦", "The order", "This one"]);
  expect(lines[1]!.files).toMatchObject([{ name: "offer.pdf", type: "application/pdf", state: "ready" }]);
  expect((await buffer((await help.core.files.open(lines[1]!.files[0]!.fileId)).stream)).toString()).toBe("%PDF-1.7 the order");
  const conversation = await help.conversation();
  const { card, posts } = help.desk.threads.get(conversation.thread!.id)!;
  expect(posts.find(({ post }) => post.text === "This one")!.post.marks).toEqual(["answers “Wo ist mein Päckchen? 📦”"]);
  expect(card.facts).toContainEqual({ label: "Contact", value: "Ana · WhatsApp" });
  expect(card.facts).toContainEqual(expect.objectContaining({ label: "Free replies until", at: new Date(lines[2]!.sentAt!.getTime() + adapter.capabilities.window.is!) }));
  expect(await help.store.contacts.findOne({ _id: conversation.contactId })).toMatchObject({ name: "Ana", phone: "+16505551234" });
});

test("one webhook serves the numbers of one app, and no number of another", async () => {
  const { ana, add, ...help } = await buildWhatsApp();
  const second = { ...help.inbox, _id: "second-inbox", name: "Second", identity: "200000000000002", channel: "whatsapp" };
  await help.store.inboxes.insertMany([second, { ...second, _id: "third-inbox", name: "Third", identity: "300000000000003" }]);
  add("second-inbox", "200000000000002");
  add("third-inbox", "300000000000003", "the-secret-of-another-app");
  await help.hear({ ...ana.text("to the first") }, { ...ana.text("to the second"), number: "200000000000002" }, { ...ana.text("to another app's"), number: "300000000000003" }, { ...ana.text("to nobody's"), number: "400000000000004" });
  const stored = await help.store.messages.find({ kind: "incoming" }).toArray();
  expect(stored.map(({ inboxId, body }) => [inboxId, body]).toSorted()).toEqual([[help.inbox._id, "to the first"], ["second-inbox", "to the second"]].toSorted());
  expect(help.log.lines.filter(({ text }) => text.includes("that no inbox of this app has"))).toHaveLength(2);
});

test("a reply climbs from sent to read, whatever the order in which Meta tells it", async () => {
  const { fake, ana, ...help } = await buildWhatsApp();
  await help.hear(ana.text("hello"));
  await help.say("**Hello** Ana");
  const [shown] = ana.sees;
  expect(shown).toMatchObject({ to: ana.ids.userId, kind: "text", text: "*Hello* Ana", key: `${(await help.reply())._id}:0` });
  expect((await help.reply()).delivery).toMatchObject({ state: "sent", parts: [{ state: "sent", vendorId: shown!.wamid }] });
  await help.hear(fake.statusOf(shown!, "read"), fake.statusOf(shown!, "sent"));
  expect((await help.reply()).delivery.state).toBe("read");
  await help.hear(fake.statusOf(shown!, "delivered"), fake.statusOf(shown!, "played"));
  expect((await help.reply()).delivery.state).toBe("read");
});

test("statuses that come before the answer count, for each part of a long reply", async () => {
  const { fake, ana, ...help } = await buildWhatsApp();
  await help.hear(ana.text("hello"));
  fake.tells = { states: ["sent", "delivered"], early: true };
  await help.say("word ".repeat(1_500));
  expect(ana.sees).toHaveLength(2);
  await expect.poll(async () => (await help.reply()).delivery.state, WAIT).toBe("delivered");
  expect((await help.reply()).delivery.parts.map(({ state }) => state)).toEqual(["sent", "sent"]);
  await help.hear(fake.statusOf(ana.sees[0]!, "read"));
  expect((await help.reply()).delivery.state).toBe("delivered");
  await help.hear(fake.statusOf(ana.sees[1]!, "read"));
  expect((await help.reply()).delivery.state).toBe("read");
});

test("an answer that broke off after the effect is settled by the status that bears our key, before or after it was given up", async () => {
  const { fake, ana, ...help } = await buildWhatsApp();
  await help.hear(ana.text("hello"));
  fake.fault({ call: "messages", do: { reset: "after" } });
  fake.tells = { states: ["sent"], early: true };
  await help.say("known at once");
  expect((await help.reply()).delivery).toMatchObject({ state: "sent", parts: [{ vendorId: ana.sees[0]!.wamid }] });
  fake.tells = { states: [] };
  fake.fault({ call: "messages", do: { reset: "after" } });
  await help.say("known later");
  expect((await help.reply()).delivery.state).toBe("unknown");
  await help.hear(fake.statusOf(ana.sees[1]!, "delivered"));
  expect((await help.reply()).delivery).toMatchObject({ state: "delivered", parts: [{ state: "sent", vendorId: ana.sees[1]!.wamid }] });
  expect(ana.sees).toHaveLength(2);
});

test("what a crash left in the middle is settled by what Meta told of it, without asking anybody", async () => {
  const { ana, ...help } = await buildWhatsApp();
  await help.hear(ana.text("hello"));
  await help.say("on its way");
  const { _id, delivery: { parts: [part] } } = await help.reply();
  await help.store.messages.updateOne({ _id }, {
    $set: { "delivery.state": "sending", "delivery.dueAt": help.clock.now(), "delivery.parts": [{ key: part!.key, state: "sending" }], "delivery.heard": { 0: { vendorId: part!.vendorId!, state: "sent" } } },
  });
  help.core.bus.publish({ type: "lane.due", lane: "delivery", conversationId: (await help.conversation())._id });
  await expect.poll(async () => (await help.reply()).delivery, WAIT).toMatchObject({ state: "sent", parts: [{ state: "sent", vendorId: part!.vendorId }] });
  expect(ana.sees).toHaveLength(1);
});

test("a refusal that comes later fails the reply with a sentence; Retry sends it again, and an old repeat doesn't fail that", async () => {
  const { fake, ana, ...help } = await buildWhatsApp();
  await help.hear(ana.text("hello"));
  fake.fault({ call: "messages", do: { failLater: 131026 } });
  await help.say("are you there?");
  await expect.poll(async () => (await help.reply()).delivery.state, WAIT).toBe("failed");
  const failed = await help.reply();
  expect(failed.delivery.error).toMatchObject({ code: "REFUSED", text: expect.stringContaining("not on WhatsApp") });
  await help.host.act({ desk: "fake", userId: "Mara", thread: (await help.conversation()).thread!.id, verb: "retry", args: "" });
  await help.settle();
  expect(ana.sees).toHaveLength(1);
  await help.hear(fake.statusOf({ wamid: failed.delivery.parts[0]!.vendorId!, to: ana.ids.userId!, key: `${failed._id}:0` }, "failed", 131026));
  expect((await help.reply()).delivery.state).toBe("sent");
});

test("reactions go both ways, what the customer deletes or edits changes here", async () => {
  const { fake, ana, ...help } = await buildWhatsApp();
  const said = ana.text("my card is 4111"), typo = ana.text("helo");
  await help.hear(said, typo, ana.makes("revoke", { original_message_id: said.id }), ana.makes("edit", { original_message_id: typo.id, message: { type: "text", text: { body: "hello" } } }));
  const [card, greeting] = await help.lines("incoming");
  expect(card!.deletedAt).toBeInstanceOf(Date);
  expect(greeting!.body).toBe("hello");
  await help.say("hi");
  await help.hear(ana.reaction(ana.sees[0]!.wamid, "👍"));
  expect((await help.reply()).reactions).toMatchObject([{ emoji: "👍", from: "contact" }]);
  await help.hear(ana.reaction(ana.sees[0]!.wamid));
  expect((await help.reply()).reactions).toEqual([]);
  await help.adapter.react({ inboxId: help.inbox._id, address: ana.ids.userId! }, typo.id, ["🎉"], AbortSignal.timeout(5_000));
  expect(fake.reactions.get(typo.id)).toBe("🎉");
  const thread = (await help.conversation()).thread!.id;
  const postOf = help.desk.threads.get(thread)!.posts.find(({ post }) => post.text === "hello")!;
  await help.host.accept("fake", [{ id: `${postOf.id}:react:1`, thread, at: help.clock.now(), data: { type: "reaction", postId: postOf.id, userId: "Mara", emoji: "❤️", removed: false } }]);
  await help.settle();
  await expect.poll(() => fake.reactions.get(typo.id), WAIT).toBe("❤️");
});

test("who was known by number goes on under the user id, and under the next one: one conversation, replies follow", async () => {
  const { fake, ana, ...help } = await buildWhatsApp();
  const { phone, userId } = ana.ids;
  await help.hear(fake.user({ phone: phone!, name: "Ana" }).text("before"));
  await help.say("to the number");
  expect(fake.shown.at(-1)!.to).toBe(phone);
  await help.hear(ana.text("with both"), fake.user({ userId: userId! }).text("without a number"));
  await help.say("to the id");
  expect(fake.shown.at(-1)!.to).toBe(userId);
  await help.hear(fake.user({ userId: userId! }).makes("system", { type: "user_changed_user_id", body: "changed", user_id: "US.24817305912873645029", previous_user_id: userId }));
  await help.hear(fake.user({ userId: "US.24817305912873645029" }).text("from my new phone"));
  await help.say("to the new id");
  expect(fake.shown.at(-1)!.to).toBe("US.24817305912873645029");
  expect(await help.store.conversations.countDocuments()).toBe(1);
  expect((await help.lines("incoming")).map(({ body }) => body)).toEqual(["before", "with both", "without a number", "from my new phone"]);
});

test("24 hours after the last line a reply is refused at once, as a note with the way out; a template goes, and a new line opens again", async () => {
  const { fake, ana, ...help } = await buildWhatsApp();
  fake.templates = [
    { name: "order_news", language: "en_US", status: "APPROVED", category: "UTILITY", components: [{ type: "HEADER", format: "TEXT", text: "Order {{1}}" }, { type: "BODY", text: "Hi {{1}}, it arrives {{2}}." }, { type: "FOOTER", text: "Acme" }, { type: "BUTTONS", buttons: [{ type: "URL", text: "Track", url: "https://acme.example/{{1}}" }] }] },
    { name: "hello", language: "en_US", status: "APPROVED", category: "UTILITY", components: [{ type: "BODY", text: "Hello {{first_name}}!" }] },
    { name: "hello", language: "de", status: "APPROVED", category: "UTILITY", components: [{ type: "BODY", text: "Hallo {{first_name}}!" }] },
    { name: "rejected", language: "en_US", status: "REJECTED", category: "UTILITY", components: [{ type: "BODY", text: "no" }] },
    { name: "code", language: "en_US", status: "APPROVED", category: "AUTHENTICATION", components: [{ type: "BODY", text: "{{1}}" }] },
  ];
  await help.hear(ana.text("hello"));
  const thread = (await help.conversation()).thread!.id;
  help.clock.advance(24 * HOUR);
  expect(replyUntil(help.core, await help.conversation())!.getTime()).toBeLessThanOrEqual(help.clock.now().getTime());
  await help.say("a day late");
  expect(await help.lines("outgoing")).toEqual([]);
  expect((await help.lines("note")).map(({ body }) => body)).toEqual(["a day late"]);
  expect(help.notices().at(-1)).toMatchObject({ text: expect.stringMatching(/not sent.*24 hours.*\/template/), buttons: [{ id: "template" }] });
  const act = (verb: string, args = "", values?: Record<string, string>) => help.host.act({ desk: "fake", userId: "Mara", thread, verb, args, ...(values === undefined ? {} : { values }) });
  expect(await act("reply", "still late")).toMatchObject({ ok: false, code: "WINDOW_CLOSED" });

  const picked = await act("template");
  expect(picked.form!.fields[0]!.options!.map(({ value }) => value)).toEqual(["hello/de", "hello/en_US", "order_news/en_US"]);
  expect(await act("template", "hello")).toMatchObject({ ok: false, notice: expect.stringContaining("several languages") });
  const filled = await act(picked.form!.id, "", { value: "order_news/en_US" });
  expect(filled.form!.fields.map(({ label }) => label)).toEqual(["Heading {{1}}", "Text {{1}}", "Text {{2}}", 'End of the link of "Track"', "Template"]);
  const chosen = filled.form!.fields.at(-1)!.value!;
  expect(await act(filled.form!.id, "", { v0: "1234", v1: "Ana", v2: "on  Monday", v3: "x1", template: chosen })).toMatchObject({ ok: true });
  await help.settle();
  expect(ana.sees).toMatchObject([{ kind: "template", text: "Order 1234\nHi Ana, it arrives on Monday.", template: { name: "order_news", language: "en_US", components: [{ type: "header" }, { type: "body" }, { type: "button", sub_type: "url", index: "0", parameters: [{ type: "text", text: "x1" }] }] } }]);
  expect((await help.reply()).body).toBe("Order 1234\nHi Ana, it arrives on Monday.\nAcme\n[Track]");
  expect(await act(filled.form!.id, "", { v0: "1234", v1: "Ana", v2: "on Monday", v3: "x1", template: chosen })).toMatchObject({ ok: false, code: "ALREADY_SO" });
  expect(await act("template", "hello/de Ana")).toMatchObject({ ok: true });
  expect(await act("template", "order_news 1 | 2")).toMatchObject({ ok: false, notice: expect.stringContaining("has 4 fields") });
  await help.settle();
  expect(ana.sees.map(({ text }) => text)).toEqual(["Order 1234\nHi Ana, it arrives on Monday.", "Hallo Ana!"]);

  await help.receive({ type: "message", inboxId: help.inbox._id, address: ana.ids.userId!, channelMessageId: "wamid.back", text: "I am back", files: [], profile: {}, sentAt: help.clock.now() });
  await help.settle();
  await help.say("welcome back");
  expect(ana.sees.at(-1)!.text).toBe("welcome back");
});

test("health says how the number stands, or why it can't be told", async () => {
  const { fake, ...help } = await buildWhatsApp();
  const health = async () => (await help.host.act({ desk: "fake", userId: "Mara", thread: null, verb: "health", args: "" })).notice;
  expect(await health()).toContain("Website: +1 555-078-3881 (Acme) · quality high · may begin conversations with 2,000 customers a day");
  fake.number = { quality_rating: "RED", status: "RATE_LIMITED", throughput: { level: "HIGH" } };
  expect(await health()).toContain("Website: the number answers · status rate limited · quality low");
  fake.revoked = true;
  expect(await health()).toContain("Website: The access token has expired");
});
