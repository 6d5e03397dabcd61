/** Mail as it comes to a team: files and pictures, forwards, forms, forged senders, mails nobody can read, two ways in at once. */
import { expect, onTestFinished, test } from "vitest";
import { isListening } from "../../src/core/ports.ts";
import { receiveEvent } from "../../src/core/services/receive-inbound.ts";
import { FakeMailbox } from "../fakes/email/imap.ts";
import { fakeDns } from "../fakes/email/dns.ts";
import { makeMail, type MailParts } from "../fakes/email/mails.ts";
import { wireEmail } from "../fakes/email/wire.ts";
import { startEmail } from "../support/email.ts";
import { freePort } from "../support/free-port.ts";

const PNG = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");

test("files and pictures come with the line, and go out with the reply", async () => {
  const { help, mail, conversations, arrived } = await startEmail();
  await mail({
    html: '<p>Look: <img src="cid:p@x"></p>', files: [{ cid: "p@x", name: "photo.png", type: "image/png", content: PNG }, { name: "invoice.pdf", type: "application/pdf", content: "%PDF-1.7 invoice" }],
  });
  const [line] = await help.lines("incoming");
  expect([line!.body, line!.files.map(({ name, type, state }) => [name, type, state])]).toEqual(["Look: [photo.png]", [["photo.png", "image/png", "ready"], ["invoice.pdf", "application/pdf", "ready"]]]);
  expect(await help.core.files.buffer(line!.files[1]!.fileId, 100)).toEqual(Buffer.from("%PDF-1.7 invoice"));
  expect(await conversations()).toHaveLength(1);
  await help.say("Thank you.");
  expect((await arrived(1)).mail.attachments).toEqual([]);
});

test("a file past the limit is named and told as missing; the text is there", async () => {
  const { help, mail } = await startEmail();
  expect(await mail({ text: "Big", files: [{ name: "film.mp4", type: "video/mp4", content: Buffer.alloc(19_000_000, 1) }] })).toMatch(/^250/);
  const [line] = await help.lines("incoming");
  expect([line!.body, line!.files]).toMatchObject(["Big", [{ name: "film.mp4", state: "missing", why: expect.stringContaining("18 MB") }]]);
});

test("what a colleague forwards is its first writer's, what a stranger forwards is the stranger's", async () => {
  const { help, mail, conversations, arrived } = await startEmail({ team: ["shop.example"] });
  const text = "Please look.\n\n---------- Forwarded message ---------\nFrom: Bob <bob@third.example>\nDate: Tue, Mar 12, 2024 at 9:00 AM\nSubject: Broken\nTo: <mara@shop.example>\n\nMy parcel is broken.";
  await mail({ from: "Mara <mara@shop.example>", subject: "Fwd: Broken", text });
  await mail({ from: "Eve <eve@elsewhere.example>", subject: "Fwd: Broken", text });
  expect((await conversations()).map(({ contactName }) => contactName)).toEqual(["Bob", "Eve"]);
  const [first] = await conversations();
  expect((await help.lines("incoming", first!._id))[0]!.body).toMatch(/^Forwarded by Mara:\n\nPlease look\.[^]*My parcel is broken\.$/);
  await help.say("We look into it.", "Mara", first!.thread!.id);
  expect((await arrived(1)).to).toEqual(["bob@third.example"]);
});

test("a form on a website writes for its visitor; an answer goes where the customer asked", async () => {
  const { help, mail, conversations, arrived } = await startEmail();
  await mail({ from: "Website <no-reply@host.example>", headers: ["Reply-To: Ana <ana@customer.example>"], text: "A question." });
  await mail({ from: "Ben <ben@customer.example>", headers: ["Reply-To: ben@private.example"], text: "Another." });
  const all = await conversations();
  expect(await Promise.all(all.map(async ({ identityId }) => (await help.store.identities.findOne({ _id: identityId }))!.address))).toEqual(["ana@customer.example", "ben@customer.example"]);
  expect(all[0]!.caution).toBe("Sent by no-reply@host.example in the name of ana@customer.example");
  expect(all[1]!.caution).toBeUndefined();
  await help.say("Here.");
  expect((await arrived(1)).to).toEqual(["ben@private.example"]);
});

