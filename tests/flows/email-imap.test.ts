/** Taking mail out of a mailbox by IMAP: what is new comes once and in order, through breaks, failing writes and new numbers. */
import { expect, onTestFinished, test } from "vitest";
import { isListening, type InboundEvent } from "../../src/core/ports.ts";
import { FakeMailbox } from "../fakes/email/imap.ts";
import { makeMail } from "../fakes/email/mails.ts";
import { wireEmail } from "../fakes/email/wire.ts";

async function setUp() {
  const box = await FakeMailbox.start();
  const wired = wireEmail({ smtpPort: 1, settings: { imap: { host: "127.0.0.1", port: box.port, security: "none", user: "support", password: "s3cret" } } });
  const { adapter } = wired;
  if (!isListening(adapter)) throw new Error("Mail listens.");
  const texts: string[] = [];
  let storing = true;
  const sink = async (events: InboundEvent[]) => {
    if (!storing) throw new Error("The store is away.");
    for (const event of events) if (event.type === "message") texts.push(event.text);
  };
  const listen = () => {
    const stop = new AbortController();
    const listening = adapter.listen(sink, stop.signal);
    const end = async () => { stop.abort(); await listening; };
    onTestFinished(end);
    return end;
  };
  onTestFinished(() => box.close());
  const idle = () => expect.poll(() => box.idling, { timeout: 40_000 }).toBe(true);
  const seen = (wanted: string[]) => expect.poll(() => texts, { timeout: 40_000 }).toEqual(wanted);
  return { ...wired, box, texts, listen, idle, seen, storing: (now: boolean) => { storing = now; } };
}
const mail = (text: string, id?: string) => makeMail({ text, ...(id === undefined ? {} : { id }) });

test("old mail stays where it is; new mail comes at once; the cursor outlives a restart", async () => {
  const { box, listen, idle, seen } = await setUp();
  box.add(mail("from last year"));
  const end = listen();
  await idle();
  box.add(mail("one"));
  box.add(mail("two"));
  await seen(["one", "two"]);
  await end();
  box.add(mail("while we were away"));
  listen();
  await seen(["one", "two", "while we were away"]);
});

test("a mail whose write fails stays due; a broken connection is made anew", async () => {
  const { box, listen, idle, seen, storing, memory } = await setUp();
  listen();
  await idle();
  const before = await memory.read();
  storing(false);
  box.add(mail("one"));
  await expect.poll(() => box.logins, { timeout: 40_000 }).toBeGreaterThan(1);
  expect(await memory.read()).toEqual(before);
  storing(true);
  await seen(["one"]);
  await idle();
  box.cut();
  box.add(mail("two"));
  await seen(["one", "two"]);
});

test("new numbers: the mailbox is read again from the last day on, under the same ids", async () => {
  const { box, listen, idle, texts, seen } = await setUp();
  listen();
  await idle();
  box.add(mail("one", "<one@customer.example>"));
  await seen(["one"]);
  await idle();
  box.renumber();
  box.add(mail("two"));
  // "one" is told again; its id makes it a repeat for core.
  await seen(["one", "one", "two"]);
  expect(texts).toHaveLength(3);
});

test("a refused password is told to Health, and over when it is mended", async () => {
  const { box, listen, troubles, log } = await setUp();
  box.refuseLogin = true;
  listen();
  await expect.poll(() => troubles.at(-1), { timeout: 40_000 }).toBe("BAD_TOKEN");
  expect(JSON.stringify(log.lines)).not.toContain("s3cret");
  box.refuseLogin = false;
  await expect.poll(() => troubles.at(-1), { timeout: 40_000 }).toBe(null);
});
