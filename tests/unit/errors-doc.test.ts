import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ERROR_CODES } from "../../src/core/errors.ts";

const page = readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8");
const table = page.slice(page.indexOf("## Codes of the HTTP API"), page.indexOf("## Why a reply"));
const rows = [...table.matchAll(/^\| ([A-Z_]+) \| (\d{3}) \| (.+) \| (.+) \|$/gm)].map(([, code, status, what, todo]) => ({ code: code!, status: Number(status), what: what!, todo: todo! }));

test("every error code is explained in docs/errors.md with its status", () => {
  expect(Object.fromEntries(rows.map(({ code, status }) => [code, status]))).toEqual(ERROR_CODES);
});

test("docs/errors.md explains each code once, in words", () => {
  expect(rows.length).toBe(Object.keys(ERROR_CODES).length);
  for (const { code, what, todo } of rows) expect(what.length > 10 && todo.length > 5, code).toBe(true);
});
