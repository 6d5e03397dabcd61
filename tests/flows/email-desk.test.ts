/** Mail customers and an agent through the whole core: in over SMTP, into the thread, out over SMTP, and which mail belongs where. */
import { expect, test } from "vitest";
import { forgetSettings } from "../../src/core/services/inbox-settings.ts";
import { makeBounce, makeMail } from "../fakes/email/mails.ts";
import { startEmail } from "../support/email.ts";
import { freePort } from "../support/free-port.ts";

test("there and back: subject, threading headers, a signed reply address, and the answer to it", async () => {
  const { help, mail, conversations, arrived } = await startEmail();
  expect(await mail({ id: "<first@customer.example>", subject: "Where is my parcel?", text: "It was due on Monday.\n\n-- \nAna Lima" })).toMatch(/^250/);
  const [conversation] = await conversations();
  expect(conversation).toMatchObject({ subject: "Where is my parcel?", contactName: "Ana Lima" });
  expect(await help.texts()).toEqual(["It was due on Monday."]);
  // What was folded away is one click away.
  await help.say("!original");
  await help.settle();
  expect((await help.lines("note")).map(({ author, body }) => [author.name, body])).toEqual([["All of Ana Lima's mail", "It was due on Monday.\n\n-- \nAna Lima"]]);
  await help.say("!original");
  expect(await help.lines("note")).toHaveLength(1);

  await help.say("It is **on its way** <today>.");
  const sent = await arrived(1);
  expect(sent.to).toEqual(["ana@customer.example"]);
  expect(sent.mail).toMatchObject({ subject: "Re: Where is my parcel?", inReplyTo: "<first@customer.example>", references: "<first@customer.example>" });
  expect(sent.mail.from!.value[0]).toEqual({ address: "support@shop.example", name: "Mara (Shop)" });
  expect(sent.mail.text).toContain("It is *on its way* <today>.");
  expect(sent.mail.html).toContain("<strong>on its way</strong> &lt;today&gt;");
  expect((await help.lines("outgoing"))[0]!.delivery).toMatchObject({ state: "sent", parts: [{ vendorId: sent.mail.messageId }] });
  const replyTo = sent.mail.replyTo!.value[0]!.address!;
  expect(replyTo).toMatch(/^support\+[0-9a-f]{24}\.[a-z2-7]{16}@shop\.example$/);

  // By the address alone: the client lost the headers, and wrote it in capitals.
  await mail({ subject: "Thanks", text: "Great!" }, [replyTo.toUpperCase()]);
  // By the headers alone.
  await mail({ inReplyTo: sent.mail.messageId!, references: `<first@customer.example> ${sent.mail.messageId!}`, subject: "Re: Where is my parcel?", text: "It came.\n\nOn Tue, 12 Mar 2024 at 11:00, Mara (Shop) <support@shop.example> wrote:\n> It is on its way today." });
  expect(await conversations()).toHaveLength(1);
  expect((await help.lines("incoming")).map(({ body }) => body)).toEqual(["It was due on Monday.", "Great!", "It came."]);
  await help.say("Good to hear.");
  const last = await arrived(2);
  expect(last.mail.references).toEqual(expect.arrayContaining(["<first@customer.example>", sent.mail.messageId]));
});

test("the sender's name and the signature say which agent and team write, as the inbox is set", async () => {
  const { help, mail, conversations, arrived } = await startEmail({ fromName: "{agent}, {team} at Example", signature: "{agent}\n{team} · Example Ltd." });
  await mail({ text: "Hello" });
  await help.say("To you.");
  const first = await arrived(1);
  await help.store.teams.insertOne({ _id: "t-billing", name: "Billing", memberIds: [help.mara._id] });
  forgetSettings(help.core);
  await help.say("!assign Billing");
  await help.settle();
  expect((await conversations())[0]!.teamId).toBeDefined();
  await help.say("And again.");
  const second = await arrived(2);
  expect([first, second].map(({ mail: { from, text } }) => [from!.value[0]!.name, text!.trim()])).toEqual([["Mara, Shop at Example", "To you.\n\n-- \nMara\nShop · Example Ltd."], ["Mara, Billing at Example", "And again.\n\n-- \nMara\nBilling · Example Ltd."]]);
});

test("a new subject without headers is a new conversation; the older one goes on by its headers", async () => {
  const { help, mail, conversations } = await startEmail();
  await mail({ id: "<one@customer.example>", subject: "First", text: "one" });
  await mail({ id: "<two@customer.example>", subject: "Second", text: "two" });
  await mail({ inReplyTo: "<one@customer.example>", subject: "Re: First", text: "more of one" });
  const all = await conversations();
  expect(all.map(({ subject }) => subject)).toEqual(["First", "Second"]);
  expect((await help.lines("incoming", all[0]!._id)).map(({ body }) => body)).toEqual(["one", "more of one"]);
});

