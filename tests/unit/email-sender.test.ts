/** Our own look at senders: SPF, DKIM and DMARC against mails that mailauth signs, and against those who would get around it. */
import { createSocket } from "node:dgram";
import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { dkimSign, dkimVerify } from "mailauth";
import { expect, onTestFinished, test } from "vitest";
import { cautionOf } from "../../src/channels/email/auth-results.ts";
import { checkSender, type Peer } from "../../src/channels/email/check-sender.ts";
import { createLookUp } from "../../src/channels/email/dns.ts";
import { emailKind } from "../../src/channels/email/kind.ts";
import { createNetworks } from "../../src/channels/email/networks.ts";
import { parseMail } from "../../src/channels/email/parse.ts";
import { fakeDns, TIMEOUT, type Zone } from "../fakes/email/dns.ts";
import { makeMail, type MailParts } from "../fakes/email/mails.ts";
import { FakeMailServer } from "../fakes/email/server.ts";
import { wireEmail } from "../fakes/email/wire.ts";

const keys = generateKeyPairSync("rsa", { modulusLength: 2_048 }), privateKey = keys.privateKey.export({ type: "pkcs8", format: "pem" });
const KEY = `v=DKIM1; k=rsa; p=${keys.publicKey.export({ type: "spki", format: "der" }).toString("base64")}`;
const IP = "203.0.113.9";
const POLICY: Zone = { "TXT _dmarc.customer.example": ["v=DMARC1; p=reject"] };
const OURS: Zone = { ...POLICY, "TXT s1._domainkey.customer.example": [KEY], "TXT customer.example": [`v=spf1 ip4:${IP} -all`] };
const EVIL: Zone = { "TXT s1._domainkey.evil.example": [KEY], "TXT evil.example": ["v=spf1 +all"] };

async function signed(parts: MailParts = {}, domain = "customer.example", more: object = {}): Promise<Buffer> {
  const raw = makeMail(parts), { signatures } = await dkimSign(raw, { signingDomain: domain, selector: "s1", privateKey, signatureData: [{ signingDomain: domain, selector: "s1", privateKey, ...more }] });
  return Buffer.concat([Buffer.from(signatures), raw]);
}
const peer = (sender = "ana@customer.example", ip = IP): Peer => ({ ip, helo: "mx.customer.example", sender });
async function look(raw: Buffer, from: Peer | null, zone: Zone) {
  const { lookUp, asked } = fakeDns(zone), { authors } = await parseMail(raw);
  const results = await checkSender(raw, authors, from, lookUp);
  return { results, caution: cautionOf(results), asked };
}
const FORGED = (what: string) => `The sender's address may be forged (${what})`;

test("who handed it over, the signature, or both: the author's own domain vouches", async () => {
  expect((await look(makeMail({}), peer(), OURS)).results).toEqual({ spf: "pass", dmarc: "pass" });
  expect((await look(await signed(), peer("x@elsewhere.example", "198.51.100.1"), OURS)).results).toEqual({ dkim: "pass", dmarc: "pass" });
  expect((await look(await signed(), null, OURS)).results).toEqual({ dkim: "pass", dmarc: "pass" });
  expect((await look(await signed({ from: "ana@mail.customer.example" }), peer("bounce@news.customer.example", "198.51.100.1"), OURS)).results).toMatchObject({ dkim: "pass", dmarc: "pass" });
  // As a webhook may bring it.
  expect((await look(Buffer.from((await signed({ text: "one\n\ntwo  \n" })).toString("latin1").replaceAll("\r\n", "\n"), "latin1"), null, OURS)).results).toEqual({ dkim: "pass", dmarc: "pass" });
});

