/** Whatever comes in place of an interaction leaves nothing behind and throws nothing. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { startDiscordActs } from "../support/discord-acts.ts";

const id = "100000000000000000";
const junk = fc.anything({ maxDepth: 3, withNullPrototype: true });
const options = fc.oneof(junk, fc.array(fc.record({ name: fc.constantFrom("text", "agent", "conversation", "anyway", "__proto__"), type: fc.constant(3), value: fc.oneof(fc.string(), fc.boolean(), fc.double()), focused: fc.boolean() }), { maxLength: 3 }));
const nearly = fc.record({
  type: fc.constantFrom(2, 3, 4, 5, 1, 9), id: fc.oneof(fc.constant(id), fc.bigInt({ min: 10n ** 16n, max: 10n ** 19n }).map(String), junk), application_id: fc.constant(id), token: fc.oneof(fc.string(), fc.constant("../../x")),
  guild_id: fc.oneof(fc.constant(id), junk), channel: fc.oneof(junk, fc.constant({ id, type: 11 })), member: fc.oneof(junk, fc.constant({ user: { id } })), user: fc.oneof(junk, fc.constant({ id })),
  message: fc.oneof(junk, fc.constant({ id, flags: 64 })),
  data: fc.oneof(junk, fc.record({
    name: fc.constantFrom("resolve", "assign", "constructor", "Send to customer"), type: fc.constantFrom(1, 2, 3), options, target_id: fc.oneof(junk, fc.constant(id)),
    custom_id: fc.oneof(fc.string(), fc.constantFrom("tl0||resolve", "tl0|n1001|resolve:--anyway", "tl0|cAAAA|take", "tl0|s9|!snooze.AAAAAAAAAAAAAAAA.-.forged", "tl0||say:reply", "tl0|n1e9|take")),
    values: fc.oneof(junk, fc.array(fc.string())), components: fc.oneof(junk, fc.constant([{ component: { custom_id: "text", value: "x" } }])),
  }, { requiredKeys: [] })),
}, { requiredKeys: ["type"] });

test("broken and forged interactions change nothing and throw nothing", async () => {
  const desk = await startDiscordActs();
  await desk.opened();
  const before = await desk.conversation();
  await fc.assert(fc.asyncProperty(fc.oneof(junk, nearly), async (payload) => { await desk.acts.interaction(payload); }), { numRuns: 150 });
  await desk.acts.stop();
  expect(await desk.conversation()).toEqual(before);
  expect(desk.log.lines.filter(({ level }) => level === "error")).toEqual([]);
});
