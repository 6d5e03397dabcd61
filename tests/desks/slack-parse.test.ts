/** Slack's events as ours. Shapes follow docs.slack.dev/reference/events/message and its subtypes, /reaction_added. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { makeThreadId } from "../../src/bridge/slack/ids.ts";
import { createParser } from "../../src/bridge/slack/in/parse.ts";
import type { Places } from "../../src/bridge/slack/in/places.ts";

const us = { teamId: "T1", botUserId: "UBOT", botId: "B1" };
const ROOT = "1700000000.000100", TS = "1700000005.000200";
const thread = makeThreadId("T1", "C1", ROOT);
const places: Places = { saw: () => undefined, threadOf: async (_channel, ts) => (ts === TS ? ROOT : null) };
const none = async () => null;
const parse = createParser({ team: async () => us, places, names: { user: none, channel: none, group: none }, meet: async (id) => `name of ${id}`, isAgent: async (id) => id === "U1" });
const line = (more: object = {}) => ({ type: "message", channel: "C1", user: "U1", text: "Hello", ts: TS, thread_ts: ROOT, parent_user_id: "UBOT", ...more });
const changed = (message: object, previous: object) => ({ type: "message", subtype: "message_changed", channel: "C1", ts: "1700000009.000000", event_ts: "1700000009.000000", message: line(message), previous_message: line(previous) });

test("a line, with its author, files and where it is", async () => {
  const files = [{ id: "F1", name: "a.txt", mimetype: "text/plain", size: 3, mode: "hosted" }, { id: "F2", name: "Plan", is_external: true, url_private: "https://docs.example.com/plan" }, { id: "F3", mode: "tombstone" }];
  expect(await parse(line({ subtype: "file_share", files }))).toEqual([{
    id: `${TS}:new`, thread, at: new Date(1_700_000_005_000),
    data: { type: "message", postId: TS, userId: "U1", userName: "name of U1", userKind: "person", text: "Hello\nPlan: https://docs.example.com/plan", mentions: 0, files: [{ name: "a.txt", type: "text/plain", bytes: 3, ref: "F1" }] },
  }]);
});

test.each([
  ["our own post", line({ bot_id: "B1", user: undefined, subtype: "bot_message" })], ["our own user", line({ user: "UBOT" })], ["a line outside of threads", line({ thread_ts: undefined })], ["a thread's first message", line({ thread_ts: TS })],
  ["a line in a person's thread", line({ parent_user_id: "U2" })], ["somebody who joined", line({ subtype: "channel_join" })], ["a change of our own post", changed({ bot_id: "B1", edited: { ts: "1700000008.000000" } }, { bot_id: "B1" })],
  ["a preview that Slack added", changed({ attachments: [{}] }, {})], ["a preview after an edit", changed({ edited: { ts: "1700000007.000000" }, attachments: [{}] }, { edited: { ts: "1700000007.000000" } })],
  ["a tombstone", changed({ subtype: "tombstone", user: "USLACKBOT", edited: { ts: "1700000008.000000" } }, {})],
  ["our own reaction", { type: "reaction_added", user: "UBOT", reaction: "x", item: { type: "message", channel: "C1", ts: TS }, event_ts: TS }], ["a stranger's reaction", { type: "reaction_added", user: "U2", reaction: "x", item: { type: "message", channel: "C1", ts: TS }, event_ts: TS }],
  ["a reaction to a file", { type: "reaction_added", user: "U1", reaction: "x", item: { type: "file", file: "F1" }, event_ts: TS }], ["a reaction outside of threads", { type: "reaction_added", user: "U1", reaction: "x", item: { type: "message", channel: "C1", ts: "1700000001.000000" }, event_ts: TS }],
])("%s is nothing", async (_what, event) => {
  expect(await parse(event)).toEqual([]);
});

test("an edit is named after its time, so that it is the same live and read back", async () => {
  const [edit] = await parse(changed({ text: "Hello <@U2>", edited: { ts: "1700000008.000300" } }, {}));
  expect(edit).toEqual({ id: `${TS}:edit:1700000008.000300`, thread, at: new Date(1_700_000_008_000), data: { type: "edit", postId: TS, userId: "U1", text: "Hello @U2", mentions: 1, editedAt: new Date(1_700_000_008_000) } });
});

test("a deletion, with and without what was deleted", async () => {
  const deletion = { type: "message", subtype: "message_deleted", channel: "C1", deleted_ts: TS, event_ts: "1700000009.000000", ts: "1700000009.000000" };
  const gone = { id: `${TS}:delete`, thread, at: new Date(1_700_000_009_000) };
  expect(await parse({ ...deletion, previous_message: line() })).toEqual([{ ...gone, data: { type: "delete", postId: TS, userId: "U1" } }]);
  expect(await parse(deletion)).toEqual([{ ...gone, data: { type: "delete", postId: TS } }]);
});

test("another app's post is a bot's", async () => {
  expect((await parse(line({ user: undefined, bot_id: "B2", username: "Deploys", subtype: "bot_message" })))[0]?.data).toMatchObject({ userKind: "bot", userName: "Deploys" });
});

test("in the thread of a deleted card lines are heard", async () => {
  expect(await parse(line({ parent_user_id: "USLACKBOT" }))).toHaveLength(1);
});

test("reactions by an agent, added and removed", async () => {
  const reaction = { user: "U1", reaction: "+1::skin-tone-3", item: { type: "message", channel: "C1", ts: TS }, event_ts: "1700000009.500000" };
  const at = new Date(1_700_000_009_500);
  expect(await parse({ type: "reaction_added", ...reaction })).toEqual([{ id: `${TS}:react:U1:👍🏼:${at.toISOString()}`, thread, at, data: { type: "reaction", postId: TS, userId: "U1", emoji: "👍🏼", removed: false } }]);
  expect((await parse({ type: "reaction_removed", ...reaction }))[0]?.data).toMatchObject({ removed: true });
});

test("whatever comes, it is read or left", async () => {
  const mess = fc.oneof(fc.constant(null), fc.string(), fc.integer(), fc.constant([]), fc.constant({}), fc.jsonValue());
  const keys = ["type", "subtype", "channel", "user", "text", "ts", "thread_ts", "message", "previous_message", "edited", "files", "blocks", "bot_id", "deleted_ts", "event_ts", "item", "reaction"];
  const spoiled = fc.tuple(fc.constantFrom<object>(line(), changed({ edited: { ts: "1700000008.000300" } }, {}), { type: "reaction_added", user: "U1", reaction: "x", item: { type: "message", channel: "C1", ts: TS }, event_ts: TS }), fc.dictionary(fc.constantFrom(...keys), mess, { maxKeys: 3 }));
  await fc.assert(fc.asyncProperty(spoiled, async ([event, more]) => {
    for (const { id, at } of await parse({ ...event, ...more })) expect([typeof id, Number.isFinite(at.getTime())]).toEqual(["string", true]);
  }), { numRuns: 500 });
});