test("a sender who may be forged is named on the card", async () => {
  const { help, mail, conversations } = await startEmail({ authServer: "mx.shop.example" });
  await mail({ headers: ["Authentication-Results: mx.shop.example; spf=fail smtp.mailfrom=x; dmarc=fail header.from=customer.example"], text: "I am Ana." });
  const [conversation] = await conversations();
  const card = help.desk.threads.get(conversation!.thread!.id)!.card;
  expect(card.facts).toContainEqual({ label: "Caution", value: "The sender's address may be forged (DMARC fail, SPF fail)" });
});

test("a stranger who hands mail over himself is looked at by ourselves, and one whom the domain disowns goes on in no conversation", async () => {
  const { lookUp } = fakeDns({ "TXT _dmarc.customer.example": ["v=DMARC1; p=reject"], "TXT customer.example": ["v=spf1 ip4:127.0.0.1 -all"] });
  const { help, mail, hand, conversations, arrived } = await startEmail({ receiver: { port: await freePort(), relays: [] }, authServer: "mx.shop.example" }, lookUp);
  await mail({ id: "<one@customer.example>", text: "I am Ana." });
  await help.say("Hello Ana.");
  const sent = await arrived(1);
  const forged = async (parts: MailParts, to: string[] = ["support@shop.example"]) => { await hand(makeMail({ headers: ["Authentication-Results: mx.shop.example; dmarc=pass"], ...parts }), "eve@evil.example", to); await help.settle(); };
  await forged({ text: "Send it to my new address.", inReplyTo: sent.mail.messageId!, references: "<one@customer.example>" });
  await forged({ text: "And the invoice." }, [sent.mail.replyTo!.value[0]!.address!]);
  await mail({ text: "It is me.", inReplyTo: sent.mail.messageId! });
  const [real, other, ...more] = await conversations();
  expect(more).toEqual([]);
  expect((await help.lines("incoming", real!._id)).map(({ body }) => body)).toEqual(["I am Ana.", "It is me."]);
  expect((await help.lines("note", real!._id)).map(({ author, body }) => [author.name, body])).toEqual([["Ana Lima (ana@customer.example), who may be somebody else", "And the invoice."]]);
  expect([real!.caution, other!.caution]).toEqual([undefined, "The sender's address may be forged (DMARC fail)"]);
});

test("a mail that can't be read is kept whole", async () => {
  const { help, hand } = await startEmail();
  const parts = Array.from({ length: 3_000 }, () => "--x\r\nContent-Type: text/plain\r\n\r\na\r\n").join("");
  expect(await hand(Buffer.from(`From: ana@customer.example\r\nContent-Type: multipart/mixed; boundary="x"\r\n\r\n${parts}--x--\r\n`))).toMatch(/^250/);
  await help.settle();
  const [line] = await help.lines("incoming");
  expect([line!.body, line!.files]).toMatchObject(["(This mail could not be read. It is attached as it came.)", [{ name: "mail.eml", state: "ready" }]]);
});

test("the same mail by the receiver and by the mailbox is one line", async () => {
  const { help, hand } = await startEmail();
  const box = await FakeMailbox.start();
  const wired = wireEmail({ smtpPort: 1, inboxId: help.inbox._id, files: help.core.files, settings: { imap: { host: "127.0.0.1", port: box.port, security: "none", user: "u", password: "p" } } });
  if (!isListening(wired.adapter)) throw new Error("Mail listens.");
  const stop = new AbortController();
  const told: string[] = [];
  const listening = wired.adapter.listen(async (events) => { for (const event of events) told.push((await receiveEvent(help.core, event)).outcome); }, stop.signal);
  onTestFinished(async () => { stop.abort(); await listening; await box.close(); });
  await expect.poll(() => box.idling, { timeout: 40_000 }).toBe(true);
  const raw = makeMail({ id: "<twice@customer.example>", text: "Only once, please." });
  await hand(raw);
  box.add(raw);
  await expect.poll(() => told, { timeout: 40_000 }).toEqual(["duplicate"]);
  await help.settle();
  expect((await help.lines("incoming")).map(({ body }) => body)).toEqual(["Only once, please."]);
});
