/** The fake's Web API through the real WebClient. Shapes: docs.slack.dev/reference/methods (chat.postMessage, conversations.history, conversations.replies, reactions.add, users.info). */
import type { webApi } from "@slack/bolt";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { FakeSlack } from "../fakes/slack/server.ts";
import type { FakeChannel } from "../fakes/slack/types.ts";
import { clientOf, refusal, startSlack } from "./fake-slack-support.ts";

let slack: FakeSlack, web: webApi.WebClient, desk: FakeChannel, ana: string;

beforeEach(async () => {
  slack = await startSlack();
  slack.space.clock.set(1_700_000_000_000);
  web = clientOf(slack);
  ana = slack.space.addUser("ana").id;
  desk = slack.space.addChannel("desk", { members: [ana] });
});
afterEach(() => slack.stop());

describe("who may call", () => {
  test("auth.test tells the bot and the scopes", async () => {
    const answer = await web.auth.test();
    expect(answer).toMatchObject({ ok: true, team_id: slack.space.team.id, user_id: slack.space.botUserId, bot_id: slack.space.botId });
    expect(answer.response_metadata?.scopes).toContain("chat:write");
  });
  test("tokens: none, unknown, of the wrong kind, revoked, uninstalled, good again", async () => {
    expect(await refusal(clientOf(slack, "").auth.test())).toMatchObject({ error: "not_authed" });
    expect(await refusal(clientOf(slack, "xoxb-other").auth.test())).toMatchObject({ error: "invalid_auth" });
    expect(await refusal(clientOf(slack, slack.appToken).auth.test())).toMatchObject({ error: "not_allowed_token_type" });
    expect(await refusal(web.apps.connections.open())).toMatchObject({ error: "not_allowed_token_type" });
    slack.revokeTokens();
    expect(await refusal(web.auth.test())).toMatchObject({ error: "token_revoked" });
    slack.uninstall();
    expect(await refusal(web.auth.test())).toMatchObject({ error: "account_inactive" });
    slack.reinstall();
    expect((await web.auth.test()).ok).toBe(true);
  });
  test("a missing scope is named, with what is there", async () => {
    slack.scopes.delete("reactions:write");
    expect(await refusal(web.reactions.add({ channel: desk.id, timestamp: "1.1", name: "eyes" }))).toMatchObject({ error: "missing_scope", needed: "reactions:write", provided: [...slack.scopes].join(",") });
    slack.scopes.delete("groups:history");
    const inner = slack.space.addChannel("inner", { kind: "private" });
    expect(await refusal(web.conversations.history({ channel: inner.id }))).toMatchObject({ error: "missing_scope", needed: "groups:history" });
    slack.scopes.delete("users:read.email");
    expect((await web.users.info({ user: ana })).user?.profile?.email).toBeUndefined();
  });
  test("an unknown method and missing arguments", async () => {
    expect(await refusal(web.apiCall("chat.nothing"))).toMatchObject({ error: "unknown_method" });
    expect(await refusal(web.apiCall("chat.postMessage", { text: "x" }))).toMatchObject({ error: "invalid_arguments", response_metadata: { messages: ["[ERROR] missing required field: channel"] } });
  });
});

