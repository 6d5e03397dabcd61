/** Mail out of a real IMAP server, Debian's dovecot, where there is one on this machine. What a fake shows stands in flows/email-imap.test.ts. */
import { expect, onTestFinished, test } from "vitest";
import { isListening, type InboundEvent } from "../../src/core/ports.ts";
import { makeMail } from "../fakes/email/mails.ts";
import { wireEmail } from "../fakes/email/wire.ts";
import { Dovecot, PASSWORD, USER, whyNoDovecot } from "../support/dovecot.ts";

const why = whyNoDovecot();

test.skipIf(why !== null)(`dovecot: new mail comes at once and once, through restarts, a new UIDVALIDITY and a wrong password${why === null ? "" : ` (left out: ${why})`}`, async () => {
  const server = new Dovecot();
  onTestFinished(() => server.close());
  await server.start();
  const imap = (password: string) => ({ imap: { host: "127.0.0.1", port: server.port, security: "none", user: USER, password } });
  const wired = wireEmail({ smtpPort: 1, settings: imap(PASSWORD) });
  const texts: string[] = [];
  const listen = (adapter: typeof wired.adapter) => {
    if (!isListening(adapter)) throw new Error("Mail listens.");
    const stop = new AbortController();
    const listening = adapter.listen(async (events: InboundEvent[]) => { for (const event of events) if (event.type === "message") texts.push(event.text); }, stop.signal);
    const end = async () => { stop.abort(); await listening; };
    onTestFinished(end);
    return end;
  };
  const seen = (wanted: string[]) => expect.poll(() => texts, { timeout: 40_000, message: server.log() }).toEqual(wanted);
  const stands = () => expect.poll(async () => wired.memory.read(), { timeout: 40_000 }).not.toBeNull();

  server.deliver(makeMail({ text: "from last year" }));
  const end = listen(wired.adapter);
  await stands();
  server.deliver(makeMail({ text: "one" }));
  await seen(["one"]);
  server.deliver(makeMail({ text: "two", html: "<p><b>two</b></p>" }));
  await seen(["one", "two"]);

  await server.stop();
  server.deliver(makeMail({ text: "while it was away" }));
  await server.start();
  await seen(["one", "two", "while it was away"]);

  await end();
  await server.stop();
  server.renumber();
  await server.start();
  server.deliver(makeMail({ text: "three" }));
  const again = listen(wired.adapter);
  await expect.poll(() => texts.at(-1), { timeout: 40_000 }).toBe("three");
  // what was there is told again; the ids make repeats of it for core
  expect(["one", "two", "while it was away", "three"].map((text) => texts.filter((one) => one === text).length)).toEqual([2, 2, 2, 1]);
  await again();

  const refused = wireEmail({ smtpPort: 1, settings: imap("wrong") });
  listen(refused.adapter);
  await expect.poll(() => refused.troubles.at(-1), { timeout: 40_000 }).toBe("BAD_TOKEN");
});
