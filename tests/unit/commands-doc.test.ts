/** `docs/commands.md` says what the verb table says. */
import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { commandsPage } from "../../src/core/verbs/help.ts";
import { verbs } from "../../src/core/verbs/table.ts";

const page = new URL("../../docs/commands.md", import.meta.url);

test("docs/commands.md equals the verb table; UPDATE_DOCS=1 npx vitest run tests/unit/commands-doc.test.ts writes it anew", () => {
  if (process.env.UPDATE_DOCS === "1") writeFileSync(page, commandsPage(verbs));
  expect(readFileSync(page, "utf8")).toBe(commandsPage(verbs));
});
