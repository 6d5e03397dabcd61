/** What is suggested while a command is typed. */
import { describe, expect, test } from "vitest";
import { forgetSettings } from "../../src/core/services/inbox-settings.ts";
import { complete } from "../../src/bridge/commands/complete.ts";
import { oneConversation, sharedStore } from "./verbs-support.ts";

const store = sharedStore();

async function typing() {
  const one = await oneConversation(store());
  const { core, mara, jonas } = one.help;
  const conversation = await one.now();
  return {
    ...one, conversation,
    inThread: async (text: string, agent = jonas) => (await complete(core, { agent, conversation: await one.now(), text })).map((suggestion) => suggestion.text),
    outside: async (text: string, agent = mara) => (await complete(core, { agent, text })).map((suggestion) => suggestion.text),
  };
}

describe("completion", () => {
  test("of verbs: by name first, then by alias; an administrator's only for them", async () => {
    const { inThread, help } = await typing();
    expect(await inThread("!re")).toEqual(["!reply ", "!request ", "!resolve ", "!reopen", "!remind ", "!retry", "!retract", "!cc "]);
    expect((await inThread("/cl")).toSorted()).toEqual(["/resolve ", "/take "]);
    expect(await inThread("/del")).toEqual([]);
    expect(await inThread("/del", help.mara)).toEqual(["/delivery "]);
    expect(await inThread("hello")).toEqual([]);
    expect(await inThread("/", { ...help.jonas, active: false })).toEqual([]);
    expect((await inThread("/")).length).toBeGreaterThan(20);
  });

  test("of arguments", async () => {
    const { inThread, act } = await typing();
    expect(await inThread("/assign ")).toEqual(["/assign me", "/assign Mara", "/assign Jonas"]);
    expect(await inThread("!assign @jo")).toEqual(["!assign Jonas"]);
    expect(await inThread("/snooze to")).toEqual(["/snooze tomorrow 9:00"]);
    expect(await inThread("/later m")).toEqual(["/later monday"]);
    expect(await inThread("/priority h")).toEqual(["/priority high"]);
    expect(await inThread("/mode t")).toEqual(["/mode team-only"]);
    await act("Mara", "label", "bug");
    expect(await inThread("/label b")).toEqual(["/label billing"]);
    expect(await inThread("/unlabel ")).toEqual(["/unlabel bug"]);
    expect(await inThread("/nosuch x")).toEqual([]);
    expect(await inThread("/reply he")).toEqual([]);
  });

  test("outside a thread: the number first, then as within one", async () => {
    const { outside, conversation } = await typing();
    expect(await outside("/resolve ")).toContain(`/resolve #${conversation.number} `);
    expect(await outside(`/resolve ${conversation.number}`)).toEqual([`/resolve #${conversation.number} `]);
    expect(await outside(`/priority #${conversation.number} u`)).toEqual([`/priority #${conversation.number} urgent`]);
  });

  test("of filters: fields, then their values, quoted where they must be", async () => {
    const { outside, help } = await typing();
    expect(await outside("/find st")).toEqual(["/find status:"]);
    expect(await outside("/find status:open pri")).toEqual(["/find status:open priority:"]);
    expect(await outside("/find status:o")).toEqual(["/find status:open"]);
    expect(await outside("/find -label:bi")).toEqual(["/find -label:billing"]);
    expect(await outside("/find (inbox:web")).toEqual(["/find (inbox:Website"]);
    await help.store.agents.insertOne({ ...help.jonas, _id: "two words", name: "Kim Roe", email: "kim@example.com", links: [], inboxIds: [] });
    forgetSettings(help.core);
    expect(await outside("/find assignee:ki")).toEqual(['/find assignee:"Kim Roe"']);
    await help.store.agents.deleteOne({ _id: "two words" });
  });

  test("in a thread of an inbox that is not theirs tells nothing of it", async () => {
    const { help, act, conversation } = await typing();
    await act("Mara", "label", "bug");
    const typed = () => help.host.complete("fake", "Jonas", "/unlabel b", conversation.thread!.id);
    expect((await typed()).map((one) => one.text)).toEqual(["/unlabel bug"]);
    await help.store.agents.updateOne({ _id: help.jonas._id }, { $set: { inboxIds: ["another"] } });
    forgetSettings(help.core);
    expect(await typed()).toEqual([]);
    await help.store.agents.updateOne({ _id: help.jonas._id }, { $set: { inboxIds: "all" } });
    forgetSettings(help.core);
  });
});
