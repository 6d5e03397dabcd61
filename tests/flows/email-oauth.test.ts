/** Mail servers that take no passwords, and several mailboxes of one inbox. */
import { expect, onTestFinished, test } from "vitest";
import { DeliveryError } from "../../src/core/errors.ts";
import { isListening, type InboundEvent } from "../../src/core/ports.ts";
import { FakeMailbox } from "../fakes/email/imap.ts";
import { makeMail } from "../fakes/email/mails.ts";
import { FakeMailServer } from "../fakes/email/server.ts";
import { FakeTokenServer } from "../fakes/email/tokens.ts";
import { wireEmail, type WiredOptions } from "../fakes/email/wire.ts";

const WAIT = { timeout: 40_000 };
const ID = "65f000000000000000000001";

async function providers() {
  const [tokens, far, box] = await Promise.all([FakeTokenServer.start(), FakeMailServer.start({ oauth: true }), FakeMailbox.start()]);
  far.tokens = tokens.given;
  box.tokens = tokens.given;
  onTestFinished(async () => { await Promise.all([tokens.close(), far.close(), box.close()]); });
  const oauth = { tokenUrl: tokens.url, clientId: "client", clientSecret: "a client's secret", refreshToken: "refresh-1", scope: "mail offline" };
  const settings = { smtp: { host: "127.0.0.1", port: far.port, security: "none", user: "support", oauth }, imap: { host: "127.0.0.1", port: box.port, security: "none", user: "support", oauth } };
  const wire = (more: Partial<WiredOptions> = {}) => {
    const wired = wireEmail({ smtpPort: far.port, settings, ...more });
    const send = async () => { const [part] = wired.adapter.plan({ id: ID, body: "Hello", files: [], author: { name: "Mara" } }); return wired.adapter.sendPart({ inboxId: "inbox-email", address: "ana@customer.example" }, part!, `${ID}:0`, AbortSignal.timeout(40_000)); };
    const texts: string[] = [];
    const listen = () => {
      if (!isListening(wired.adapter)) throw new Error("Mail listens.");
      const stop = new AbortController();
      const listening = wired.adapter.listen(async (events: InboundEvent[]) => { for (const event of events) if (event.type === "message") texts.push(event.text); }, stop.signal);
      const end = async () => { stop.abort(); await listening; };
      onTestFinished(end);
      return end;
    };
    return { ...wired, send, listen, texts };
  };
  return { tokens, far, box, wire };
}

test("one refresh token signs in to both servers; an access token is used until it ends, and a refused one is renewed", async () => {
  const { tokens, far, box, wire } = await providers();
  const { adapter, inbox, send, listen, texts } = wire();
  expect(JSON.stringify(inbox.config)).not.toMatch(/refresh-1|a client's secret/);
  listen();
  await expect.poll(() => box.idling, WAIT).toBe(true);
  box.add(makeMail({ text: "one" }));
  await expect.poll(() => texts, WAIT).toEqual(["one"]);
  await send();
  expect(far.received).toHaveLength(1);
  expect(tokens.asked.map((form) => Object.fromEntries(form))).toEqual([{ grant_type: "refresh_token", client_id: "client", client_secret: "a client's secret", refresh_token: "refresh-1", scope: "mail offline" }]);
  expect(adapter.id).toBe("email");

  // The provider takes back what it gave, before its time.
  tokens.given.clear();
  box.cut();
  await expect.poll(() => tokens.given.size, WAIT).toBeGreaterThan(0);
  await expect.poll(() => box.idling, WAIT).toBe(true);
  box.add(makeMail({ text: "two" }));
  await expect.poll(() => texts, WAIT).toEqual(["one", "two"]);
});

test("SMTP renews a token that it refuses", async () => {
  const { tokens, far, wire } = await providers();
  const { send } = wire();
  // Given once already, and taken back.
  far.tokens = new Set();
  const refused: unknown = await send().catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: "BAD_CREDENTIALS" });
  expect(tokens.asked).toHaveLength(2);
  far.tokens = new Set(["access-3"]);
  await send();
  expect(far.received).toHaveLength(1);
});

