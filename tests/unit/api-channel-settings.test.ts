/** What an API inbox's settings may be, and which addresses its callbacks may go to. */
import type { LookupFunction } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { createCaller } from "../../src/channels/shared/caller.ts";
import { publicLookup } from "../../src/channels/shared/egress.ts";
import { isPublicAddress } from "../../src/core/model/public-address.ts";
import { apiKind } from "../../src/channels/api/kind.ts";
import { signatureOf } from "../../src/channels/shared/signature.ts";
import { FakeBridge } from "../fakes/bridge/server.ts";
import { wireBridge } from "../fakes/bridge/wire.ts";

const good = { key: "sms.0123456789012345678901234", callbackUrl: "https://bridge.example.com/in", signingSecret: "a signing secret, long enough" };
const faultsOf = (settings: object): string[] => apiKind.settings.safeParse(settings).error?.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`) ?? [];

test("good settings become an identity, a plain part and secrets", () => {
  expect(apiKind.read(apiKind.settings.parse(good))).toEqual({
    identity: "sms", config: { callbackUrl: good.callbackUrl, identityRequired: false, allowPrivateAddress: false, shows: [] }, secrets: { key: good.key, signingSecret: good.signingSecret },
  });
});

test("a key without its secret is answered with a made one, never the same twice", () => {
  const made = () => /: (sms\.[\w-]{24,})$/.exec(faultsOf({ ...good, key: "sms" })[0] ?? "")?.[1];
  expect(made()).toBeDefined();
  expect(made()).not.toBe(made());
  expect(faultsOf({ ...good, key: made() })).toEqual([]);
  expect(faultsOf({ callbackUrl: good.callbackUrl })).toEqual([expect.stringMatching(/^key is missing/), expect.stringMatching(/^signingSecret is missing/)]);
});

test.each<[string, object, RegExp]>([
  ["no URL", { callbackUrl: "bridge" }, /^callbackUrl must be the address/],
  ["another scheme", { callbackUrl: "ftp://example.com" }, /^callbackUrl must be the address/],
  ["no TLS", { callbackUrl: "http://bridge.example.com/" }, /^callbackUrl must begin with https/],
  ["a password in it", { callbackUrl: "https://me:secret@bridge.example.com/" }, /^callbackUrl must not hold/],
  ["loopback", { callbackUrl: "https://127.0.0.1/" }, /^callbackUrl leads into a private network/],
  ["loopback as a number", { callbackUrl: "https://2130706433/" }, /^callbackUrl leads into a private network/],
  ["IPv6 loopback", { callbackUrl: "https://[::1]/" }, /^callbackUrl leads into a private network/],
  ["mapped private", { callbackUrl: "https://[::ffff:10.0.0.1]/" }, /^callbackUrl leads into a private network/],
  ["metadata of a cloud", { callbackUrl: "https://169.254.169.254/latest" }, /^callbackUrl leads into a private network/],
  ["a required identity without its secret", { identityRequired: true }, /^identitySecret is missing/],
  ["a short signing secret", { signingSecret: "short" }, /^signingSecret must have/],
  ["an unknown setting", { colour: "red" }, /Unrecognized key/],
])("%s is a fault", (_what, more, fault) => {
  expect(faultsOf({ ...good, ...more })).toEqual([expect.stringMatching(fault)]);
});

test("a bridge in the own network is allowed by its setting", () => {
  expect(faultsOf({ ...good, callbackUrl: "http://10.0.0.5:8080/in", allowPrivateAddress: true })).toEqual([]);
});

test("the signature is the one that the documentation shows", () => {
  expect(signatureOf("a signing secret, long enough", 1_760_000_000, "{\"id\":\"1\"}")).toBe("v1=a7348b2beea975d4877b5fa9b7e69d3ffe8f2dba18561d06594870b145db2a5c");
});

test.each(["8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.0", "100.63.255.255", "2606:4700::1111", "2a00:1450:4001::200e"])("%s is public", (address) => { expect(isPublicAddress(address)).toBe(true); });
test.each([
  "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.255", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.168.1.1", "198.18.0.1", "198.51.100.7", "203.0.113.9",
  "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "64:ff9b::a00:1", "100::1", "2001::1", "2001:db8::1", "2002:a00:1::", "3fff::1", "fc00::1", "fd12::1", "fe80::1", "fe80::1%eth0", "ff02::1", "", "localhost", "10.1",
])("%s is not", (address) => { expect(isPublicAddress(address)).toBe(false); });

/** As the system would answer, without asking it. */
const namesOf = (names: Record<string, string[]>) => publicLookup(((host: string, _options: object, done: (error: Error | null, found: { address: string; family: number }[]) => void) => {
  done(null, (names[host] ?? []).map((address) => ({ address, family: address.includes(":") ? 6 : 4 })));
}) as unknown as NonNullable<Parameters<typeof publicLookup>[0]>);
const ask = (lookup: LookupFunction, host: string, all: boolean) => new Promise<unknown>((done) => { lookup(host, { all }, (error, found) => done(error?.code ?? found)); });

test("a name is looked up when the connection is made, and refused as soon as one of its addresses is private", async () => {
  const lookup = namesOf({ "good.example": ["8.8.8.8", "2606:4700::1111"], "mixed.example": ["8.8.8.8", "10.0.0.1"], "inside.example": ["127.0.0.1"] });
  expect(await ask(lookup, "good.example", true)).toEqual([{ address: "8.8.8.8", family: 4 }, { address: "2606:4700::1111", family: 6 }]);
  expect(await ask(lookup, "good.example", false)).toBe("8.8.8.8");
  for (const host of ["mixed.example", "inside.example", "nothing.example"]) expect(await ask(lookup, host, true)).toBe("PRIVATE_ADDRESS");
});

test("nothing is sent to a name that leads inside, nor to an address written out", async () => {
  const bridge = await FakeBridge.start();
  onTestFinished(() => bridge.close());
  const port = new URL(bridge.url).port;
  const lookup = namesOf({ "bridge.example": ["127.0.0.1"] });
  for (const host of ["bridge.example", "127.0.0.1", "[::1]"]) {
    const caller = createCaller({ url: `http://${host}:${port}/`, allowPrivate: false, names: { who: "The bridge", setting: "callbackUrl" }, lookup });
    await expect(caller.post({}, "{}", AbortSignal.timeout(10_000))).rejects.toMatchObject({ code: "UNREACHABLE", o: { certain: true } });
  }
  expect([bridge.calls, bridge.unsigned]).toEqual([[], []]);
});

