/** Small rules of mail: ids that we sign, HTML that nobody breaks out of, subjects, settings, and what each answer of a server becomes. */
import { createServer } from "node:net";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { DeliveryError } from "../../src/core/errors.ts";
import type { OutboundMessage } from "../../src/core/ports.ts";
import { makeMessageId, makeReplyAddress, readIds, readMessageId, readReplyAddress } from "../../src/channels/email/ids.ts";
import { emailKind } from "../../src/channels/email/kind.ts";
import { parseMail } from "../../src/channels/email/parse.ts";
import { plan, replySubject } from "../../src/channels/email/plan.ts";
import { toHtml } from "../../src/channels/email/render.ts";
import { makeMail } from "../fakes/email/mails.ts";
import { FakeMailServer, type Fault } from "../fakes/email/server.ts";
import { testSign, wireEmail } from "../fakes/email/wire.ts";

const ID = "65f000000000000000000001";

describe("ids", () => {
  test("ours are read again, in any case, and only under our signature", () => {
    const id = makeMessageId(`${ID}:2`, "shop.example", testSign);
    expect(id).toBe(makeMessageId(`${ID}:2`, "shop.example", testSign));
    expect(readMessageId(id, testSign)).toBe(ID);
    expect(readMessageId(id.toUpperCase(), testSign)).toBe(ID);
    for (const other of [id.replace("0001.2", "0002.2"), id.replace("0001.2", "0001.3"), "<a@b>", "", `<tl.${ID}.0.@x>`]) expect(readMessageId(other, testSign)).toBeNull();
    expect(readMessageId(id, (text) => `another key ${text}`)).toBeNull();
  });

  test("reply addresses likewise; none where it would be too long", () => {
    const address = makeReplyAddress("support@shop.example", ID, testSign)!;
    expect(readReplyAddress(address.toUpperCase(), testSign)).toBe(ID);
    expect(readReplyAddress(address.replace(ID, ID.replace("1", "2")), testSign)).toBeNull();
    expect(readReplyAddress("support+news@shop.example", testSign)).toBeNull();
    expect(makeReplyAddress(`${"long".repeat(10)}@shop.example`, ID, testSign)).toBeNull();
  });

  test("no header breaks the reading of ids", () => {
    fc.assert(fc.property(fc.string({ maxLength: 2_000 }), (text) => { expect(readIds(text).every((id) => /^<[^<>\s]+>$/.test(id))).toBe(true); }));
  });
});

