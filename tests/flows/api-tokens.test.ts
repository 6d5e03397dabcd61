/** `threadline token`, by the command itself on a store of its own. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { execute } from "../../src/cli/main.ts";
import { openStore } from "../../src/core/store/store.ts";
import { createTokens } from "../../src/web-admin/auth/tokens.ts";
import { buildTestCore } from "../support/core.ts";
import { startTestStore } from "../support/store.ts";

test("tokens are made, listed and revoked on the terminal; what can't be is said in words", async () => {
  const running = await startTestStore();
  const store = await openStore(running.uri);
  await store.ensureIndexes();
  const dir = mkdtempSync(join(tmpdir(), "threadline-token-"));
  const { clock, mara } = await buildTestCore({ store });
  onTestFinished(async () => { await store.close(); await running.stop(); rmSync(dir, { recursive: true, force: true }); });
  const env = { MONGODB_URI: running.uri, SECRET_KEY: "0123456789abcdef0123456789abcdef", DATA_DIR: dir };
  async function run(...words: string[]) {
    const lines: string[] = [];
    const code = await execute(["token", ...words], { print: (line) => lines.push(line), complain: (line) => lines.push(line), env, signal: new AbortController().signal });
    return { code, lines, text: lines.join("\n") };
  }
  const made = await run("create", "--name", "CRM", "--role", "supervisor", "--agent", mara.email, "--scopes", "contacts.read, contacts.list", "--expires", "90d");
  expect(made.code).toBe(0);
  const found = await createTokens({ store, clock }).find(made.lines[0]!);
  expect(found).toMatchObject({ name: "CRM", role: "supervisor", agentId: mara._id, scopes: ["contacts.read", "contacts.list"] });
  expect(found!.expiresAt!.getTime() - Date.now()).toBeGreaterThan(89 * 86_400_000);
  expect((await run("list")).text).toMatch(/^CRM {2}supervisor {2}mara@example\.com {2}until \d{4}-\d\d-\d\d .*\n {4}only contacts\.read, contacts\.list$/);

  for (const [words, code, says] of [
    [["create"], 2, /Name what uses it/],
    [["create", "--name", "X"], 2, /--role agent/],
    [["create", "--name", "X", "--role", "agent", "--scopes", "contacts.erase"], 2, /agent does not have contacts\.erase/],
    [["create", "--name", "X", "--role", "agent", "--scopes", "contact.read"], 2, /Did you mean contacts\.read/],
    [["create", "--name", "X", "--role", "agent", "--agent", "nobody@example.com"], 1, /No active agent/],
    [["create", "--name", "X", "--role", "agent", "--expires", "2001-01-01"], 2, /over already/],
    [["create", "--name", "X", "--role", "agent", "--expires", "soon"], 2, /is not a time/],
    [["create", "--nam", "X"], 2, /--nam is not known/],
    [["create", "--name", "CRM", "--role", "agent"], 1, /is a token CRM already/],
    [["revoke", "nobody"], 1, /There is no token nobody/],
    [["shred"], 2, /Say what to do/],
  ] as const) expect([words, await run(...words)]).toEqual([words, { code, lines: [expect.stringMatching(says)], text: expect.any(String) }]);

  expect((await run("revoke", "CRM")).text).toBe("The token CRM works no more.");
  expect(await createTokens({ store, clock }).find(made.lines[0]!)).toBeNull();
  expect((await run("list")).text).toMatch(/There are no tokens/);
  const acts = (await store.audit.find().sort({ _id: 1 }).toArray()).map(({ act, by }) => `${act} by ${by.name}`);
  expect(acts.toSorted()).toEqual(["token.created by terminal", "token.revoked by terminal"]);
});
