/** A customer's feed while two processes change it: no stamp is given twice, so `after=` misses nothing. */
import { expect, test } from "vitest";
import { feedAfter } from "../../src/core/services/feed.ts";
import { openStore } from "../../src/core/store/store.ts";
import { updateInFeed } from "../../src/core/store/messages.ts";
import { buildTestCore } from "../support/core.ts";
import { startTestStore } from "../support/store.ts";

test("a change that another process stamped before is never stamped alike", async () => {
  const running = await startTestStore();
  const [one, two] = [await openStore(running.uri), await openStore(running.uri)];
  await one.ensureIndexes();
  try {
    const help = await buildTestCore({ store: one });
    const other = { ...help.core, store: two };
    const { message } = await help.write("Hello");
    await help.settle();
    const change = (core: typeof help.core, body: string) => updateInFeed(core, message!, {}, { $set: { body } });
    await change(help.core, "edited here");
    await change(other, "edited there");
    const seen = await feedAfter(help.core, message!.identityId, 0, 10);
    expect(seen.messages.map((m) => m.body)).toEqual(["edited there"]);
    await change(help.core, "edited here again");
    expect((await feedAfter(help.core, message!.identityId, seen.last, 10)).messages.map((m) => m.body)).toEqual(["edited here again"]);
    const { feedSeqs } = (await one.messages.findOne({ _id: message!._id }))!;
    expect(new Set(feedSeqs).size).toBe(feedSeqs!.length);
    expect(await updateInFeed(help.core, message!, { kind: "note" }, { $set: { body: "never" } })).toBeNull();
    await help.assembly.stop();
  } finally {
    await one.close();
    await two.close();
    await running.stop();
  }
});
