import { describe, expect, test } from "vitest";
import { makeThreadId, parseThreadId } from "../../src/bridge/playground/ids.ts";
import { mentionsIn, parseCommand } from "../../src/bridge/playground/parse.ts";
import { RECEIPT_EMOJI, renderPost, splitText } from "../../src/bridge/playground/render.ts";
import type { DeskThreadId } from "../../src/core/model/types.ts";

const names = ["Ben", "Ben Okafor", "Front Desk", "Zoë"];

describe("mentions", () => {
  test.each<[string, string[]]>([
    ["@Ben look", ["Ben"]], ["@ben okafor look", ["Ben Okafor"]], ["@BEN OKAFORD", ["Ben"]], ["@Benny", []], ["mail ben@ben.example", ["Ben"]], ["Ben", []], ["@ Ben", []],
    ["@Ben, @Ben and @front desk!", ["Ben", "Front Desk"]], ["(@zoë)", ["Zoë"]], ["@Zoe\u0308", ["Zoë"]], ["＠Ben", ["Ben"]], ["@Ben_1", []], ["@Ben🙂", ["Ben"]], ["", []],
  ])("%j → %j", (text, found) => {
    expect(mentionsIn(text, names)).toEqual(found);
  });
});

describe("verbs", () => {
  test.each([["/help", { verb: "help", args: "" }], ["  /Snooze  tomorrow 9:00 ", { verb: "snooze", args: "tomorrow 9:00" }], ["/reply a\nb", { verb: "reply", args: "a\nb" }], ["help", null], ["/", null], ["//x", null], ["/1", null]])("%j", (text, command) => {
    expect(parseCommand(text)).toEqual(command);
  });
});

describe("posts", () => {
  test.each([[10, "one two three"], [3, "🚲🚲🚲🚲"], [5, "aaaaaaaaaaaa"], [4, "a\nb\nc\nd"]])("at most %d characters a piece of %j", (max, text) => {
    const pieces = splitText(text, max);
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThanOrEqual(max);
    expect(pieces.some((piece) => /\p{Surrogate}/u.test(piece))).toBe(false);
    expect(pieces.join("").replace(/\s/g, "")).toBe(text.replace(/\s/g, ""));
  });

  test("a customer is never shown with a picture, and marks stand in words", () => {
    const { fields, texts } = renderPost({ kind: "customer", author: { name: "Ben · Widget", avatar: "https://example.com/ben.png" }, text: "Hi", files: [], marks: ["edited", "may appear twice"], reactions: ["👍"] }, new Date(0));
    expect(fields.author).toEqual({ name: "Ben · Widget", kind: "customer" });
    expect(texts).toEqual(["Hi\n(may appear twice)"]);
    expect(fields.reactions).toMatchObject([{ emoji: "👍", by: "Ben · Widget" }]);
  });

  test("each receipt has the sign that the product promises", () => {
    expect(RECEIPT_EMOJI).toMatchObject({ queued: "⏳", sending: "⏳", sent: "✅", delivered: "📬", read: "👁", failed: "⚠️", unknown: "❔" });
  });
});

test("ids go there and back; a thread of another desk is gone", () => {
  expect(parseThreadId(makeThreadId("t1"))).toBe("t1");
  expect(() => parseThreadId("slack:T:C:1" as DeskThreadId)).toThrow("THREAD_GONE");
});