describe("what goes out", () => {
  test.each([["Hello", "Re: Hello"], ["Re: Hello", "Re: Hello"], ["AW: Hello", "AW: Hello"], ["RE[2]: Hello", "RE[2]: Hello"], ["Regarding Hello", "Re: Regarding Hello"], ["", "Re:"], ["a\r\nBcc: x@y", "Re: a Bcc: x@y"]])("%j is answered under %j", (subject, wanted) => {
    expect(replySubject(subject)).toBe(wanted);
  });

  test("no text breaks out of the HTML", () => {
    const pieces = fc.constantFrom("<script>", "</p>", "</pre>", "```", "\n- ", "\n> ", "\"", "'", "&lt;", "**", "_", "`", "~~", "[x](", "https://a.example/", "javascript:alert(1)", ")", "]", "\n\n", "on=", "é", "&quot;>", "](https://b.example/\"onclick=x)");
    fc.assert(fc.property(fc.array(fc.oneof(pieces, fc.string({ maxLength: 5 })), { maxLength: 30 }), (parts) => {
      const html = toHtml(parts.join(""));
      const tags = [...html.matchAll(/<[^>]*>/g)].map(([tag]) => tag);
      for (const tag of tags) expect(tag).toMatch(/^<(\/?(p|strong|em|s|code|pre|blockquote|ul|li|div|a)|br|a href="https?:\/\/[^"<>]*"|div style="[^"]*")>$/);
      expect(html.replace(/<[^>]*>/g, "")).not.toMatch(/[<>"']/);
    }), { numRuns: 2_000 });
  });

  test("To, Cc and the chain come from the line that is answered", () => {
    const out: OutboundMessage = {
      id: ID, body: "Hi", files: [], author: { name: "Mara" },
      place: { conversationId: ID, subject: "Old", answers: { id: "<3@x>", references: ["<1@x>", "<2@x>"], subject: "New", to: ["b@x.example"], cc: ["c@x.example", "b@x.example"], replyTo: "a@private.example" }, recipients: { to: "a@private.example", alsoTo: [], cc: ["b@x.example", "c@x.example"], bcc: ["d@x.example"], left: [] } },
    };
    expect(plan(out)[0]!.data).toMatchObject({ subject: "Re: New", to: "a@private.example", cc: ["b@x.example", "c@x.example"], bcc: ["d@x.example"], inReplyTo: "<3@x>", references: ["<1@x>", "<2@x>", "<3@x>"] });
  });

  test("files go with the text, and in further mails where they are too much for one", () => {
    const file = (n: number, bytes: number) => ({ fileId: `f${n}`, name: `${n}.bin`, type: "x/y", bytes, state: "ready" as const });
    const parts = plan({ id: ID, body: "See", files: [file(1, 5_000_000), file(2, 5_000_000), file(3, 12_000_000)], author: { name: "Mara" } });
    expect(parts.map(({ data }) => { const { text, files } = data as { text: string; files: { name: string }[] }; return [text, files.map(({ name }) => name)]; })).toEqual([["See", ["1.bin", "2.bin"]], ["", ["3.bin"]]]);
  });
});

test("settings say in words what is wrong", () => {
  const smtp = { host: "mail.example", user: "u", password: "p" };
  const said = (settings: object) => { const read = emailKind.settings.safeParse(settings); return read.success ? "fine" : read.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`).join("; "); };
  expect(said({ address: "a@b.example", smtp })).toBe("fine");
  expect(said({ smtp })).toContain("address must be the inbox's mail address");
  expect(said({ address: "a@b.example" })).toContain("smtp is needed");
  expect(said({ address: "a@b.example", smtp: { ...smtp, security: "ssl" } })).toContain("must be tls, starttls or none");
  expect(said({ address: "a@b.example", smtp, fromName: "a\r\nBcc: b" })).toContain("fromName");
  expect(said({ address: "a@b.example", smtp, fromName: "{agent} of {team}", signature: "{name}" })).toBe("signature may hold {agent}, {team} and {inbox}, and no other name in braces");
  expect(said({ address: "a@b.example", smtp, adress: "x" })).not.toBe("fine");
  const read = emailKind.read(emailKind.settings.parse({ address: "Help+x@B.example", smtp, imap: { host: "i", user: "u", password: "q" }, receiver: {} }));
  expect(read).toMatchObject({ identity: "help@b.example", secrets: { smtpPassword: "p", imapPassword: "q" }, config: { signedReplies: true } });
  expect(JSON.stringify(read.config)).not.toMatch(/"(p|q)"/);
});

const permanent = { certain: true, permanent: true };
test.each<[string, Fault, object]>([
  ["no such mailbox", { at: "rcpt", code: 550, text: "5.1.1 User unknown" }, { code: "CONTACT_GONE", ...permanent }],
  ["no such mailbox, without a detail", { at: "rcpt", code: 550, text: "No such user here" }, { code: "CONTACT_GONE", ...permanent }],
  ["blocked", { at: "rcpt", code: 550, text: "5.7.1 Not wanted" }, { code: "BLOCKED_BY_CONTACT", ...permanent }],
  ["relaying denied", { at: "rcpt", code: 554, text: "5.7.1 Relay access denied" }, { code: "BAD_CREDENTIALS", ...permanent }],
  ["a password is wanted", { at: "mail", code: 530, text: "5.7.0 Authentication required" }, { code: "BAD_CREDENTIALS", ...permanent }],
  ["too large", { at: "data", code: 552, text: "5.3.4 Message too big" }, { code: "TOO_LARGE", ...permanent }],
  ["mailbox full", { at: "rcpt", code: 552, text: "5.2.2 Over quota" }, { code: "REFUSED", ...permanent }],
  ["content refused", { at: "data", code: 554, text: "5.6.0 Spam" }, { code: "REFUSED", ...permanent }],
  ["greylisted", { at: "rcpt", code: 451, text: "4.3.0 Come back later" }, { code: "UNREACHABLE", certain: true, permanent: false }],
  ["too many", { at: "data", code: 452, text: "4.5.3 Too many recipients today" }, { code: "RATE_LIMITED", certain: true, permanent: false }],
  ["4xx after the whole mail is certain", { at: "data", code: 451, text: "4.3.0 Disk" }, { code: "UNREACHABLE", certain: true, permanent: false }],
  ["the line breaks after the whole mail", "drop-after", { code: "UNREACHABLE", certain: false, permanent: false }],
])("%s", async (_name, fault, wanted) => {
  const far = await FakeMailServer.start();
  onTestFinished(() => far.close());
  const { adapter, troubles } = wireEmail({ smtpPort: far.port });
  const to = { inboxId: "inbox-email", address: "ana@customer.example" }, [part] = adapter.plan({ id: ID, body: "Hello", files: [], author: { name: "Mara" } });
  far.failNext(fault);
  const error: unknown = await adapter.sendPart(to, part!, `${ID}:0`, AbortSignal.timeout(40_000)).catch((thrown: unknown) => thrown);
  if (!(error instanceof DeliveryError)) throw new Error(`Expected a DeliveryError, got ${String(error)}`);
  expect({ code: error.code, certain: error.o.certain, permanent: error.o.permanent ?? false }).toEqual(wanted);
  expect(troubles).toEqual(error.code === "BAD_CREDENTIALS" ? ["BAD_CREDENTIALS"] : []);
  const sent = await adapter.sendPart(to, part!, `${ID}:0`, AbortSignal.timeout(40_000));
  expect(far.received.at(-1)!.mail.messageId).toBe(sent.vendorId);
  expect(new Set(far.received.map(({ mail }) => mail.messageId)).size).toBe(1);
});

test("a refused connection is certain; one connection carries many mails", async () => {
  const closed = createServer();
  await new Promise<void>((done) => { closed.listen(0, "127.0.0.1", done); });
  const { port } = closed.address() as { port: number };
  await new Promise<void>((done) => { closed.close(() => done()); });
  const [part] = wireEmail({ smtpPort: port }).adapter.plan({ id: ID, body: "Hello", files: [], author: { name: "Mara" } });
  const to = { inboxId: "inbox-email", address: "ana@customer.example" };
  await expect(wireEmail({ smtpPort: port }).adapter.sendPart(to, part!, "k:0", AbortSignal.timeout(40_000))).rejects.toMatchObject({ code: "UNREACHABLE", o: { certain: true } });
  const far = await FakeMailServer.start();
  onTestFinished(() => far.close());
  const { adapter } = wireEmail({ smtpPort: far.port });
  for (let i = 0; i < 5; i++) await adapter.sendPart(to, part!, `${ID}:${i}`, AbortSignal.timeout(40_000));
  expect(far.received).toHaveLength(5);
  expect(far.connections).toBe(1);
});

test("the customer refused, those in copy served: failed, and said so", async () => {
  const far = await FakeMailServer.start();
  onTestFinished(() => far.close());
  const { adapter } = wireEmail({ smtpPort: far.port });
  const [part] = adapter.plan({ id: ID, body: "Hello", files: [], author: { name: "Mara" }, place: { conversationId: ID, subject: "", answers: { id: "<1@x>", references: [], subject: "x", to: [], cc: ["ben@customer.example"] }, recipients: { to: null, alsoTo: [], cc: ["ben@customer.example"], bcc: [], left: [] } } });
  far.failNext({ at: "rcpt", code: 550, text: "5.1.1 User unknown", only: "ana@customer.example" });
  await expect(adapter.sendPart({ inboxId: "inbox-email", address: "ana@customer.example" }, part!, `${ID}:0`, AbortSignal.timeout(40_000))).rejects.toMatchObject({ code: "CONTACT_GONE", tellAgent: expect.stringContaining("in copy"), o: permanent });
  expect(far.received.map(({ to }) => to)).toEqual([["ben@customer.example"]]);
});

test("no bytes break the reader: it answers, or throws and the mail is kept whole", async () => {
  const pieces = fc.constantFrom("From: a@b.example\r\n", "Subject: =?utf-8?B?!!!?=\r\n", "Content-Type: multipart/mixed; boundary=\"x\"\r\n", "\r\n", "--x\r\n", "--x--\r\n", "Content-Type: text/html\r\n", "<div><blockquote>", "> quoted\r\n", "On 1 wrote:\r\n", "Message-ID: <a>\r\n", "References: <<<>>>\r\n", "Content-Transfer-Encoding: base64\r\n", "\0", "é", "Authentication-Results: mx.shop.example; dmarc=(((\r\n");
  await fc.assert(fc.asyncProperty(fc.array(fc.oneof(pieces, fc.string({ unit: "binary", maxLength: 20 })), { maxLength: 40 }), async (parts) => {
    const mail = await parseMail(Buffer.from(parts.join("")), { trusted: "mx.shop.example" });
    expect(mail.author.address).toMatch(/.@./);
    expect(mail.text).not.toMatch(/\0|\p{Surrogate}/u);
  }), { numRuns: 300 });
});

test("a mail of 30 MB is read whole", async () => {
  const raw = makeMail({ text: "Big", files: [{ name: "film.mp4", type: "video/mp4", content: Buffer.alloc(22_000_000, 1) }] });
  expect(raw.length).toBeGreaterThan(29_000_000);
  const mail = await parseMail(raw);
  expect([mail.text, mail.files.map(({ name, content }) => [name, content.length])]).toEqual(["Big", [["film.mp4", 22_000_000]]]);
});
