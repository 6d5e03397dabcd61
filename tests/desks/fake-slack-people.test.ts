/** What people do, as the events that the real Bolt app receives. Source: docs.slack.dev/reference/events (message and its subtypes, reaction_added, member_joined_channel, channel_archive, user_change, tokens_revoked). */
import { afterEach, beforeEach, expect, test } from "vitest";
import type { FakeSlack } from "../fakes/slack/server.ts";
import type { FakeChannel, Json } from "../fakes/slack/types.ts";
import { boltOver, clientOf, startSlack } from "./fake-slack-support.ts";

let slack: FakeSlack, desk: FakeChannel, ana: string, events: Json[];
let bolt: Awaited<ReturnType<typeof boltOver>>;

beforeEach(async () => {
  slack = await startSlack();
  ana = slack.space.addUser("ana").id;
  desk = slack.space.addChannel("desk", { members: [ana] });
  events = [];
  bolt = await boltOver(slack, 1, (app) => {
    const handle = app.processEvent.bind(app);
    app.processEvent = async (event) => { events.push((event.body as { event: Json }).event); await handle(event); };
  });
});
afterEach(async () => { await bolt.stop(); await slack.stop(); });
/** The events since the last look, in order, once all are acknowledged. */
const heard = async (): Promise<Json[]> => { await slack.idle(); return events.splice(0); };
const kinds = (list: Json[]) => list.map(({ type, subtype }) => (subtype === undefined ? type : `${String(type)}:${String(subtype)}`));

test("posts: plain, reply, broadcast, /me, with a file, naming the bot", async () => {
  const root = slack.userPosts(desk.id, ana, "root");
  slack.userPosts(desk.id, ana, "reply", { threadTs: root });
  slack.userPosts(desk.id, ana, "loud", { threadTs: root, subtype: "thread_broadcast" });
  slack.userPosts(desk.id, ana, "waves", { subtype: "me_message" });
  const all = await heard();
  expect(kinds(all)).toEqual(["message", "message", "message:thread_broadcast", "message:me_message"]);
  expect(all[0]).toMatchObject({ client_msg_id: expect.any(String), blocks: [{ type: "rich_text" }] });
  expect(all[1]).toMatchObject({ thread_ts: root, parent_user_id: ana });
  expect(all[2]).toMatchObject({ root: { ts: root, reply_count: 2 } });
  slack.userUploads(desk.id, ana, [{ name: "offer.pdf", content: Buffer.from("%PDF") }], { threadTs: root, text: "see" });
  const [shared, file] = await heard();
  expect(shared).toMatchObject({ subtype: "file_share", text: "see", thread_ts: root, files: [{ name: "offer.pdf", mimetype: "application/pdf", size: 4 }] });
  expect(file).toMatchObject({ type: "file_shared", channel_id: desk.id, user_id: ana });
  slack.userPosts(desk.id, ana, `<@${slack.space.botUserId}> help`);
  expect(kinds(await heard())).toEqual(["message", "app_mention"]);
});

