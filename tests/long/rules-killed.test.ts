/** A process that carries rules out and is killed at any of its writes: the next one goes on, and nothing is done twice or left out. */
import { expect, test } from "vitest";
import { runRules } from "../../src/automation/rules/run.ts";
import { buildTestCore, TestClock } from "../support/core.ts";
import { buildRules, REFUNDS, rulesDesk, until } from "../support/rules.ts";
import { sharedStore } from "../flows/verbs-support.ts";

const store = sharedStore();

/** Every write to these collections counts; the n-th and all that follow die, as a killed process's do. */
function dyingAfter(n: number) {
  let left = n;
  const methods = ["insertOne", "updateOne", "findOneAndUpdate", "bulkWrite"] as const;
  const collections = [store().messages, store().conversations, store().ruleRuns];
  for (const collection of collections) {
    for (const method of methods) {
      const real = (collection[method] as (...args: unknown[]) => Promise<unknown>).bind(collection);
      Object.assign(collection, { [method]: async (...args: unknown[]) => { if (--left < 0) throw new Error("killed"); return real(...args); } });
    }
  }
  return () => { for (const collection of collections) for (const method of methods) Reflect.deleteProperty(collection, method); };
}

test("each act is done once, at whatever write the process dies", { timeout: 120_000 }, async () => {
  const clock = new TestClock();
  for (let n = 0; n < 16; n++) {
    const first = await buildRules(store(), REFUNDS, { clock });
    const ana = first.customer();
    await store().messages.updateMany({}, { $set: { todo: [] } });
    await first.help.assembly.stop();
    await first.help.write("refund", ana);
    const { _id: conversationId } = await first.help.conversation(ana);
    await store().messages.updateMany({ conversationId, "todo.for": "rules" }, { $set: { "todo.$[].dueAt": new Date(0) } });
    const revive = dyingAfter(n);
    await runRules(first.help.core, conversationId).catch(() => undefined);
    revive();
    clock.advance(120_000);
    const second = await buildTestCore({ store: store(), desk: rulesDesk, clock });
    await until(() => store().ruleRuns.findOne({ conversationId }), (run) => run?.state === "done");
    await second.settle();
    const lines = await second.messages(conversationId);
    expect([n, lines.filter(({ kind }) => kind === "outgoing").length, lines.filter(({ kind }) => kind === "note").length, lines.filter(({ kind }) => kind === "activity").map(({ body }) => body)])
      .toEqual([n, 1, 1, ["Rule “Refunds” added the label billing", "Rule “Refunds” set the priority to high"]]);
    await second.assembly.stop();
  }
});
