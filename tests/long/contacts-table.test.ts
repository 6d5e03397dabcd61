/** Import and export of contacts, by the command itself on a store of its own. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { execute } from "../../src/cli/main.ts";
import { ATTRIBUTES_ID } from "../../src/core/services/attributes.ts";
import { buildTestCore } from "../support/core.ts";
import { startTestStore } from "../support/store.ts";
import { openStore } from "../../src/core/store/store.ts";

async function desk() {
  const running = await startTestStore();
  const store = await openStore(running.uri);
  await store.ensureIndexes();
  const dir = mkdtempSync(join(tmpdir(), "threadline-contacts-"));
  const help = await buildTestCore({ store });
  onTestFinished(async () => { await store.close(); await running.stop(); rmSync(dir, { recursive: true, force: true }); });
  await store.settings.updateOne({ _id: ATTRIBUTES_ID }, { $set: { value: [{ key: "plan", name: "Plan", type: "list", values: ["Free", "Pro"] }, { key: "seats", name: "Seats", type: "number" }], at: new Date() } }, { upsert: true });
  const lines: string[] = [];
  const env = { MONGODB_URI: running.uri, SECRET_KEY: "0123456789abcdef0123456789abcdef", DATA_DIR: dir };
  async function run(...args: string[]) {
    lines.length = 0;
    const code = await execute(["contacts", ...args], { print: (line) => lines.push(line), complain: (line) => lines.push(line), env, signal: stop.signal });
    return { code, text: lines.join("\n") };
  }
  const stop = { signal: new AbortController().signal };
  const file = (name: string, content?: string) => { const path = join(dir, name); if (content !== undefined) writeFileSync(path, content); return path; };
  return { help, store, run, file, stop };
}

test("import upserts by external id or address alone, says what it would do, reports refused rows, and changes nothing the second time", async () => {
  const { help, store, run, file } = await desk();
  await help.write("Hello", "chat-7");
  await help.settle();
  await help.write("I am Eve", "eve", { profile: { name: "Eve", email: "ana@example.com" } });
  await help.settle();
  const path = file("in.csv", [
    "External ID;Name;E-mail;Phone;Inbox;Address;plan;seats",
    "crm-1;Ana Lima;ana@example.com;'+4930123456;;;pro;3",
    "crm-2;Ben;;;website;chat-7;;",
    ";Eve Imposter;ana@example.com;;;;;",
    "crm-3;Cid;nobody;;;;;",
    "crm-4;Dan;;;Nowhere;d;;",
    "crm-5;Eli;;;;;gold;",
    ";Fay;;;Website;fay;;2",
    "",
  ].join("\r\n"));
  const before = await store.contacts.countDocuments({});
  const dry = await run("import", path, "--dry-run");
  expect(dry.text).toContain("It would be: 2 made, 1 changed, 0 already so, 4 refused.");
  expect(await store.contacts.countDocuments({})).toBe(before);

  const first = await run("import", path);
  expect(first).toMatchObject({ code: 1, text: expect.stringContaining("Imported: 2 made, 1 changed, 0 already so, 4 refused.") });
  expect(await store.contacts.findOne({ externalId: "crm-1" })).toMatchObject({ name: "Ana Lima", email: "ana@example.com", phone: "+4930123456", attributes: { plan: "Pro", seats: 3 } });
  expect(await help.conversation("chat-7")).toMatchObject({ contactName: "Ben", contactId: (await store.contacts.findOne({ externalId: "crm-2" }))!._id });
  expect(await store.contacts.findOne({ name: "Eve" }), "an address alone finds nobody").not.toBeNull();
  const report = readFileSync(`${path}.refused.csv`, "utf8").split("\r\n");
  expect(report.slice(1, 5).map((line) => line.split(",")[0])).toEqual(["4", "5", "6", "7"]);
  expect(report.join("\n")).toMatch(/an e-mail address alone proves nothing[\s\S]*is not an e-mail address[\s\S]*no inbox Nowhere[\s\S]*plan is one of Free, Pro/);
  await help.write("It is Fay", "fay", { profile: {} });
  await help.settle();
  expect((await help.conversation("fay")).contactName).toBe("Fay");
  expect((await run("import", path)).text).toContain("Imported: 0 made, 0 changed, 3 already so, 4 refused.");
});

test("what is exported is read again as it was, by spreadsheets as text, and nobody else may read the file", async () => {
  const { help, store, run, file } = await desk();
  await help.write("Hello", "=cmd", { profile: { name: "=HYPERLINK(\"x\")" } });
  await help.settle();
  await run("import", file("in.csv", "external_id,name,phone,seats\r\ncrm-1,\"Lima, Ana\",'+4930123456,-3\r\n"));
  const out = file("out.csv");
  expect(await run("export", out)).toMatchObject({ code: 0, text: expect.stringContaining("holds 2 rows") });
  const text = readFileSync(out, "utf8");
  expect(text).not.toMatch(/(^|[,\n"])[=+@-]/m);
  expect(text).toContain("'+4930123456");
  expect(statSync(out).mode & 0o077).toBe(0);
  expect((await run("export", out)).text).toContain("is there already");
  const before = await store.contacts.find().sort({ _id: 1 }).toArray();
  expect((await run("import", out)).text).toContain("0 made, 0 changed, 2 already so, 0 refused");
  expect(await store.contacts.find().sort({ _id: 1 }).toArray()).toEqual(before);
});

test("stopped, the same command goes on where it was; the bar says how far it is", async () => {
  const { store, run, file, stop } = await desk();
  const path = file("many.csv", ["external_id,name", ...Array.from({ length: 300 }, (_, n) => `many-${n},Name ${n}`)].join("\n"));
  const abort = new AbortController();
  stop.signal = abort.signal;
  const watch = setInterval(() => void store.contacts.countDocuments({ externalId: /^many-/ }).then((n) => { if (n >= 110) abort.abort(); }), 5);
  const halted = await run("import", path);
  clearInterval(watch);
  expect(halted).toMatchObject({ code: 1, text: expect.stringContaining("it goes on there") });
  const there = await store.contacts.countDocuments({ externalId: /^many-/ });
  expect(there).toBeLessThan(300);
  stop.signal = new AbortController().signal;
  const rest = await run("import", path);
  expect(rest.text).toMatch(/Going on after the [\d,]+ rows[\s\S]*\[#+\.*\] +\d+ %[\s\S]*Imported: /);
  expect(await store.contacts.countDocuments({ externalId: /^many-/ })).toBe(300);
  expect(await store.settings.countDocuments({ _id: /^import:/ })).toBe(0);
}, 120_000);

test.each<[string[], string | null, string]>([
  [["import"], null, "Say what to do"], [["erase", "x"], null, "Say what to do"], [["import", "FILE", "--now"], "external_id\n", "--now is not known here"], [["import", "nowhere.csv"], null, "can't be read"],
  [["import", "FILE"], "", "is empty"], [["import", "FILE"], "name,email\nAna,a@b.example\n", "does not prove who somebody is"], [["import", "FILE"], "external_id,colour\n1,red\n", 'no column "colour"'],
  [["import", "FILE"], "external_id,name,name\n", "stands there twice"], [["import", "FILE"], 'external_id,name\n1,Ana\n2,"Ben\n', "never closed"],
])("contacts %j with %j is refused in words", async (args, content, words) => {
  const { run, file } = await desk();
  const path = file("in.csv", content ?? "");
  expect((await run(...args.map((word) => (word === "FILE" ? path : word)))).text).toContain(words);
});
