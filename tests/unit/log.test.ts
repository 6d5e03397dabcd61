import { expect, test } from "vitest";
import { createLog, plainLine, scrub } from "../../src/log.ts";

function logged(write: (log: ReturnType<typeof createLog>) => void): string {
  const lines: string[] = [];
  write(createLog("trace", { write: (line) => lines.push(line) }));
  return lines.join("");
}

test("secrets and customers' words never reach the log, wherever they stand", () => {
  const line = logged((log) => log.info({ token: "T-1", body: "B-1", inbox: { secrets: { token: "T-2" }, name: "Bot" }, message: { text: "X-1", id: "m1" }, headers: { authorization: "Bearer A-1", cookie: "C-1" } }, "Something happened."));
  for (const value of ["T-1", "B-1", "T-2", "X-1", "A-1", "C-1"]) expect(line).not.toContain(value);
  expect(line).toContain("Bot");
  expect(line).toContain("m1");
});

test("errors are logged by type, code and frames; duplicate keys and credentials in their text are hidden", () => {
  const error = Object.assign(new Error("E11000 duplicate key error collection: x index: identityByAddress dup key: { address: \"ana@example.com\" }"), { code: 11000 });
  const line = logged((log) => log.error({ err: new Error("Outer", { cause: error }) }, "Failed."));
  expect(line).not.toContain("ana@example.com");
  expect(line).toContain("identityByAddress");
  expect(line).toContain("11000");
  expect(line).toContain("log.test.ts");
});

test("credentials inside texts of libraries are hidden", () => {
  expect(scrub("https://api.telegram.org/bot123456:AA-secret_1/getMe")).toBe("https://api.telegram.org/bot[hidden]/getMe");
  expect(scrub("mongodb://user:pass@db:27017/x")).toBe("mongodb://[hidden]@db:27017/x");
  expect(scrub("Authorization: Bearer abcdefghijkl")).toBe("Authorization: Bearer [hidden]");
});

test("a terminal gets one plain line", () => {
  const line = plainLine(JSON.stringify({ level: 40, time: "2026-11-20T10:11:12.345Z", msg: "Slow.", ms: 12 }));
  expect(line).toBe("10:11:12 warn  Slow.  ms=12\n");
});
