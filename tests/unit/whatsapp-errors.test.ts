/** Each code that Meta documents for sending has a sentence that says what to do, and the right consequence. */
import { expect, test } from "vitest";
import { fromAnswer, sentenceOf } from "../../src/channels/whatsapp/errors.ts";

/** Source: developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes. Consequence: "agent" decides, it "waits", is tried "again", or the "number" stands still. */
const TABLE: [number, string, "agent" | "waits" | "again" | "number"][] = [
  [131047, "WINDOW_CLOSED", "agent"], [131056, "RATE_LIMITED", "waits"], [130429, "RATE_LIMITED", "waits"], [131048, "REFUSED", "agent"], [131049, "REFUSED", "agent"], [131026, "REFUSED", "agent"],
  [131050, "BLOCKED_BY_CONTACT", "agent"], [131051, "NOT_SUPPORTED", "agent"], [131052, "REFUSED", "agent"], [131053, "NOT_SUPPORTED", "agent"], [130472, "REFUSED", "agent"], [130497, "REFUSED", "agent"], [131021, "REFUSED", "agent"],
  [132000, "REFUSED", "agent"], [132001, "REFUSED", "agent"], [132005, "REFUSED", "agent"], [132007, "REFUSED", "agent"], [132012, "REFUSED", "agent"], [132015, "REFUSED", "agent"], [132016, "REFUSED", "agent"], [132068, "REFUSED", "agent"], [132069, "RATE_LIMITED", "waits"],
  [0, "BAD_CREDENTIALS", "number"], [3, "BAD_CREDENTIALS", "number"], [10, "BAD_CREDENTIALS", "number"], [190, "BAD_CREDENTIALS", "number"], [200, "BAD_CREDENTIALS", "number"], [299, "BAD_CREDENTIALS", "number"], [131005, "BAD_CREDENTIALS", "number"],
  [4, "RATE_LIMITED", "waits"], [80007, "RATE_LIMITED", "waits"], [133016, "RATE_LIMITED", "waits"],
  [33, "REFUSED", "number"], [368, "REFUSED", "number"], [131031, "REFUSED", "number"], [131037, "REFUSED", "number"], [131042, "REFUSED", "number"], [131045, "REFUSED", "number"], [133006, "REFUSED", "number"], [133010, "REFUSED", "number"],
  [131000, "UNREACHABLE", "again"], [131016, "UNREACHABLE", "again"], [131057, "UNREACHABLE", "again"], [133004, "UNREACHABLE", "again"],
  [100, "REFUSED", "agent"], [131008, "REFUSED", "agent"], [131009, "REFUSED", "agent"], [131055, "REFUSED", "agent"], [135000, "REFUSED", "agent"],
];

test.each(TABLE)("%i is %s: %s", (number, code, consequence) => {
  const error = fromAnswer("messages", 400, { error: { code: number, message: `(#${number}) a title`, error_data: { details: "what Meta says" } } });
  expect(error).toMatchObject({ code, o: { certain: true } });
  expect(error.tellAgent, "a sentence of its own, not the number").toMatch(/^(?!WhatsApp refused it)[A-Z].{15,}\.$/s);
  expect({ permanent: error.o.permanent === true, waits: error.o.retryAfterMs !== undefined, stops: error.stops === true }).toEqual({
    permanent: consequence === "agent" || consequence === "number", waits: consequence === "waits", stops: consequence === "number",
  });
  expect(sentenceOf({ code: number, details: "what Meta says" })).toEqual({ code, text: error.tellAgent });
  expect(String(error.o.cause)).not.toContain("what Meta says");
});

test("a code that is new is told with its number and Meta's words", () => {
  expect(sentenceOf({ code: 139999, details: "Something new." })).toEqual({ code: "REFUSED", text: "WhatsApp refused it (139999): Something new." });
});