test("a redirect is not followed, and a long answer is not read to its end", async () => {
  const bridge = await FakeBridge.start(), elsewhere = await FakeBridge.start();
  onTestFinished(async () => { await bridge.close(); await elsewhere.close(); });
  const { adapter, troubles, noted } = wireBridge(bridge);
  const send = () => adapter.sendPart({ inboxId: "inbox-sms", address: "1" }, adapter.plan({ id: "m", body: "Hi", files: [], author: { name: "Mia" } })[0]!, "m:0", AbortSignal.timeout(10_000));
  bridge.fault({ status: 307, headers: { location: elsewhere.url } });
  await expect(send()).rejects.toMatchObject({ code: "UNREACHABLE", o: { certain: true }, tellAgent: expect.stringContaining("307") });
  expect(elsewhere.calls).toEqual([]);
  bridge.fault({ status: 400, body: "x".repeat(5_000_000) });
  await expect(send()).rejects.toMatchObject({ code: "REFUSED", o: { certain: true, permanent: true } });
  await expect(send()).resolves.toEqual({ vendorId: "m:0", state: "sent" });
  expect(troubles).toEqual(["UNREACHABLE", null]);
  expect(noted.map(({ status }) => status)).toEqual([307, 400, 200]);
});

test.each<[number, object | undefined, object]>([
  [204, undefined, {}],
  [401, undefined, { code: "BAD_CREDENTIALS", certain: true, permanent: false }],
  [404, undefined, { code: "UNREACHABLE", certain: true, permanent: false }],
  [404, { code: "CONTACT_GONE" }, { code: "CONTACT_GONE", certain: true, permanent: true }],
  [404, { code: "SOMETHING" }, { code: "UNREACHABLE", certain: true, permanent: false }],
  [413, undefined, { code: "TOO_LARGE", certain: true, permanent: true }],
  [408, undefined, { code: "UNREACHABLE", certain: false, permanent: false }],
  [500, { code: "REFUSED" }, { code: "UNREACHABLE", certain: false, permanent: false }],
])("an answer of %s %j means %j", async (status, body, meant) => {
  const bridge = await FakeBridge.start();
  onTestFinished(() => bridge.close());
  const { adapter } = wireBridge(bridge);
  bridge.fault({ status, ...(body === undefined ? {} : { body }) });
  const sent = adapter.sendPart({ inboxId: "inbox-sms", address: "1" }, adapter.plan({ id: "m", body: "Hi", files: [], author: { name: "Mia" } })[0]!, "m:0", AbortSignal.timeout(10_000));
  expect(await sent.then(() => ({}), ({ code, o }: { code: string; o: { certain: boolean; permanent?: boolean } }) => ({ code, certain: o.certain, permanent: o.permanent ?? false }))).toEqual(meant);
});