test("a refresh token that is replaced is kept, also over a restart; a new setting begins anew", async () => {
  const { tokens, wire } = await providers();
  tokens.expiresIn = 0;
  tokens.rotateTo = "refresh-2";
  const first = wire();
  await first.send();
  expect(JSON.stringify(await first.memory.read())).not.toContain("refresh-2");
  expect(JSON.stringify(await first.vault.read())).toContain("refresh-2");
  await wire({ vault: first.vault }).send();
  expect(tokens.asked.map((form) => form.get("refresh_token"))).toEqual(["refresh-1", "refresh-2"]);
  // What was kept is taken no more, what is configured is: an administrator signed in anew.
  tokens.refreshTokens = new Set(["refresh-1"]);
  await wire({ vault: first.vault }).send();
  expect(tokens.asked.map((form) => form.get("refresh_token"))).toEqual(["refresh-1", "refresh-2", "refresh-2", "refresh-1"]);
});

test("a revoked sign-in is told in words, on the reply and in Health; a provider that is away is tried again", async () => {
  const { tokens, wire } = await providers();
  tokens.away = true;
  const { send, listen, troubles, log } = wire();
  const errorOf = async () => { const error: unknown = await send().catch((thrown: unknown) => thrown); if (!(error instanceof DeliveryError)) throw new Error(String(error)); return { code: error.code, certain: error.o.certain, permanent: error.o.permanent ?? false, words: error.tellAgent }; };
  expect(await errorOf()).toMatchObject({ code: "UNREACHABLE", certain: true, permanent: false });
  tokens.away = false;
  tokens.refreshTokens.clear();
  expect(await errorOf()).toMatchObject({ code: "BAD_CREDENTIALS", certain: true, permanent: true, words: expect.stringContaining("OAuth2") });
  listen();
  await expect.poll(() => log.lines.some(({ text }) => text.includes("Could not take mail")), WAIT).toBe(true);
  expect(troubles).toContain("BAD_CREDENTIALS");
  expect(JSON.stringify(log.lines)).not.toMatch(/refresh-1|client's secret|revoked\./);
});

test("several mailboxes of one inbox: each has its own place, and one that is away holds up none", async () => {
  const [one, two] = await Promise.all([FakeMailbox.start(), FakeMailbox.start()]);
  onTestFinished(async () => { await Promise.all([one.close(), two.close()]); });
  two.refuseLogin = true;
  const mailbox = (box: FakeMailbox, user: string) => ({ host: "127.0.0.1", port: box.port, security: "none", user, password: `${user}'s password` });
  const wired = wireEmail({ smtpPort: 1, settings: { imap: [mailbox(one, "sales"), mailbox(two, "support")] } });
  expect(JSON.stringify(wired.inbox.config)).not.toContain("password");
  // Kept by a version that knew one mailbox.
  one.add(makeMail({ text: "read long ago" }));
  one.add(makeMail({ text: "came while we were away" }));
  await wired.memory.write({ uidValidity: "7", lastUid: 1, seenAt: new Date().toISOString() });
  const texts: string[] = [];
  const listen = () => {
    if (!isListening(wired.adapter)) throw new Error("Mail listens.");
    const stop = new AbortController();
    const listening = wired.adapter.listen(async (events) => { for (const event of events) if (event.type === "message") texts.push(event.text); }, stop.signal);
    const end = async () => { stop.abort(); await listening; };
    onTestFinished(end);
    return end;
  };
  const end = listen();
  await expect.poll(() => texts, WAIT).toEqual(["came while we were away"]);
  await expect.poll(() => wired.troubles.at(-1), WAIT).toBe("BAD_TOKEN");
  two.refuseLogin = false;
  await expect.poll(() => two.idling, WAIT).toBe(true);
  await expect.poll(() => wired.troubles.at(-1), WAIT).toBeNull();
  two.add(makeMail({ text: "for support" }));
  await expect.poll(() => texts, WAIT).toEqual(["came while we were away", "for support"]);
  await end();
  one.add(makeMail({ text: "sales again" }));
  two.add(makeMail({ text: "support again" }));
  listen();
  await expect.poll(() => texts.toSorted(), WAIT).toEqual(["came while we were away", "for support", "sales again", "support again"]);
});
