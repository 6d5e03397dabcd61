/** A customer of a chat who has left gets what they did not read by mail, once, and goes on in the same conversation from there. */
import { expect, onTestFinished, test } from "vitest";
import { createScheduler } from "../../src/automation/scheduler.ts";
import { newId } from "../../src/core/model/ids.ts";
import type { Inbox } from "../../src/core/model/types.ts";
import { mailUnread } from "../../src/core/services/continuity.ts";
import { forgetSettings } from "../../src/core/services/inbox-settings.ts";
import { climb } from "../../src/core/services/record-delivery.ts";
import { FakeChannel } from "../fakes/fake-channel.ts";
import { makeBounce } from "../fakes/email/mails.ts";
import { TEST_SETTINGS } from "../support/core.ts";
import { startEmail } from "../support/email.ts";

const WAIT = { timeout: 40_000 };
const MINUTE = 60_000;

/** A chat whose unread replies go by mail after ten minutes. `verified`: the visitor's address is known to be theirs. */
async function startChat({ verified = true, email = "ana@customer.example" as string | null } = {}) {
  const mails = await startEmail({ authServer: "mx.shop.example" });
  const { help } = mails;
  const chat: Inbox = { ...help.inbox, _id: newId(help.clock.now()), name: "Website chat", channel: "fake", identity: "chat", settings: { ...TEST_SETTINGS, continuity: { inboxId: help.inbox._id, minutes: 10 } } };
  await help.store.inboxes.insertOne(chat);
  help.core.channels.set(chat._id, new FakeChannel());
  forgetSettings(help.core);
  let lines = 0;
  const write = async (text: string) => {
    await help.receive({ type: "message", inboxId: chat._id, address: "visitor:1", channelMessageId: `c${++lines}`, text, files: [], profile: { name: "Ana", ...(email === null ? {} : { email, ...(verified ? { emailVerified: true as const } : {}) }) } });
    await help.settle();
  };
  const look = async (minutes = 0) => { help.clock.advance(minutes * MINUTE); const done = await mailUnread(help.core); await help.settle(); return done; };
  const notes = async () => (await help.lines("note")).map(({ body }) => body);
  await write("Is anybody there?");
  return { ...mails, chat, write, look, notes };
}

test("unread replies go together in one mail after ten minutes; the answer goes on in the chat, and is answered by mail in its thread", async () => {
  const { help, far, arrived, look, notes, mail, conversations } = await startChat();
  await help.say("Yes, hello!");
  help.clock.advance(2 * MINUTE);
  await help.say("Your parcel is here.");
  await look(7);
  expect(far.received).toHaveLength(0);
  await look(4);
  const first = await arrived(1);
  expect([first.to, first.mail.subject, first.mail.from!.value[0]]).toEqual([["ana@customer.example"], "Re: Is anybody there?", { address: "support@shop.example", name: "Mara (Shop)" }]);
  expect(first.mail.text!.trim()).toBe("Mara:\nYes, hello!\n\nMara:\nYour parcel is here.\n\nAnswer this mail to go on.");
  expect(await notes()).toEqual(["The customer is away: the 2 replies that they had not read went to ana@customer.example by mail."]);
  await look(60);
  expect(far.received).toHaveLength(1);

  // By the signed address, and by the headers alone; the same mail twice is one line.
  const signed = first.mail.replyTo!.value[0]!.address!;
  await mail({ id: "<a1@customer.example>", subject: "Re: Is anybody there?", text: "Great, thank you." }, [signed]);
  await mail({ id: "<a1@customer.example>", subject: "Re: Is anybody there?", text: "Great, thank you." }, [signed]);
  await mail({ id: "<a2@customer.example>", inReplyTo: first.mail.messageId!, text: "One more thing." });
  expect(await conversations()).toHaveLength(1);
  expect((await help.lines("incoming")).map(({ author, body }) => [author.name, body])).toEqual([["Ana", "Is anybody there?"], ["Ana", "Great, thank you."], ["Ana", "One more thing."]]);
  await help.say("Of course.");
  await look(11);
  const second = await arrived(2);
  expect(second.mail).toMatchObject({ inReplyTo: "<a2@customer.example>", text: expect.stringContaining("Of course.") });
  expect(second.mail.text).not.toContain("Your parcel");
});

test("what was read, answered, taken back or has no address goes nowhere", async () => {
  const { help, far, look, write } = await startChat();
  await help.say("Read.");
  const [read] = await help.lines("outgoing");
  await climb(help.core, read!, "read");
  await look(11);
  await help.say("Seen, since they wrote after it.");
  await write("Thanks");
  await look(11);
  await help.say("Taken back.");
  const last = (await help.lines("outgoing")).at(-1)!;
  await help.store.messages.updateOne({ _id: last._id }, { $set: { deletedAt: help.clock.now() } });
  await look(11);
  expect(far.received).toHaveLength(0);
  expect(await help.store.messages.countDocuments({ mailDueAt: { $exists: true } })).toBe(0);
  const other = await startChat({ email: null });
  await other.help.say("Hello?");
  await other.look(11);
  expect([other.far.received.length, await other.help.store.continuityMails.countDocuments()]).toEqual([0, 0]);
});