describe("posting", () => {
  test("a post, its thread, its metadata; ts unique and growing under a clock that stands", async () => {
    const root = await web.chat.postMessage({ channel: desk.id, text: "Card", metadata: { event_type: "card", event_payload: { id: "c1" } } });
    expect(root.ts).toBe("1700000000.000000");
    expect(root.message).toMatchObject({ bot_id: slack.space.botId, user: slack.space.botUserId, text: "Card" });
    const first = await web.chat.postMessage({ channel: desk.id, thread_ts: root.ts!, text: "One" });
    const second = await web.chat.postMessage({ channel: desk.id, thread_ts: first.ts!, text: "Two" });
    expect(Number(second.ts)).toBeGreaterThan(Number(first.ts));
    const thread = await web.conversations.replies({ channel: desk.id, ts: root.ts!, include_all_metadata: true });
    expect(thread.messages?.map(({ text }) => text)).toEqual(["Card", "One", "Two"]);
    expect(thread.messages?.[0]).toMatchObject({ reply_count: 2, latest_reply: second.ts, reply_users: [slack.space.botUserId], metadata: { event_payload: { id: "c1" } } });
    expect(thread.messages?.[1]).toMatchObject({ thread_ts: root.ts, parent_user_id: slack.space.botUserId });
  });
  test("a customer's name and picture, only with the scope", async () => {
    const named = await web.chat.postMessage({ channel: desk.id, text: "Hi", username: "Eva", icon_url: "https://example.com/eva.png" });
    expect(named.message).toMatchObject({ subtype: "bot_message", username: "Eva", bot_id: slack.space.botId });
    expect(named.message).not.toHaveProperty("user");
    slack.scopes.delete("chat:write.customize");
    expect((await web.chat.postMessage({ channel: desk.id, text: "Hi", username: "Eva" })).message).not.toHaveProperty("username");
    slack.switches.customizeRefusal = "missing_scope";
    expect(await refusal(web.chat.postMessage({ channel: desk.id, text: "Hi", username: "Eva" }))).toMatchObject({ error: "missing_scope", needed: "chat:write.customize" });
  });
  test("text is stored escaped; 40,000 characters are the end of it", async () => {
    const sent = await web.chat.postMessage({ channel: desk.id, text: "a < b & <@U123> &lt; <https://e.com|x> >" });
    expect(sent.message?.text).toBe("a &lt; b &amp; <@U123> &lt; <https://e.com|x> &gt;");
    const long = await web.chat.postMessage({ channel: desk.id, text: "x".repeat(40_001) });
    expect(long.message?.text).toHaveLength(40_000);
    expect(await refusal(web.chat.update({ channel: desk.id, ts: sent.ts!, text: "x".repeat(4_001) }))).toMatchObject({ error: "msg_too_long" });
  });
  test.each([
    ["no text", { text: "" }, "no_text"],
    ["51 blocks", { blocks: Array.from({ length: 51 }, () => ({ type: "divider" })) }, "invalid_blocks"],
    ["a long section", { blocks: [{ type: "section", text: { type: "mrkdwn", text: "x".repeat(3001) } }] }, "invalid_blocks"],
    ["a long header", { blocks: [{ type: "header", text: { type: "plain_text", text: "x".repeat(151) } }] }, "invalid_blocks"],
    ["a long button", { blocks: [{ type: "actions", elements: [{ type: "button", action_id: "a", text: { type: "plain_text", text: "x".repeat(76) } }] }] }, "invalid_blocks"],
    ["too much in all", { blocks: Array.from({ length: 6 }, () => ({ type: "section", text: { type: "mrkdwn", text: "x".repeat(2500) } })) }, "msg_blocks_too_long"],
    ["bad metadata", { text: "x", metadata: { event_type: 1 } }, "invalid_metadata_format"],
  ])("refused: %s", async (_name, content, error) => {
    expect(await refusal(web.apiCall("chat.postMessage", { channel: desk.id, ...content }))).toMatchObject({ error });
    expect(slack.messagesIn(desk.id)).toEqual([]);
  });
  test("a block that is too long is pointed at", async () => {
    const answer = await refusal(web.chat.postMessage({ channel: desk.id, text: "x", blocks: [{ type: "divider" }, { type: "section", text: { type: "mrkdwn", text: "x".repeat(3001) } }] }));
    expect(answer.response_metadata).toMatchObject({ messages: ["[ERROR] must be less than 3001 characters [json-pointer:/blocks/1/text/text]"] });
  });
  test("where the bot may not write", async () => {
    const [open, hidden, old] = [slack.space.addChannel("open", { botIsMember: false }), slack.space.addChannel("hidden", { kind: "private", botIsMember: false }), slack.space.addChannel("old", { archived: true })];
    expect((await web.chat.postMessage({ channel: open.id, text: "x" })).ok).toBe(true);
    slack.scopes.delete("chat:write.public");
    expect(await refusal(web.chat.postMessage({ channel: open.id, text: "x" }))).toMatchObject({ error: "not_in_channel" });
    expect(await refusal(web.conversations.history({ channel: open.id }))).toMatchObject({ error: "not_in_channel" });
    expect(await refusal(web.chat.postMessage({ channel: hidden.id, text: "x" }))).toMatchObject({ error: "channel_not_found" });
    expect(await refusal(web.chat.postMessage({ channel: old.id, text: "x" }))).toMatchObject({ error: "is_archived" });
    expect((await web.conversations.join({ channel: open.id })).channel?.is_member).toBe(true);
    expect((await web.conversations.join({ channel: open.id })).response_metadata?.warnings).toEqual(["already_in_channel"]);
    expect(await refusal(web.conversations.join({ channel: old.id }))).toMatchObject({ error: "is_archived" });
  });
  test("edit and delete: one's own, with blocks no mark; a parent leaves a tombstone", async () => {
    const root = (await web.chat.postMessage({ channel: desk.id, text: "Card", blocks: [{ type: "divider" }] })).ts!;
    await web.chat.update({ channel: desk.id, ts: root, text: "Card 2", blocks: [{ type: "divider" }] });
    expect(slack.messagesIn(desk.id)[0]).toMatchObject({ text: "Card 2", edited: null });
    await web.chat.update({ channel: desk.id, ts: root, text: "Card 3" });
    expect(slack.messagesIn(desk.id)[0]).toMatchObject({ text: "Card 3", blocks: null, edited: { user: slack.space.botUserId } });
    const hers = slack.userPosts(desk.id, ana, "mine", { threadTs: root });
    expect(await refusal(web.chat.update({ channel: desk.id, ts: hers, text: "x" }))).toMatchObject({ error: "cant_update_message" });
    expect(await refusal(web.chat.delete({ channel: desk.id, ts: hers }))).toMatchObject({ error: "cant_delete_message" });
    await web.chat.delete({ channel: desk.id, ts: root });
    expect((await web.conversations.replies({ channel: desk.id, ts: root })).messages?.[0]).toMatchObject({ subtype: "tombstone", user: "USLACKBOT" });
    expect(await refusal(web.chat.update({ channel: desk.id, ts: root, text: "x" }))).toMatchObject({ error: "message_not_found" });
  });
  test("to one person alone; permalinks", async () => {
    const stranger = slack.space.addUser("otto").id;
    await web.chat.postEphemeral({ channel: desk.id, user: ana, text: "Only you" });
    expect(slack.ephemeralsFor(ana)).toMatchObject([{ text: "Only you", channel: desk.id }]);
    expect(await refusal(web.chat.postEphemeral({ channel: desk.id, user: stranger, text: "x" }))).toMatchObject({ error: "user_not_in_channel" });
    const ts = slack.userPosts(desk.id, ana, "here");
    expect((await web.chat.getPermalink({ channel: desk.id, message_ts: ts })).permalink).toContain(`/archives/${desk.id}/p${ts.replace(".", "")}`);
  });
  test("a status at the thread's foot, or an error by a switch", async () => {
    const ts = slack.userPosts(desk.id, ana, "hello");
    await web.assistant.threads.setStatus({ channel_id: desk.id, thread_ts: ts, status: "is typing…" });
    expect(slack.space.statuses.get(`${desk.id}:${ts}`)).toMatchObject({ status: "is typing…" });
    await web.assistant.threads.setStatus({ channel_id: desk.id, thread_ts: ts, status: "" });
    expect(slack.space.statuses.size).toBe(0);
    slack.switches.setStatusError = "method_not_supported_for_channel_type";
    expect(await refusal(web.assistant.threads.setStatus({ channel_id: desk.id, thread_ts: ts, status: "x" }))).toMatchObject({ error: "method_not_supported_for_channel_type" });
  });
});