test("a stranger who names our messages is not merged; somebody in copy becomes a note", async () => {
  const { help, mail, conversations, arrived } = await startEmail();
  await mail({ id: "<one@customer.example>", cc: "Ben <ben@customer.example>", text: "We both wait." });
  expect(help.desk.threads.get((await help.conversation()).thread!.id)!.card.facts).toContainEqual({ label: "In copy", value: "ben@customer.example" });
  await help.say("Soon.");
  const sent = await arrived(1);
  expect(sent.to).toEqual(["ana@customer.example", "ben@customer.example"]);
  await mail({ from: "Ben <ben@customer.example>", inReplyTo: sent.mail.messageId!, text: "I am the colleague." });
  await mail({ from: "Eve <eve@elsewhere.example>", inReplyTo: sent.mail.messageId!, references: "<one@customer.example>", text: "I only read it." });
  const all = await conversations();
  expect(all.map(({ contactName }) => contactName)).toEqual(["Ana Lima", "Eve"]);
  expect((await help.lines("note", all[0]!._id)).map(({ author, body }) => [author.name, body])).toEqual([["Ben (ben@customer.example)", "I am the colleague."]]);
  expect(await help.lines("incoming", all[0]!._id)).toHaveLength(1);
});

test("where the inbox says so, somebody in copy goes on in the conversation under their own name, and is answered too", async () => {
  const email = await startEmail({ inCopy: "participant", authServer: "mx.shop.example" });
  const { help, mail, conversations, arrived } = email;
  await mail({ id: "<one@customer.example>", cc: "Ben <ben@customer.example>", text: "We both wait." });
  await help.say("Soon.");
  const sent = await arrived(1);
  const fromBen = { from: "Ben <ben@customer.example>", to: "support@shop.example, ana@customer.example", cc: "carla@customer.example", inReplyTo: sent.mail.messageId! };
  await mail({ ...fromBen, id: "<two@customer.example>", text: "It is urgent." });
  await mail({ ...fromBen, id: "<two@customer.example>", text: "It is urgent." });
  const [conversation] = await conversations();
  expect((await help.lines("incoming")).map(({ author, body }) => [author.name, body])).toEqual([["Ana Lima", "We both wait."], ["Ben (ben@customer.example)", "It is urgent."]]);
  expect(conversation!.contactName).toBe("Ana Lima");
  expect((await help.lines("outgoing"))[0]!.delivery.state).toBe("delivered");
  expect(help.desk.threads.get(conversation!.thread!.id)!.card.facts).toContainEqual({ label: "In copy", value: "carla@customer.example, ben@customer.example" });
  await help.say("Today.");
  expect((await arrived(2)).to).toEqual(["ana@customer.example", "carla@customer.example", "ben@customer.example"]);
  expect(far(email).inReplyTo).toBe("<two@customer.example>");
  // Who may be somebody else, or was only handed the address, does not.
  await mail({ ...fromBen, headers: ["Authentication-Results: mx.shop.example; dmarc=fail header.from=customer.example"], text: "Send it to me." });
  await mail({ from: "Mallory <mal@elsewhere.example>", text: "borrowed" }, [sent.mail.replyTo!.value[0]!.address!]);
  expect((await help.lines("note")).map(({ author, body }) => [author.name, body])).toEqual([["Ben (ben@customer.example), who may be somebody else", "Send it to me."], ["Mallory (mal@elsewhere.example)", "borrowed"]]);
  expect(await conversations()).toHaveLength(1);
});
const far = (email: Awaited<ReturnType<typeof startEmail>>) => email.far.received.at(-1)!.mail;

test("a forged or borrowed reply address opens nothing of somebody else's", async () => {
  const { help, mail, conversations, arrived } = await startEmail();
  await mail({ text: "mine" });
  await help.say("Yours.");
  const signed = (await arrived(1)).mail.replyTo!.value[0]!.address!;
  await mail({ from: "Eve <eve@elsewhere.example>", text: "forged" }, [signed.replace(/\.[a-z2-7]{16}@/, ".aaaaaaaaaaaaaaaa@")]);
  await mail({ from: "Mallory <mal@elsewhere.example>", text: "borrowed" }, [signed]);
  const all = await conversations();
  expect(all.map(({ contactName }) => contactName)).toEqual(["Ana Lima", "Eve"]);
  expect((await help.lines("note", all[0]!._id)).map(({ body }) => body)).toEqual(["borrowed"]);
});