test("an unverified address gets one question without a word of the conversation; its answer brings what waited", async () => {
  const { help, far, arrived, look, mail, conversations, notes } = await startChat({ verified: false });
  await help.say("Your invoice is 1234.");
  await look(11);
  const asked = await arrived(1);
  expect(asked.raw).not.toMatch(/invoice|anybody/);
  expect(asked.mail.headers.get("auto-submitted")).toBe("auto-generated");
  expect(asked.mail.text).toContain("answer this mail");
  await help.say("And a second one.");
  await look(11);
  await look(60);
  expect(far.received).toHaveLength(1);

  // A machine's answer, a forged sender and somebody else prove nothing.
  const signed = asked.mail.replyTo!.value[0]!.address!;
  await mail({ headers: ["Auto-Submitted: auto-replied"], inReplyTo: asked.mail.messageId!, text: "I am away." }, [signed]);
  await mail({ headers: ["Authentication-Results: mx.shop.example; dmarc=fail header.from=customer.example"], text: "yes" }, [signed]);
  await mail({ from: "Eve <eve@elsewhere.example>", text: "yes" }, [signed]);
  await look(1);
  expect(far.received).toHaveLength(1);
  const [chat] = await conversations();
  expect((await help.lines("incoming", chat!._id)).map(({ body }) => body)).toEqual(["Is anybody there?"]);

  await mail({ text: "Yes please" }, [signed]);
  await look();
  const sent = await arrived(2);
  expect(sent.mail.text!.trim()).toBe("Mara:\nYour invoice is 1234.\n\nMara:\nAnd a second one.\n\nAnswer this mail to go on.");
  expect((await help.lines("incoming", chat!._id)).map(({ body }) => body)).toEqual(["Is anybody there?", "Yes please"]);
  expect(await help.store.contacts.findOne({ _id: chat!.contactId })).toMatchObject({ verifiedEmail: "ana@customer.example" });
  expect(await notes()).toBeDefined();
});

test("two processes, and a stop at any write, make one mail", async () => {
  const { help, far, look, arrived } = await startChat();
  await help.say("Once, please.");
  help.clock.advance(11 * MINUTE);
  await Promise.all([mailUnread(help.core), mailUnread({ ...help.core, holder: "another process" })]);
  await arrived(1);
  // Stopped between the mail's document and the mark on the reply: gathered again, it is the same mail.
  const [reply] = await help.lines("outgoing");
  await help.store.messages.updateOne({ _id: reply!._id }, { $set: { mailDueAt: help.clock.now() } });
  await look(1);
  await look(60);
  expect(far.received).toHaveLength(1);
  expect(await help.store.continuityMails.countDocuments()).toBe(1);
});

test("refused for now: tried again; refused for good, unknown, or stopped while sending: the team is told, and nothing goes twice", async () => {
  const { help, far, look, arrived, notes, write } = await startChat();
  await help.say("One.");
  far.failNext({ at: "rcpt", code: 451, text: "4.3.0 Later" });
  await look(11);
  expect([far.received.length, await notes()]).toEqual([0, []]);
  await look(1);
  await arrived(1);

  await write("And?");
  await help.say("Two.");
  far.failNext({ at: "rcpt", code: 550, text: "5.1.1 User unknown" });
  await look(11);
  expect((await notes()).at(-1)).toContain("could not go to ana@customer.example by mail. There is no such mailbox");
  await write("Hm?");
  await help.say("Three.");
  far.failNext("drop-after");
  await look(11);
  expect((await notes()).at(-1)).toContain("is not known, so it is not sent again");
  await write("Well?");
  await help.say("Four.");
  const four = (await help.lines("outgoing")).at(-1)!;
  // The process stopped after it had begun.
  await help.store.continuityMails.insertOne({ _id: four._id, conversationId: four.conversationId, inboxId: help.inbox._id, address: "ana@customer.example", kind: "replies", messageIds: [four._id], state: "sending", dueAt: new Date(help.clock.now().getTime() + MINUTE), tries: 1, at: help.clock.now() });
  await look(12);
  await look(60);
  expect((await notes()).at(-1)).toContain("is not known, so it is not sent again");
  expect(far.received).toHaveLength(2);
  expect((await help.store.continuityMails.find().sort({ at: 1 }).toArray()).map(({ state }) => state)).toEqual(["sent", "failed", "unknown", "unknown"]);
});

test("paused delivery holds it back, a bounce is told, and the scheduler does it by itself", async () => {
  const { help, far, look, arrived, notes, hand } = await startChat();
  await help.say("Hello?");
  await help.store.settings.updateOne({ _id: "delivery" }, { $set: { value: { paused: true }, at: help.clock.now() } }, { upsert: true });
  forgetSettings(help.core);
  await look(11);
  expect(far.received).toHaveLength(0);
  await help.store.settings.deleteOne({ _id: "delivery" });
  forgetSettings(help.core);
  help.clock.advance(2 * MINUTE);
  const scheduler = createScheduler(help.core);
  await scheduler.start();
  onTestFinished(() => scheduler.stop());
  const sent = await arrived(1);
  await expect.poll(notes, WAIT).toHaveLength(1);
  await hand(makeBounce({ original: sent.mail.messageId!, recipient: "ana@customer.example" }), "");
  await help.settle();
  expect((await notes()).at(-1)).toContain("did not arrive");
});