describe("reading", () => {
  test("history: newest first, by cursor, between bounds, replies only when broadcast", async () => {
    const ts = ["a", "b", "c", "d", "e"].map((text) => { slack.space.clock.advance(1000); return slack.userPosts(desk.id, ana, text); });
    slack.userPosts(desk.id, ana, "quiet reply", { threadTs: ts[0]! });
    slack.userPosts(desk.id, ana, "loud reply", { threadTs: ts[0]!, subtype: "thread_broadcast" });
    const all = await web.conversations.history({ channel: desk.id });
    expect(all.messages?.map(({ text }) => text)).toEqual(["loud reply", "e", "d", "c", "b", "a"]);
    const paged: string[] = [];
    for await (const page of web.paginate("conversations.history", { channel: desk.id, limit: 4 })) paged.push(...(page as unknown as { messages: { text: string }[] }).messages.map(({ text }) => text));
    expect(paged).toEqual(["loud reply", "e", "d", "c", "b", "a"]);
    const between = async (more: object) => (await web.conversations.history({ channel: desk.id, ...more })).messages?.map(({ text }) => text);
    expect(await between({ oldest: ts[1]!, latest: ts[3]! })).toEqual(["c"]);
    expect(await between({ oldest: ts[1]!, latest: ts[3]!, inclusive: true })).toEqual(["d", "c", "b"]);
    expect(await between({ oldest: ts[0]!, limit: 2 })).toEqual(["c", "b"]);
    expect(await refusal(web.conversations.history({ channel: desk.id, cursor: "nonsense" }))).toMatchObject({ error: "invalid_cursor" });
    expect(await refusal(web.conversations.replies({ channel: desk.id, ts: "1.000001" }))).toMatchObject({ error: "thread_not_found" });
  });
  test("people: what tells a guest, a stranger, a bot, the deactivated", async () => {
    const add = (name: string, more: object) => slack.space.addUser(name, more).id;
    const ids = [add("guest", { restricted: true }), add("far", { stranger: true }), add("robot", { bot: true }), add("gone", { deleted: true }), add("boss", { admin: true, emailConfirmed: false })];
    const users = await Promise.all(ids.map(async (user) => (await web.users.info({ user })).user!));
    expect(users.map((u) => [u.is_restricted, (u as { is_stranger?: boolean }).is_stranger ?? false, u.is_bot, u.deleted, u.is_admin, u.is_email_confirmed])).toEqual([
      [true, false, false, false, false, true], [false, true, false, false, false, true], [false, false, true, false, false, false], [false, false, false, true, false, true], [false, false, false, false, true, false],
    ]);
    expect((await web.users.lookupByEmail({ email: "ANA@example.com" })).user?.id).toBe(ana);
    expect(await refusal(web.users.lookupByEmail({ email: "no@example.com" }))).toMatchObject({ error: "users_not_found" });
    expect((await web.users.list({ limit: 3 })).response_metadata?.next_cursor).not.toBe("");
    expect(await refusal(web.users.info({ user: "U404" }))).toMatchObject({ error: "user_not_found" });
  });
  test("conversations, members, direct messages, groups, team, bot", async () => {
    const inner = slack.space.addChannel("inner", { kind: "private", members: [ana] });
    slack.space.addChannel("foreign", { kind: "private", botIsMember: false });
    slack.space.userGroups.push({ id: "S1", name: "Support", handle: "support", users: [ana], disabled: false });
    expect((await web.conversations.list({ types: "public_channel,private_channel" })).channels?.map(({ id }) => id)).toEqual([desk.id, inner.id]);
    expect((await web.conversations.info({ channel: inner.id })).channel).toMatchObject({ is_private: true, is_member: true, name: "inner" });
    expect((await web.conversations.members({ channel: desk.id })).members).toEqual([ana, slack.space.botUserId]);
    const direct = (await web.conversations.open({ users: ana })).channel!.id!;
    await web.chat.postMessage({ channel: ana, text: "psst" });
    expect(slack.messagesIn(direct).map(({ text }) => text)).toEqual(["psst"]);
    expect((await web.usergroups.list({ include_users: true })).usergroups).toMatchObject([{ id: "S1", handle: "support", users: [ana] }]);
    expect((await web.team.info()).team?.id).toBe(slack.space.team.id);
    expect((await web.bots.info({ bot: slack.space.botId })).bot).toMatchObject({ user_id: slack.space.botUserId, app_id: slack.space.appId });
  });
  test("reactions: added, twice, not there, taken back, a bad name, the limit", async () => {
    const timestamp = slack.userPosts(desk.id, ana, "hi"), at = { channel: desk.id, timestamp };
    await web.reactions.add({ ...at, name: ":eyes:" });
    expect(await refusal(web.reactions.add({ ...at, name: "eyes" }))).toMatchObject({ error: "already_reacted" });
    expect((await web.reactions.get(at)).message?.reactions).toMatchObject([{ name: "eyes", users: [slack.space.botUserId], count: 1 }]);
    await web.reactions.remove({ ...at, name: "eyes" });
    expect(await refusal(web.reactions.remove({ ...at, name: "eyes" }))).toMatchObject({ error: "no_reaction" });
    expect(await refusal(web.reactions.add({ ...at, name: "Not An Emoji" }))).toMatchObject({ error: "invalid_name" });
    for (let i = 0; i < 23; i++) await web.reactions.add({ ...at, name: `e${i}` });
    expect(await refusal(web.reactions.add({ ...at, name: "one_more" }))).toMatchObject({ error: "too_many_reactions" });
    expect(await refusal(web.reactions.add({ channel: desk.id, timestamp: "1.000001", name: "eyes" }))).toMatchObject({ error: "message_not_found" });
  });
});