test("edits, previews, deletions, tombstones: of people and of the bot", async () => {
  const ts = slack.userPosts(desk.id, ana, "first");
  slack.userEdits(desk.id, ts, "second");
  slack.unfurls(desk.id, ts, "https://example.com");
  slack.userDeletes(desk.id, ts);
  const [, edited, preview, deleted] = await heard();
  expect(edited).toMatchObject({ subtype: "message_changed", hidden: true, channel: desk.id, channel_type: "channel", message: { ts, text: "second", edited: { user: ana } }, previous_message: { ts, text: "first" } });
  expect(preview).toMatchObject({ subtype: "message_changed", message: { text: "second", attachments: [{ from_url: "https://example.com" }] }, previous_message: { text: "second" } });
  expect(deleted).toMatchObject({ subtype: "message_deleted", hidden: true, deleted_ts: ts, previous_message: { text: "second", user: ana } });
  expect(slack.messagesIn(desk.id)).toEqual([]);
  const card = (await clientOf(slack).chat.postMessage({ channel: desk.id, text: "card" })).ts!;
  const reply = slack.userPosts(desk.id, ana, "reply", { threadTs: card });
  await clientOf(slack).chat.update({ channel: desk.id, ts: card, text: "card 2" });
  slack.userDeletes(desk.id, card);
  const [own, , changed, tombstone] = await heard();
  expect(own).toMatchObject({ type: "message", bot_id: slack.space.botId, text: "card" });
  expect(changed).toMatchObject({ subtype: "message_changed", message: { bot_id: slack.space.botId, text: "card 2" } });
  expect(tombstone).toMatchObject({ subtype: "message_changed", message: { subtype: "tombstone", ts: card }, previous_message: { bot_id: slack.space.botId } });
  expect(slack.messagesIn(desk.id, card)).toMatchObject([{ subtype: "tombstone" }, { text: "reply" }]);
  slack.userDeletes(desk.id, reply);
  expect(slack.messagesIn(desk.id)).toEqual([]);
});

test("reactions of people, and the bot's own", async () => {
  const ts = slack.userPosts(desk.id, ana, "x");
  slack.userReacts(desk.id, ts, "eyes", ana);
  slack.userUnreacts(desk.id, ts, "eyes", ana);
  const [, added, removed] = await heard();
  expect(added).toMatchObject({ type: "reaction_added", user: ana, reaction: "eyes", item_user: ana, item: { type: "message", channel: desk.id, ts } });
  expect(removed).toMatchObject({ type: "reaction_removed", user: ana, reaction: "eyes" });
});

test("the bot goes and comes, channels are archived, renamed, deleted", async () => {
  slack.kickBot(desk.id, ana);
  slack.userPosts(desk.id, ana, "not heard");
  expect(kinds(await heard())).toEqual(["member_left_channel", "channel_left"]);
  slack.inviteBot(desk.id, ana);
  slack.renameChannel(desk.id, "support");
  slack.archiveChannel(desk.id, ana);
  expect(kinds(await heard())).toEqual(["message:channel_join", "member_joined_channel", "channel_rename", "message:channel_archive", "channel_archive"]);
  expect(() => slack.userPosts(desk.id, ana, "x")).toThrow("archived");
  slack.unarchiveChannel(desk.id, ana);
  slack.userLeaves(desk.id, ana);
  expect(kinds(await heard())).toEqual(["channel_unarchive", "member_left_channel"]);
  const inner = slack.space.addChannel("inner", { kind: "private" });
  slack.archiveChannel(inner.id);
  slack.deleteChannel(inner.id);
  expect(kinds(await heard())).toEqual(["message:channel_archive", "group_archive", "group_deleted"]);
});

test("a person leaves the company, changes, arrives; the app is cut off", async () => {
  slack.deactivate(ana);
  slack.userArrives("otto", { restricted: true });
  slack.uninstall();
  const [change, arrival, revoked, gone] = await heard();
  expect(change).toMatchObject({ type: "user_change", user: { id: ana, deleted: true } });
  expect(arrival).toMatchObject({ type: "team_join", user: { name: "otto", is_restricted: true } });
  expect(revoked).toMatchObject({ type: "tokens_revoked", tokens: { bot: [slack.space.botUserId] } });
  expect(gone).toMatchObject({ type: "app_uninstalled" });
  expect(() => slack.userPosts(desk.id, ana, "x")).toThrow("deactivated");
});

test("an event that was not asked for does not come; direct messages come as their own kind", async () => {
  slack.events.subscriptions.delete("reaction_added");
  const direct = slack.space.directWith(ana);
  const ts = slack.userPosts(direct.id, ana, "hello bot");
  slack.userReacts(direct.id, ts, "eyes", ana);
  expect(await heard()).toMatchObject([{ type: "message", channel_type: "im", channel: direct.id }]);
});