test.each<[string, () => Promise<Buffer> | Buffer, Peer | null, Zone, string | null]>([
  ["nobody vouches", () => makeMail({}), peer("ana@customer.example", "198.51.100.1"), OURS, FORGED("DMARC fail, SPF fail")],
  ["another domain's SPF says nothing of the author", () => makeMail({}), peer("eve@evil.example"), { ...OURS, ...EVIL }, FORGED("DMARC fail")],
  ["nor does another's signature", () => signed({}, "evil.example"), peer("eve@evil.example"), { ...OURS, ...EVIL }, FORGED("DMARC fail")],
  ["a domain that only ends like it", () => signed({}, "notcustomer.example"), peer("eve@evil.example"), { ...OURS, "TXT s1._domainkey.notcustomer.example": [KEY] }, FORGED("DMARC fail")],
  ["the text was changed", async () => Buffer.from((await signed({ text: "Pay 10" })).toString("latin1").replace("Pay 10", "Pay 99"), "latin1"), peer("eve@evil.example"), OURS, FORGED("DMARC fail, DKIM fail")],
  ["a signature that leaves room for more text", () => signed({}, "customer.example", { maxBodyLength: 3 }), peer("eve@evil.example"), OURS, FORGED("DMARC fail")],
  ["two From lines", () => signed({ headers: ["From: eve@evil.example"] }), peer(), OURS, FORGED("DMARC permerror")],
  ["two authors", () => signed({ from: "ana@customer.example, eve@evil.example" }), peer(), OURS, FORGED("DMARC permerror")],
  ["no From at all", () => makeMail({ from: "" }), peer(), OURS, FORGED("DMARC permerror")],
  ["a head larger than any mail's", () => makeMail({ headers: Array.from({ length: 3_000 }, (_, i) => `X-${i}: ${"a".repeat(100)}`) }), peer(), OURS, FORGED("DMARC permerror")],
  ["no policy, and SPF fails", () => makeMail({}), peer("ana@customer.example", "198.51.100.1"), { "TXT customer.example": ["v=spf1 -all"] }, FORGED("DMARC none, SPF fail")],
  ["no policy, nothing known", () => makeMail({}), peer(), {}, null],
  ["from a mailbox, unsigned", () => makeMail({}), null, OURS, null],
  ["from a mailbox, changed on its way", async () => Buffer.concat([await signed(), Buffer.from("-- of a list\r\n")]), null, OURS, FORGED("DKIM fail")],
  ["the policy can't be asked", () => makeMail({}), peer("ana@customer.example"), { ...OURS, "TXT _dmarc.customer.example": TIMEOUT }, null],
  ["SPF can't be asked", () => makeMail({}), peer(), { ...POLICY, "TXT customer.example": TIMEOUT }, null],
  ["the key can't be asked", () => signed(), peer("eve@evil.example"), { ...POLICY, "TXT s1._domainkey.customer.example": TIMEOUT }, null],
])("%s", async (_name, raw, from, zone, wanted) => {
  const { results, caution } = await look(await raw(), from, zone);
  expect(caution).toBe(wanted);
  if (wanted === null) expect([results?.dmarc, results?.dkim]).not.toContain("pass");
});

test("nobody makes the look end without a word by costly or impossible questions of their own", async () => {
  const chain = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`TXT e${i}.evil.example`, [`v=spf1 include:e${i + 1}.evil.example exists:%{i}.x.evil.example mx -all`]]));
  const zone = { ...OURS, ...EVIL, ...chain };
  const foreign = Array.from({ length: 200 }, (_, i) => `DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=evil.example; s=k${i}; h=from; bh=${"A".repeat(43)}=; b=AAAA`);
  const impossible = ["a..b", "x".repeat(70), "é", ""].map((selector) => `DKIM-Signature: v=1; a=rsa-sha256; d=customer.example; s=${selector}; h=from; bh=${"A".repeat(43)}=; b=AAAA`);
  for (const headers of [foreign, impossible, [...foreign, ...impossible]]) {
    const { caution, asked } = await look(makeMail({ headers }), peer("eve@e0.evil.example"), zone);
    expect(caution).toContain("DMARC fail");
    expect(asked.length).toBeLessThanOrEqual(10);
  }
  const own = await look(makeMail({ from: "eve@evil.example" }), peer("eve@e0.evil.example"), { ...zone, "TXT _dmarc.evil.example": ["v=DMARC1; p=reject"] });
  expect(own.results?.dmarc).not.toBe("pass");
  expect(own.asked.length).toBeLessThanOrEqual(25);
});

