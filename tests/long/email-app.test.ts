/** Mail in the application as it runs: from the settings file to the playground and back, through a restart. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { FakeMailbox } from "../fakes/email/imap.ts";
import { handOver, makeMail } from "../fakes/email/mails.ts";
import { FakeMailServer } from "../fakes/email/server.ts";
import { startTestApp, type TestApp } from "../support/app.ts";
import { freePort } from "../support/free-port.ts";

const WAIT = { timeout: 40_000 };
const threadsOf = async (app: TestApp) => ((await app.call("GET", "/playground/v1/threads")).json as { threads: { id: string; title: string }[] }).threads;
/** Sorted: what a page is told comes in the order of its last change. */
const textsOf = async (app: TestApp, id: string) => ((await app.call("GET", `/playground/v1/threads/${id}/messages?after=0`)).json as { messages: { text: string }[] }).messages.map(({ text }) => text).toSorted();

test("by the receiver and by a mailbox; the place in the mailbox and the signed address outlive a restart", { timeout: 120_000 }, async () => {
  const far = await FakeMailServer.start(), box = await FakeMailbox.start(), port = await freePort();
  const dataDir = await mkdtemp(join(tmpdir(), "threadline-mail-"));
  onTestFinished(async () => { await far.close(); await box.close(); await rm(dataDir, { recursive: true, force: true }); });
  const settings = `
agents:
  - { name: Mara, email: mara@example.com, role: administrator }
desks:
  - { name: Support, kind: playground, channel: support }
inboxes:
  - name: Mail
    channel: email
    undoSeconds: 0
    takeOnReply: false
    address: support@shop.example
    smtp: { host: 127.0.0.1, port: ${far.port}, security: none }
    imap: { host: 127.0.0.1, port: ${box.port}, security: none, user: support, password: s3cret }
    receiver: { port: ${port} }
`;
  const app = await startTestApp({ settings, dataDir });
  await expect.poll(() => box.idling, WAIT).toBe(true);
  const hand = (parts: Parameters<typeof makeMail>[0], to = "support@shop.example") => handOver(port, makeMail(parts), { from: "ana@customer.example", to: [to] });
  expect(await hand({ subject: "Where is it?", text: "It was due on Monday." })).toMatch(/^250/);
  await expect.poll(() => threadsOf(app), WAIT).toMatchObject([{ title: "Where is it?" }]);
  const [thread] = await threadsOf(app);
  await expect.poll(() => textsOf(app, thread!.id), WAIT).toEqual(["It was due on Monday."].toSorted());
  await app.call("POST", `/playground/v1/threads/${thread!.id}/messages`, { agent: "Mara", text: "On its way." });
  await expect.poll(() => far.received.length, WAIT).toBe(1);
  const sent = far.received[0]!.mail;
  box.add(makeMail({ subject: "Re: Where is it?", inReplyTo: sent.messageId!, text: "Thanks." }));
  await expect.poll(() => textsOf(app, thread!.id), WAIT).toEqual(["It was due on Monday.", "On its way.", "Thanks."].toSorted());
  await app.stop();

  box.add(makeMail({ subject: "Re: Where is it?", inReplyTo: sent.messageId!, text: "While you were away." }));
  const again = await startTestApp({ settings, dataDir });
  await expect.poll(() => textsOf(again, thread!.id), WAIT).toEqual(["It was due on Monday.", "On its way.", "Thanks.", "While you were away."].toSorted());
  await expect.poll(() => hand({ subject: "No headers", text: "By the address." }, sent.replyTo!.value[0]!.address!).catch(String), WAIT).toMatch(/^250/);
  await expect.poll(() => textsOf(again, thread!.id), WAIT).toEqual(["It was due on Monday.", "On its way.", "Thanks.", "While you were away.", "By the address."].toSorted());
});
