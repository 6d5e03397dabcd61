/** Files of canned responses: from the settings file into the store, once, and from there as copies to customers. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readersIn } from "../../src/boot/named-files.ts";
import { settingsKinds } from "../../src/boot/settings-kinds.ts";
import { stepsInWords } from "../../src/automation/rules/step-words.ts";
import { doDueLater } from "../../src/core/services/later-due.ts";
import { forgetSettings } from "../../src/core/services/inbox-settings.ts";
import { applySettings } from "../../src/core/settings-file/apply.ts";
import { FakeChannel } from "../fakes/fake-channel.ts";
import { oneConversation, sharedStore } from "./verbs-support.ts";

const store = sharedStore();
const PDF = Buffer.from("%PDF-1.7\nprices of this year\n");
const TEXTS = `canned:
  - { code: prices, text: "Our prices, {{ contact.name }}.", files: [prices.pdf] }
  - { code: welcome, text: "Welcome. {{prices}}", files: [copy.pdf, map.csv] }
  - { code: plain, text: Nothing with it. }
`;

async function withFiles() {
  const channel = new FakeChannel({ id: `fake-${Math.random().toString(36).slice(2)}` });
  const one = await oneConversation(store(), { channel });
  const { help } = one;
  await store().canned.deleteMany({});
  await store().macros.deleteMany({});
  const folder = await mkdtemp(join(tmpdir(), "canned-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const write = (name: string, content: Buffer | string) => writeFile(join(folder, name), content);
  await Promise.all([write("prices.pdf", PDF), write("copy.pdf", PDF), write("map.csv", "place,street\nShop,Main\n")]);
  const apply = (text: string) => applySettings({ store: store(), clock: help.clock, secrets: help.core.secrets, ...settingsKinds, ...readersIn(folder, help.core.files) }, text, {});
  const kept = () => store().db.collection("files.files").find({ "metadata.owner": "canned" }).toArray();
  const filesOf = async (code: string) => (await store().canned.findOne({ code }))!.files!;
  const sent = () => channel.sent.filter(({ address }) => address === one.customer).map(({ text, files }) => text || files.join());
  const wait = (...lines: unknown[]) => expect.poll(sent, { timeout: 40_000 }).toEqual(lines);
  expect((await apply(TEXTS)).faults).toEqual([]);
  return { ...one, channel, apply, write, kept, filesOf, sent, wait };
}

test("apply stores each content once, leaves it alone the second time, and takes away what nothing names", async () => {
  const { apply, write, filesOf, help } = await withFiles();
  const [prices, ...more] = await filesOf("prices");
  expect(more).toEqual([]);
  expect(prices).toMatchObject({ name: "prices.pdf", type: "application/pdf", bytes: PDF.length });
  expect((await filesOf("welcome")).map(({ fileId, name, type }) => [fileId === prices!.fileId, name, type])).toEqual([[true, "copy.pdf", "application/pdf"], [false, "map.csv", "text/csv"]]);
  expect(await apply(TEXTS)).toEqual({ changes: [], faults: [] });
  expect((await apply('canned: [{ code: prices, text: "Our prices, {{ contact.name }}." }]')).changes).toEqual([]);
  expect(await filesOf("prices")).toEqual([prices]);

  await write("prices.pdf", Buffer.concat([PDF, Buffer.from("and of the next")]));
  expect((await apply(TEXTS)).changes).toEqual(["Canned response prices: changed"]);
  const [next] = await filesOf("prices");
  expect((await help.core.files.buffer(next!.fileId, 1_000)).toString()).toContain("and of the next");
  // the other one still has the old content
  expect((await help.core.files.buffer(prices!.fileId, 1_000)).equals(PDF)).toBe(true);
  expect((await apply(TEXTS.replace("copy.pdf, map.csv", ""))).changes).toEqual(["Canned response welcome: changed"]);
  await expect(help.core.files.open(prices!.fileId)).rejects.toMatchObject({ code: "FILE_UNKNOWN" });
  expect(await apply(TEXTS.replace("copy.pdf, map.csv", ""))).toEqual({ changes: [], faults: [] });

  await help.core.files.remove(next!.fileId);
  await apply(TEXTS);
  expect((await help.core.files.buffer((await filesOf("prices"))[0]!.fileId, 1_000)).toString()).toContain("and of the next");
});

test("what can't be read is named with its line, and nothing was changed or kept", async () => {
  const { apply, write, kept, filesOf } = await withFiles();
  const before = [await kept(), await filesOf("prices")];
  await write("new.pdf", `${PDF.toString()} new`);
  await write("empty.txt", "");
  const { faults, changes } = await apply(TEXTS.replace("[prices.pdf]", "[new.pdf, none.pdf, empty.txt]"));
  expect(changes).toEqual([]);
  expect(faults.map(({ line, reason }) => [line, reason])).toEqual([[2, expect.stringMatching(/^none\.pdf can't be read: there is no such file in /)], [2, "empty.txt is empty."]]);
  expect([await kept(), await filesOf("prices")]).toEqual(before);
});

test("they go with the reply: from the preview, with --send, by {{code}} in a line and in another text", async () => {
  const { help, act, now, wait, customer, id, filesOf } = await withFiles();
  const shown = await act("Mara", "canned", "welcome");
  expect(shown.notice).toContain("With it: copy.pdf (0.1 MB), map.csv (0.1 MB).");
  expect(shown.form?.fields[0]).toMatchObject({ help: "With it: copy.pdf (0.1 MB), map.csv (0.1 MB)." });
  expect(await act("Mara", shown.form!.id, "", { values: { text: "Changed", code: shown.form!.fields[1]!.value! } })).toMatchObject({ ok: true });
  await wait("Changed", "copy.pdf", "map.csv");
  await act("Mara", "reply", "Hello. {{prices}}");
  await wait("Changed", "copy.pdf", "map.csv", `Hello. Our prices, ${customer}.`, "prices.pdf");
  await help.say("!reply See {{prices}}", "Mara", (await now()).thread!.id);
  await wait("Changed", "copy.pdf", "map.csv", `Hello. Our prices, ${customer}.`, "prices.pdf", `See Our prices, ${customer}.`, "prices.pdf");
  await store().macros.insertOne({ _id: `m-${customer}`, name: "All", steps: [{ do: "canned", with: "prices" }] });
  await act("Mara", "macro", "All --run");
  const thread = (await now()).thread!.id;
  const all = await help.lines("outgoing", id);
  expect(all.map(({ body }) => body).at(-1)).toBe(`Our prices, ${customer}.`);
  await expect.poll(async () => (await help.lines("outgoing", id)).every(({ files }) => files.every(({ state }) => state === "ready"))).toBe(true);
  // the desk's posts of what verbs wrote show the files once they are there
  await expect.poll(() => help.desk.threads.get(thread)!.posts.flatMap(({ post }) => post.files.map(({ name, state }) => `${name} ${state}`)), { timeout: 40_000 }).toEqual(["copy.pdf ready", "map.csv ready", "prices.pdf ready", "prices.pdf ready"]);
  const ids = (await help.lines("outgoing", id)).flatMap(({ files }) => files.map(({ fileId }) => fileId));
  // copies, which end with their conversation and not before
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).not.toContain((await filesOf("prices"))[0]!.fileId);
  await help.core.files.open((await filesOf("prices"))[0]!.fileId).then(({ stream }) => stream.destroy());
});

test("a channel that can't take them refuses in words before anything is sent", async () => {
  const { channel, help, act, now, sent, id } = await withFiles();
  channel.capabilities = { ...channel.capabilities, files: { is: 10, source: "this test" } };
  expect(await act("Mara", "canned", "prices --send")).toMatchObject({ ok: false, code: "FILE_TOO_LARGE", notice: expect.stringContaining("prices.pdf belongs to the canned response") });
  channel.capabilities = { ...channel.capabilities, files: { is: 0, source: "this test" } };
  expect(await act("Mara", "canned", "prices")).toMatchObject({ ok: false, notice: expect.stringContaining("this channel takes no files") });
  expect(await act("Mara", "reply", "{{prices}}")).toMatchObject({ ok: false });
  await help.say("!reply {{prices}}", "Mara", (await now()).thread!.id);
  await expect.poll(() => help.desk.notices.at(-1)?.notice.text).toContain("This was kept as a note and not sent. prices.pdf belongs");
  expect(await stepsInWords(help.core, [{ do: "canned", with: "prices" }], await now())).toEqual([expect.stringContaining("refused, prices.pdf belongs")]);
  expect(sent()).toEqual([]);
  expect((await help.lines("outgoing", id))).toEqual([]);
  expect(await act("Mara", "canned", "plain --send")).toMatchObject({ ok: true });
});

test("they go with a reply that was scheduled; one whose file is gone by then fails and says so", async () => {
  const { help, act, apply, wait, id, sent } = await withFiles();
  await act("Mara", "schedule", "1h | {{prices}} Bye");
  await act("Mara", "schedule", "3h | {{welcome}}");
  const pass = async () => { help.clock.advance(61 * 60_000); await doDueLater(help.core); await help.settle(); };
  await pass();
  await wait(expect.stringMatching(/^Our prices, .* Bye$/), "prices.pdf");
  await apply(TEXTS.replace("[copy.pdf, map.csv]", "[]").replace("[prices.pdf]", "[]"));
  await pass();
  await pass();
  await expect.poll(async () => (await help.lines("outgoing", id)).at(-1)!.delivery.state, { timeout: 40_000 }).toBe("failed");
  expect((await help.lines("outgoing", id)).at(-1)!.files).toMatchObject([{ name: "copy.pdf", state: "missing", why: "the canned response does not have it any more" }, { name: "map.csv", state: "missing" }]);
  // what was sent before keeps its copy
  const [first] = (await help.lines("outgoing", id))[0]!.files;
  expect((await help.core.files.buffer(first!.fileId, 1_000)).equals(PDF)).toBe(true);
  expect(sent()).toHaveLength(2);
});

test("an edit adds no file: the reply becomes a note that says so", async () => {
  const { help, now, sent, id } = await withFiles();
  await store().inboxes.updateOne({ _id: help.inbox._id }, { $set: { "settings.undoSeconds": 8 } });
  forgetSettings(help.core);
  const { thread } = await now();
  const post = await help.say("!reply {{plain}}", "Mara", thread!.id);
  await help.desk.editSaid(thread!.id, post.id, "Mara", "!reply {{prices}}", help.host);
  await help.settle();
  await store().inboxes.updateOne({ _id: help.inbox._id }, { $set: { "settings.undoSeconds": 0 } });
  forgetSettings(help.core);
  expect((await help.lines("note", id)).map(({ files }) => files)).toEqual([[]]);
  expect(help.desk.notices.at(-1)!.notice.text).toContain("An edit can't add the file prices.pdf");
  expect(sent()).toEqual([]);
});