test("a server that never answers leaves it unknown, in time", async () => {
  const silent = createSocket("udp4");
  await new Promise<void>((done) => { silent.bind(0, "127.0.0.1", done); });
  onTestFinished(() => { silent.close(); });
  const lookUp = createLookUp([`127.0.0.1:${silent.address().port}`]);
  expect(await checkSender(makeMail({}), ["ana@customer.example"], peer(), lookUp, 50)).toEqual({});
});

test("whatever the bytes, an answer; and none passes that nobody signed", async () => {
  const base = await signed({ headers: ["ARC-Seal: i=1; a=rsa-sha256; d=evil.example; s=s1; cv=none; b=AAAA", "Authentication-Results: mx.shop.example; dmarc=pass"] });
  const { lookUp } = fakeDns({ ...OURS, ...EVIL });
  await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.nat(base.length - 1), fc.oneof(fc.uint8Array({ maxLength: 4 }), fc.constantFrom("\r\n", "\n", "d=", "DKIM-Signature: ", "From: ", ";", "\0").map((text) => Buffer.from(text)))), { minLength: 1, maxLength: 4 }), fc.boolean(), async (changes, known) => {
    let raw = base;
    for (const [at, bytes] of changes) raw = Buffer.concat([raw.subarray(0, at), bytes, raw.subarray(at + bytes.length)]);
    const { authors } = await parseMail(raw);
    const results = await checkSender(raw, authors, known ? peer("ana@customer.example", "198.51.100.1") : null, lookUp);
    if (results?.dmarc === "pass") expect(authors).toEqual(["ana@customer.example"]);
  }), { numRuns: 60 });
});

test("peers of our own are known by address and network", () => {
  const isOurs = createNetworks(["192.0.2.7", "10.0.0.0/8", "2001:db8::/32"]);
  expect(["192.0.2.7", "10.200.0.1", "2001:db8::5", "192.0.2.8", "11.0.0.1", "2001:db9::1", "nothing"].map(isOurs)).toEqual([true, true, true, false, false, false, false]);
  const smtp = { host: "mail.example", user: "u", password: "p" };
  for (const bad of [{ receiver: { relays: ["10.0.0.0/99"] } }, { receiver: { relays: ["mx.example"] } }, { dnsServers: ["ns.example"] }]) expect(emailKind.settings.safeParse({ address: "a@b.example", smtp, ...bad }).success).toBe(false);
});

test("what we send with a key verifies as ours", async () => {
  const far = await FakeMailServer.start();
  onTestFinished(() => far.close());
  const { adapter, inbox } = wireEmail({ smtpPort: far.port, settings: { dkim: { selector: "s1", privateKey } } });
  expect(JSON.stringify(inbox.config)).not.toContain("PRIVATE");
  const [part] = adapter.plan({ id: "65f000000000000000000001", body: "Grüße  \n\nfrom us", files: [], author: { name: "Mara" } });
  await adapter.sendPart({ inboxId: "inbox-email", address: "ana@customer.example" }, part!, "65f000000000000000000001:0", AbortSignal.timeout(40_000));
  const { raw } = far.received[0]!, { lookUp } = fakeDns({ "TXT s1._domainkey.shop.example": [KEY] });
  const { results } = await dkimVerify(raw, { resolver: lookUp });
  expect(results.map(({ signingDomain, status }) => [signingDomain, status.result])).toEqual([["shop.example", "pass"]]);
  expect((await dkimVerify(raw.replace("from us", "from me"), { resolver: lookUp })).results[0]!.status.result).not.toBe("pass");
});
