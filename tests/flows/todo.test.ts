/** To-do items: one worker at a time, however long the work takes. */
import { expect, test } from "vitest";
import { runTodo } from "../../src/core/lanes/todo.ts";
import { buildTestCore } from "../support/core.ts";

const CLAIM_MS = 900;

async function withItem() {
  const help = await buildTestCore();
  await help.write("Hi");
  await help.settle();
  const { _id } = (await help.lines("incoming"))[0]!;
  await help.store.messages.updateOne({ _id }, { $set: { todo: [{ for: "long work", tries: 0, dueAt: new Date(0) }] } });
  return { help, _id, item: async () => (await help.store.messages.findOne({ _id }))!.todo[0] };
}

test("work that lasts longer than its claim keeps it, and nobody else begins it", async () => {
  const { help, _id, item } = await withItem();
  let finish = () => undefined as void;
  const long = runTodo(help.core, _id, "long work", () => new Promise((resolve) => { finish = resolve; }), CLAIM_MS);
  while ((await item())?.claim === undefined) await new Promise((resolve) => setTimeout(resolve, 10));
  const first = (await item())!.claim!.until;
  while ((await item())!.claim!.until.getTime() <= first.getTime() + CLAIM_MS) await new Promise((resolve) => setTimeout(resolve, 10));
  let begun = false;
  expect(await runTodo(help.core, _id, "long work", async () => { begun = true; }, CLAIM_MS)).toBe(false);
  expect(begun).toBe(false);
  finish();
  expect(await long).toBe(true);
  expect(await item()).toBeUndefined();
});

test("a claim that nobody renews is free again, and its first holder can't settle what the second one does", async () => {
  const { help, _id, item } = await withItem();
  let fail = () => undefined as void;
  const first = runTodo(help.core, _id, "long work", () => new Promise((_resolve, reject) => { fail = () => { reject(new Error("late")); }; }), 3_600_000);
  while ((await item())?.claim === undefined) await new Promise((resolve) => setTimeout(resolve, 10));
  help.clock.advance(2 * 3_600_000);
  let finish = () => undefined as void;
  const second = runTodo(help.core, _id, "long work", () => new Promise((resolve) => { finish = resolve; }), 3_600_000);
  while ((await item())!.tries !== 2) await new Promise((resolve) => setTimeout(resolve, 10));
  fail();
  expect(await first).toBe(false);
  expect((await item())!.claim).toBeDefined();
  finish();
  expect(await second).toBe(true);
  expect(await item()).toBeUndefined();
});
