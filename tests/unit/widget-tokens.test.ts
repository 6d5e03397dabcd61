import { expect, test } from "vitest";
import { createSecrets } from "../../src/core/services/secrets.ts";
import { identityHash, identityHashFits, issueToken, readToken, TOKEN_LIFE_S } from "../../src/channels/widget/tokens.ts";

const secrets = createSecrets("a secret of the tests");
const now = new Date("2026-03-01T10:00:00Z");
const visitor = { inboxId: "inbox-1", address: "visitor:abc", name: "Ana", email: "ana@example.com" };

test("a token says which visitor of which inbox its holder is", () => {
  expect(readToken(secrets, issueToken(secrets, visitor, now), now)).toEqual(visitor);
  const bare = { inboxId: "inbox-1", address: "visitor:abc" };
  expect(readToken(secrets, issueToken(secrets, bare, now), now)).toEqual(bare);
});

test("a token ends after its life, not before", () => {
  const token = issueToken(secrets, visitor, now);
  expect(readToken(secrets, token, new Date(now.getTime() + TOKEN_LIFE_S * 1000 - 1))).toEqual(visitor);
  expect(readToken(secrets, token, new Date(now.getTime() + TOKEN_LIFE_S * 1000))).toBeNull();
});

test("a changed, foreign or broken token is nobody's", () => {
  const token = issueToken(secrets, visitor, now);
  const [body, signature] = token.split(".") as [string, string];
  const forged = Buffer.from(JSON.stringify({ i: "inbox-1", a: "visitor:other", x: 9_999_999_999 })).toString("base64url");
  const others = [
    `${forged}.${signature}`, `${body}.${signature.slice(1)}`, `${body}.`, body, `${token}.x`, "", ".", "x".repeat(3_000),
    issueToken(createSecrets("quite another secret"), visitor, now),
    // signed by us, for something else
    `${body}.${secrets.sign("admin-session", body)}`,
  ];
  for (const other of others) expect(readToken(secrets, other, now), other.slice(0, 40)).toBeNull();
});

test("a change of keys signs nobody out: what the old key signed still holds, and new tokens are signed with the new one", () => {
  const before = createSecrets("the key until today");
  const rotated = createSecrets("the key from today on", "the key until today");
  const old = issueToken(before, visitor, now);
  expect(readToken(rotated, old, now)).toEqual(visitor);
  const fresh = issueToken(rotated, visitor, now);
  expect(readToken(createSecrets("the key from today on"), fresh, now)).toEqual(visitor);
  expect(readToken(before, fresh, now)).toBeNull();
  expect(readToken(createSecrets("the key from today on"), old, now)).toBeNull();
});

test("an identity's hash fits its own id and secret alone", () => {
  const hash = identityHash("the site's own secret", "user-7");
  expect(identityHashFits("the site's own secret", "user-7", hash)).toBe(true);
  expect(identityHashFits("the site's own secret", "user-7", hash.toUpperCase())).toBe(true);
  expect(identityHashFits("the site's own secret", "user-8", hash)).toBe(false);
  expect(identityHashFits("another secret of a site", "user-7", hash)).toBe(false);
  expect(identityHashFits("the site's own secret", "user-7", "")).toBe(false);
});
