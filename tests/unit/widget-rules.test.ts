import { describe, expect, test } from "vitest";
import { widgetAdapter } from "../../src/channels/widget/adapter.ts";
import { createBuckets } from "../../src/channels/widget/limits.ts";
import { frameAncestors, isOriginRule, isOwnOrigin, originAllowed } from "../../src/channels/widget/origins.ts";
import { widgetKind } from "../../src/channels/widget/kind.ts";

describe("origins", () => {
  test.each([
    [["*"], "https://anything.example", true],
    [["https://shop.example"], "https://shop.example", true],
    [["https://Shop.example"], "https://shop.EXAMPLE", true],
    [["https://shop.example"], "http://shop.example", false],
    [["https://shop.example"], "https://shop.example:8443", false],
    [["https://shop.example"], "https://shop.example.evil.example", false],
    [["https://*.shop.example"], "https://www.shop.example", true],
    [["https://*.shop.example"], "https://a.b.shop.example", true],
    [["https://*.shop.example"], "https://shop.example", false],
    [["https://*.shop.example"], "https://evilshop.example", false],
    [["https://*.shop.example"], "https://.shop.example", false],
    [["http://localhost:3000"], "http://localhost:3000", true],
    [[], "https://shop.example", false],
    [["https://shop.example"], "null", false],
  ])("%j lets %s in: %s", (rules, origin, allowed) => expect(originAllowed(rules, origin)).toBe(allowed));

  test.each(["*", "https://a.example", "http://localhost:3000", "https://*.a.example"])("%s is a rule", (rule) => expect(isOriginRule(rule)).toBe(true));
  test.each(["", "a.example", "https://a.example/", "https://a.example/path", "javascript:alert(1)", "https://*", "https://a.example; script-src *", "https://a b"])("%s is none", (rule) => expect(isOriginRule(rule)).toBe(false));

  test("our own pages are known by the host they came from", () => {
    expect(isOwnOrigin("http://127.0.0.1:3000", "127.0.0.1:3000")).toBe(true);
    expect(isOwnOrigin("http://127.0.0.1:3001", "127.0.0.1:3000")).toBe(false);
    expect(isOwnOrigin("null", "127.0.0.1:3000")).toBe(false);
  });

  test("frame-ancestors names the allowed sites and us", () => {
    expect(frameAncestors(["*"])).toBe("*");
    expect(frameAncestors(["https://shop.example", "https://*.shop.example"])).toBe("'self' https://shop.example https://*.shop.example");
    expect(frameAncestors([])).toBe("'self'");
  });
});

describe("buckets", () => {
  test("a burst passes, then one call at a time, each caller apart", () => {
    let time = 0;
    const buckets = createBuckets(true, () => time);
    const results = Array.from({ length: 31 }, () => buckets.take("messageByVisitor", "v1"));
    expect(results.slice(0, 30)).toEqual(Array.from({ length: 30 }, () => 0));
    expect(results[30]).toBe(1);
    expect(buckets.take("messageByVisitor", "v2")).toBe(0);
    time += 500;
    expect(buckets.take("messageByVisitor", "v1")).toBe(0);
    expect(buckets.take("messageByVisitor", "v1")).toBe(1);
  });

  test("waiting never saves up more than a burst", () => {
    let time = 0;
    const buckets = createBuckets(true, () => time);
    buckets.take("fileByVisitor", "v");
    time += 3_600_000;
    const passed = Array.from({ length: 50 }, () => buckets.take("fileByVisitor", "v")).filter((wait) => wait === 0);
    expect(passed).toHaveLength(10);
  });

  test("switched off, nothing is refused", () => {
    const buckets = createBuckets(false);
    expect(Array.from({ length: 500 }, () => buckets.take("sessionByIp", "ip")).every((wait) => wait === 0)).toBe(true);
  });
});

describe("settings of an inbox", () => {
  test("its key is its identity; the secret goes among the secrets", () => {
    const settings = widgetKind.settings.parse({ key: "demo", allowedOrigins: ["https://shop.example"], identitySecret: "sixteen letters!" });
    expect(widgetKind.read(settings)).toEqual({ identity: "demo", config: { allowedOrigins: ["https://shop.example"] }, secrets: { identitySecret: "sixteen letters!" } });
  });

  test.each([{}, { key: "" }, { key: "a b" }, { key: "demo", allowedOrigins: [] }, { key: "demo", allowedOrigins: ["shop.example"] }, { key: "demo", token: "x" }, { key: "demo", identitySecret: "short" }])(
    "%j is refused", (settings) => expect(widgetKind.settings.safeParse(settings).success).toBe(false),
  );
});

test("delivery: one part whatever the length, and the stored line is the effect, the same each time", async () => {
  const out = { id: "m1", body: "x".repeat(30_000), files: [], author: { name: "Mara" } };
  const parts = widgetAdapter.plan(out);
  expect(parts).toHaveLength(1);
  expect(JSON.parse(JSON.stringify(parts))).toEqual(parts);
  const to = { inboxId: "i", address: "visitor:a" };
  const first = await widgetAdapter.sendPart(to, parts[0]!, "m1:0");
  expect(await widgetAdapter.sendPart(to, parts[0]!, "m1:0")).toEqual(first);
  expect(first).toEqual({ vendorId: "m1:0", state: "sent" });
});