test("machines and lists open nothing; an absence note is a note where it belongs; our own mail is left alone", async () => {
  const { help, mail, conversations, arrived } = await startEmail();
  await mail({ from: "News <news@list.example>", headers: ["List-Id: <news.list.example>"], text: "Buy!" });
  await mail({ from: "Bot <bot@machine.example>", headers: ["Auto-Submitted: auto-replied"], text: "I am away." });
  await mail({ from: "support@shop.example", text: "It is me." });
  expect(await conversations()).toEqual([]);
  await mail({ text: "A person." });
  await help.say("Hello.");
  const sent = await arrived(1);
  await mail({ headers: ["Auto-Submitted: auto-replied"], subject: "Automatic reply: My order", inReplyTo: sent.mail.messageId!, text: "I am away until Monday." });
  const [only, ...more] = await conversations();
  expect(more).toEqual([]);
  expect((await help.lines("note", only!._id)).map(({ body }) => body)).toEqual(["I am away until Monday."]);
  expect(await help.lines("incoming")).toHaveLength(1);
});

test("a bounce turns the reply to failed with the reason, also when its fate was unknown", async () => {
  const { far, help, hand, mail, arrived } = await startEmail();
  await mail({ text: "Hello" });
  await help.say("one");
  const sent = await arrived(1);
  await hand(makeBounce({ original: sent.mail.messageId!, recipient: "ana@customer.example", action: "delayed", status: "4.4.1" }), "");
  await help.settle();
  expect((await help.lines("outgoing"))[0]!.delivery.state).toBe("sent");
  await hand(makeBounce({ original: sent.mail.messageId!, recipient: "ana@customer.example" }), "");
  await help.settle();
  expect((await help.lines("outgoing"))[0]!.delivery).toMatchObject({ state: "failed", error: { code: "CONTACT_GONE", text: expect.stringContaining("550 5.1.1 user unknown") } });
  far.failNext("drop-after");
  await help.say("two");
  const lost = await arrived(2);
  expect((await help.lines("outgoing"))[1]!.delivery.state).toBe("unknown");
  await hand(makeBounce({ original: lost.mail.messageId!, recipient: "ana@customer.example", headersOnly: true, status: "5.2.2", why: "smtp; 552 5.2.2 full" }), "");
  await help.settle();
  expect((await help.lines("outgoing"))[1]!.delivery).toMatchObject({ state: "failed", error: { text: expect.stringContaining("full") } });
});

test("an answer proves that a reply arrived whose fate was unknown", async () => {
  const { far, help, mail, arrived } = await startEmail();
  await mail({ text: "Hello" });
  far.failNext("drop-after");
  await help.say("Did you get this?");
  const lost = await arrived(1);
  expect((await help.lines("outgoing"))[0]!.delivery.state).toBe("unknown");
  await mail({ inReplyTo: lost.mail.messageId!, text: "Yes." });
  expect((await help.lines("outgoing"))[0]!.delivery.state).toBe("delivered");
});

test("250 only after the write; the same mail again is one line, another under the same id is not lost", async () => {
  const { help, mail, storing } = await startEmail();
  storing(false);
  expect(await mail({ id: "<same@customer.example>", text: "Hello" })).toMatch(/^451/);
  expect(await help.store.messages.countDocuments({})).toBe(0);
  storing(true);
  for (let i = 0; i < 3; i++) expect(await mail({ id: "<same@customer.example>", text: "Hello" })).toMatch(/^250/);
  await mail({ id: "<same@customer.example>", inReplyTo: "<same@customer.example>", text: "Something else" });
  const bodies = (await help.store.messages.find({ kind: "incoming" }).sort({ createdAt: 1 }).toArray()).map(({ body }) => body);
  expect(bodies).toEqual(["Hello", "Something else"]);
});

test("what is not for this inbox and what is too large is refused at once", async () => {
  const { hand, conversations } = await startEmail({ receiver: { port: await freePort(), maxMegabytes: 1 } });
  expect(await hand(makeMail({}), "ana@customer.example", ["sales@shop.example"])).toMatch(/^550/);
  expect(await hand(makeMail({ text: "x".repeat(1_100_000) }))).toMatch(/^552/);
  expect(await hand(makeMail({}), "ana@customer.example", ["support+anything@shop.example"])).toMatch(/^250/);
  expect(await conversations()).toHaveLength(1);
});
