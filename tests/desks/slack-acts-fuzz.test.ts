/** Whatever comes in place of an interaction, a command or an event is acknowledged and leaves nothing behind. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { startActs } from "../support/slack-acts.ts";

const junk = fc.anything({ maxDepth: 3, withNullPrototype: true });
const nearly = fc.record({
  type: fc.constantFrom("block_actions", "message_action", "view_submission", "view_closed", "shortcut", "block_suggestion"),
  user: fc.oneof(junk, fc.constant({ id: "U1" })), team: junk, trigger_id: fc.oneof(junk, fc.string()), callback_id: fc.constantFrom("send", "snooze", "constructor"), channel: fc.oneof(junk, fc.constant({ id: "C1" })),
  message: fc.oneof(junk, fc.constant({ ts: "1.0" })), container: fc.oneof(junk, fc.constant({ type: "message", channel_id: "C1", message_ts: "1.0" })),
  actions: fc.oneof(junk, fc.array(fc.record({ action_id: fc.string(), value: fc.oneof(fc.string(), fc.constant('{"v":"resolve","t":"slack:T:C:1.0"}'), fc.constant('{"v":"take","n":1e9}')) }), { maxLength: 2 })),
  view: fc.oneof(junk, fc.constant({ id: "V1", type: "modal", hash: "h", private_metadata: '{"f":"form.snooze.c1.-.forged"}', state: { values: { value: { input: { value: "x" } } } } })),
}, { requiredKeys: ["type"] });
const command = fc.record({ command: fc.constant("/desk"), text: fc.oneof(fc.string(), fc.constant("resolve #1001"), fc.constant("__proto__"), fc.constant("constructor #1")), user_id: fc.constant("U1"), channel_id: fc.constant("C1"), trigger_id: fc.string(), response_url: fc.constant("nowhere") });

test("broken and forged payloads change nothing and throw nothing", async () => {
  const desk = await startActs();
  await desk.write("Where is my order?");
  await desk.settle();
  const before = await desk.conversation();
  await fc.assert(fc.asyncProperty(fc.oneof(junk, nearly), fc.oneof(junk, command), async (payload, typed) => {
    await desk.acts.interaction(payload);
    await desk.acts.command(typed);
    await desk.acts.event(payload);
  }), { numRuns: 80 });
  await desk.acts.stop();
  expect(await desk.conversation()).toEqual(before);
  expect(desk.log.lines.filter(({ level }) => level === "error")).toEqual([]);
});
