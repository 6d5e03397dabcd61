/** A conversation's thread is opened where the first rule that holds wants it. */
import { expect, test } from "vitest";
import { forgetSettings } from "../../src/core/services/inbox-settings.ts";
import { readCondition, ROUTING_ID } from "../../src/core/services/routing.ts";
import { buildTestCore } from "../support/core.ts";

async function withRules(rules: (ids: Record<"first" | "second", string>) => { when: string; deskTargetId: string }[]) {
  const help = await buildTestCore();
  const createdAt = help.clock.now();
  const ids = { first: "target-first", second: "target-second" };
  await help.store.deskTargets.insertMany(Object.entries(ids).map(([name, _id]) => ({ _id, name, kind: "fake", identity: "fake", channel: name, createdAt })));
  await help.store.settings.insertOne({ _id: ROUTING_ID, value: rules(ids), at: createdAt });
  forgetSettings(help.core);
  const channelOf = async (address: string) => help.desk.threads.get((await help.conversation(address)).thread!.id)!.target.channel;
  return { ...help, channelOf };
}

test("the first rule that holds decides; without one it is the inbox's own", async () => {
  const help = await withRules(({ first, second }) => [{ when: "subject:invoice", deskTargetId: first }, { when: "subject:order subject:late", deskTargetId: second }]);
  await help.write("About my invoice, and an order that is late", "ana");
  await help.write("My order is late", "ben");
  await help.write("Just hello", "cleo");
  await help.settle();
  expect([await help.channelOf("ana"), await help.channelOf("ben"), await help.channelOf("cleo")]).toEqual(["first", "second", "support"]);
});

test("a rule that can't be read any more is passed over, with a word in the log", async () => {
  const help = await withRules(({ first, second }) => [{ when: "label:gone", deskTargetId: first }, { when: "channel:fake", deskTargetId: second }]);
  await help.write("hello", "ana");
  await help.settle();
  expect(await help.channelOf("ana")).toBe("second");
  expect(JSON.stringify(help.log.lines)).toContain("routing rule");
});

test("a rule can't ask for what it decides", () => {
  const names = { agents: [], teams: [], inboxes: [], labels: [] };
  expect(() => readCondition("channel:widget OR desk:billing", names, new Date())).toThrow(/can't ask for the desk/);
  expect(() => readCondition("NOT refund", names, new Date())).toThrow(/can't look for words/);
});
