import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serialize } from "bson";
import { expect, onTestFinished, test } from "vitest";
import { createCollection } from "../../src/mongo/embedded/storage/ddl.ts";
import { openStore } from "../../src/mongo/embedded/storage/store.ts";
import { StoreError } from "../../src/mongo/embedded/values/errors.ts";

async function writing() {
  const dir = mkdtempSync(join(tmpdir(), "threadline-writer-"));
  const store = await openStore(dir, new Int32Array(new SharedArrayBuffer(8)));
  onTestFinished(async () => {
    await store.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  const { collection } = await createCollection(store, "d", "c");
  const insert = (n: number) => store.records.insert(collection, serialize({ _id: n }));
  const stored = () => [...Array(10).keys()].filter((recordId) => store.records.read(collection, recordId) !== undefined).length;
  const submit = (run: () => void, checked: boolean) => store.writer.submit(run, 8, 100, checked).then(() => "done", (error: StoreError) => error.code);
  return { collection: () => store.catalog.get("d.c")!, insert, stored, submit };
}

test("a checked job that is refused before it writes leaves its batch alone", async () => {
  const { collection, insert, stored, submit } = await writing();
  const outcomes = await Promise.all([submit(() => insert(1), true), submit(() => insert(1), true), submit(() => insert(2), true)]);
  expect(outcomes).toEqual(["done", 11000, "done"]);
  expect([stored(), collection().count]).toEqual([2, 2]);
});

test("a job that is not checked is undone alone, whatever it had written", async () => {
  const { collection, insert, stored, submit } = await writing();
  const outcomes = await Promise.all([submit(() => insert(1), true), submit(() => { insert(2); insert(1); }, false), submit(() => insert(3), false)]);
  expect(outcomes).toEqual(["done", 11000, "done"]);
  expect([stored(), collection().count]).toEqual([2, 2]);
});

test("a checked job that fails halfway after all takes its whole batch back, memory included", async () => {
  const { collection, insert, stored, submit } = await writing();
  expect(await submit(() => insert(1), true)).toBe("done");
  const outcomes = await Promise.all([submit(() => insert(2), true), submit(() => { insert(3); throw new Error("no room"); }, true), submit(() => insert(4), true)]);
  expect(outcomes).toEqual([8, 8, 8]);
  expect([stored(), collection().count]).toEqual([1, 1]);
  expect(await submit(() => { throw new Error("not begun"); }, true)).toBeUndefined();
});
