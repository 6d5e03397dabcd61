/** Buttons, commands, shortcuts, modals and homes through the real Bolt app. Source: docs.slack.dev/reference/interaction-payloads, docs.slack.dev/surfaces/modals */
import type { App } from "@slack/bolt";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { FakeSlack } from "../fakes/slack/server.ts";
import type { FakeChannel, Json } from "../fakes/slack/types.ts";
import { boltOver, clientOf, refusal, startSlack } from "./fake-slack-support.ts";

let slack: FakeSlack, desk: FakeChannel, ana: string, app: App;
let bolt: Awaited<ReturnType<typeof boltOver>>;

beforeEach(async () => {
  slack = await startSlack();
  ana = slack.space.addUser("ana").id;
  desk = slack.space.addChannel("desk", { members: [ana] });
  bolt = await boltOver(slack, 1, () => undefined);
  app = bolt.app;
});
afterEach(async () => { await bolt.stop(); await slack.stop(); });

const plain = (text: string) => ({ type: "plain_text" as const, text });
const button = (action_id: string, value: string) => ({ type: "button" as const, action_id, value, text: plain(action_id) });
const modal = (more: object = {}) => ({ type: "modal" as const, title: plain("Assign"), submit: plain("Save"), callback_id: "assign", blocks: [
  { type: "input" as const, block_id: "who", label: plain("Who"), element: { type: "static_select" as const, action_id: "agent", options: ["ana", "otto"].map((value) => ({ text: plain(value), value })) } },
  { type: "input" as const, block_id: "why", optional: true, label: plain("Why"), element: { type: "plain_text_input" as const, action_id: "text" } },
], ...more });
const card = async () => (await clientOf(slack).chat.postMessage({ channel: desk.id, text: "Card", blocks: [
  { type: "actions", block_id: "acts", elements: [button("take", "c1"), { type: "overflow", action_id: "more", options: [{ text: plain("Resolve"), value: "resolve" }, { text: plain("Snooze"), value: "snooze" }] }] },
] })).ts!;
/** Whatever reaches a listener, as it came. */
const bodies: Json[] = [];
beforeEach(() => { bodies.length = 0; });

describe("messages", () => {
  test("a button: payload, trigger, response_url with five uses", async () => {
    app.action("take", async ({ ack, body, respond }) => { await ack(); bodies.push(body as unknown as Json); await respond({ text: "Taken", response_type: "ephemeral" }); });
    const ts = await card();
    const outcome = await slack.userPressesButton(desk.id, ts, "take", "c1", ana);
    expect(outcome.acked).toBe(true);
    await slack.until(() => slack.ephemeralsFor(ana).length === 1, "the answer to the person");
    expect(bodies[0]).toMatchObject({ type: "block_actions", user: { id: ana }, channel: { id: desk.id }, container: { type: "message", message_ts: ts, is_ephemeral: false }, message: { ts, text: "Card" }, actions: [{ action_id: "take", block_id: "acts", type: "button", value: "c1" }] });
    const post = (body: object) => fetch(outcome.responseUrl, { method: "POST", body: JSON.stringify(body) });
    for (let use = 2; use <= 5; use++) expect((await post({ text: `${use}` })).status).toBe(200);
    expect((await post({ text: "6" })).status).toBe(404);
    const later = await slack.userPressesButton(desk.id, ts, "take", "c1", ana);
    slack.space.clock.advance(31 * 60_000);
    expect(await (await fetch(later.responseUrl, { method: "POST", body: JSON.stringify({ text: "late" }) })).text()).toBe("expired_url");
  });
  test("an overflow reports the chosen option; what is not there cannot be pressed", async () => {
    app.action("more", async ({ ack, body }) => { await ack(); bodies.push(body as unknown as Json); });
    const ts = await card();
    await slack.userSelects(desk.id, ts, "more", "snooze", ana);
    await slack.until(() => bodies.length === 1, "the choice");
    expect(bodies[0]!.actions).toMatchObject([{ type: "overflow", selected_option: { value: "snooze" } }]);
    expect(() => slack.userSelects(desk.id, ts, "more", "explode", ana)).toThrow("offers no option");
    expect(() => slack.userPressesButton(desk.id, ts, "gone", undefined, ana)).toThrow("There is no gone");
  });
  test("a button that only one person sees; its post is replaced, then removed", async () => {
    app.action("confirm", async ({ ack, body, respond }) => { await ack(); bodies.push(body as unknown as Json); await respond(bodies.length === 1 ? { text: "Sure?", blocks: [{ type: "actions", elements: [button("confirm", "2")] }], replace_original: true } : { delete_original: true }); });
    await clientOf(slack).chat.postEphemeral({ channel: desk.id, user: ana, text: "Send?", blocks: [{ type: "actions", elements: [button("confirm", "1")] }] });
    const { ts } = slack.ephemeralsFor(ana)[0]!;
    await slack.userPressesButton(desk.id, ts, "confirm", undefined, ana);
    await slack.until(() => slack.ephemeralsFor(ana)[0]!.text === "Sure?", "the new question");
    expect(bodies[0]).toMatchObject({ container: { is_ephemeral: true } });
    await slack.userPressesButton(desk.id, ts, "confirm", undefined, ana);
    await slack.until(() => slack.ephemeralsFor(ana).length === 0, "the end of it");
  });
  test("a message shortcut and a global one", async () => {
    app.shortcut("retract", async ({ ack, body }) => { await ack(); bodies.push(body as unknown as Json); });
    const root = slack.userPosts(desk.id, ana, "root");
    const ts = slack.userPosts(desk.id, ana, "reply", { threadTs: root });
    await slack.userUsesShortcut("retract", desk.id, ts, ana);
    await slack.userUsesShortcut("retract", null, null, ana);
    await slack.until(() => bodies.length === 2, "both");
    expect(bodies[0]).toMatchObject({ type: "message_action", message_ts: ts, message: { thread_ts: root, text: "reply" }, channel: { id: desk.id } });
    expect(bodies[1]).toMatchObject({ type: "shortcut", callback_id: "retract" });
  });
  test("a command that is answered at once is seen by its person; one that is not acknowledged fails and is not repeated", async () => {
    app.command("/desk", async ({ ack, command }) => { if (command.text === "queue") await ack(`${command.channel_name}: empty`); });
    expect(await slack.userRunsCommand("/desk", "queue", desk.id, ana)).toMatchObject({ acked: true });
    expect(slack.ephemeralsFor(ana)).toMatchObject([{ text: "desk: empty" }]);
    slack.sockets.ackTimeoutMs = 20;
    expect(await slack.userRunsCommand("/desk", "silence", desk.id, ana)).toMatchObject({ acked: false });
    expect(slack.deliverer.log.filter(({ kind }) => kind === "slash_commands").map(({ attempts }) => attempts)).toEqual([1, 1]);
  });
});

describe("modals and homes", () => {
  const opened = async (view: ReturnType<typeof modal> = modal()) => {
    app.command("/desk", async ({ ack, client, command }) => { await ack(); await client.views.open({ trigger_id: command.trigger_id, view }); });
    const outcome = await slack.userRunsCommand("/desk", "assign", desk.id, ana);
    const shown = await slack.until(() => slack.openViews(ana)[0], "the modal");
    return { view: shown, triggerId: outcome.triggerId };
  };
  test("a trigger is good once and for three seconds", async () => {
    const web = clientOf(slack), { triggerId } = await opened();
    expect(await refusal(web.views.open({ trigger_id: triggerId, view: modal() }))).toMatchObject({ error: "exchanged_trigger_id" });
    expect(await refusal(web.views.open({ trigger_id: "1.2.x", view: modal() }))).toMatchObject({ error: "invalid_trigger_id" });
    slack.space.clock.set(1_800_000_000_000);
    const late = slack.views.trigger(ana);
    slack.space.clock.advance(3_001);
    expect(await refusal(web.views.open({ trigger_id: late, view: modal() }))).toMatchObject({ error: "expired_trigger_id" });
  });
  test("errors keep it open, an update replaces it, nothing closes it", async () => {
    app.view("assign", async ({ ack, view }) => {
      bodies.push(view.state.values);
      const agent = view.state.values.who?.agent?.selected_option?.value;
      if (agent === "ana") await ack({ response_action: "errors", errors: { who: "is away" } });
      else if (view.title.text === "Assign") await ack({ response_action: "update", view: { ...modal(), title: plain("Sure?") } });
      else await ack();
    });
    const { view } = await opened();
    expect((await slack.userSubmitsView(view.id, { who: { agent: "ana" }, why: { text: "knows him" } }, ana)).body).toMatchObject({ response_action: "errors", errors: { who: "is away" } });
    expect(bodies[0]).toMatchObject({ who: { agent: { type: "static_select", selected_option: { value: "ana" } } }, why: { text: { type: "plain_text_input", value: "knows him" } } });
    expect(slack.openViews(ana)).toHaveLength(1);
    const before = view.hash;
    await slack.userSubmitsView(view.id, { who: { agent: "otto" } }, ana);
    expect(slack.openViews(ana)[0]).toMatchObject({ id: view.id, content: { title: { text: "Sure?" } } });
    expect(view.hash).not.toBe(before);
    await slack.userSubmitsView(view.id, {}, ana);
    expect(slack.openViews(ana)).toEqual([]);
  });
  test("a person cannot send what is not filled in or does not exist; silence leaves the modal", async () => {
    const { view } = await opened();
    await expect(slack.userSubmitsView(view.id, {}, ana)).rejects.toThrow("must be filled in");
    await expect(slack.userSubmitsView(view.id, { who: { agent: "eve" } }, ana)).rejects.toThrow("offers no option");
    slack.sockets.ackTimeoutMs = 20;
    expect(await slack.userSubmitsView(view.id, { who: { agent: "ana" } }, ana)).toMatchObject({ acked: false });
    expect(slack.openViews(ana)).toHaveLength(1);
  });
  test("three views at most; hashes guard updates; closing is told when asked for; clear closes all", async () => {
    const web = clientOf(slack), { view } = await opened(modal({ notify_on_close: true }));
    const push = () => web.views.push({ trigger_id: slack.views.trigger(ana), view: modal() });
    const second = (await push()).view!;
    expect(second).toMatchObject({ previous_view_id: view.id, root_view_id: view.id });
    await push();
    expect(await refusal(push())).toMatchObject({ error: "push_limit_reached" });
    expect(await refusal(web.views.update({ view_id: view.id, hash: "old", view: modal() }))).toMatchObject({ error: "hash_conflict" });
    expect((await web.views.update({ view_id: view.id, hash: view.hash, view: modal({ notify_on_close: true }) })).view?.id).toBe(view.id);
    expect(await refusal(web.views.update({ view_id: "V404", view: modal() }))).toMatchObject({ error: "not_found" });
    app.view({ callback_id: "assign", type: "view_closed" }, async ({ ack, body }) => { await ack(); bodies.push(body as unknown as Json); });
    app.view("assign", async ({ ack }) => { await ack({ response_action: "clear" }); });
    await slack.userClosesView(slack.openViews(ana)[2]!.id, ana);
    expect(bodies).toEqual([]);
    await slack.userSubmitsView(second.id!, { who: { agent: "ana" } }, ana);
    expect(slack.openViews(ana)).toEqual([]);
    const again = (await web.views.open({ trigger_id: slack.views.trigger(ana), view: modal({ notify_on_close: true }) })).view!;
    await slack.userClosesView(again.id!, ana);
    expect(bodies).toMatchObject([{ type: "view_closed", is_cleared: false, view: { id: again.id } }]);
  });
  test.each([
    ["a long title", { title: plain("x".repeat(25)) }], ["long private data", { private_metadata: "x".repeat(3001) }], ["inputs without submit", { submit: undefined }], ["101 blocks", { blocks: Array.from({ length: 101 }, () => ({ type: "divider" })) }],
  ])("refused: %s", async (_name, more) => {
    expect(await refusal(clientOf(slack).views.open({ trigger_id: slack.views.trigger(ana), view: modal(more) }))).toMatchObject({ error: "invalid_arguments" });
  });
  test("searching in a select that asks the app", async () => {
    app.options("find", async ({ ack, options }) => { await ack({ options: [{ text: plain(`${options.value}!`), value: "1" }] }); });
    const { view } = await opened(modal({ blocks: [{ type: "input", block_id: "f", label: plain("Find"), element: { type: "external_select", action_id: "find", min_query_length: 0 } }] }));
    expect((await slack.userSearches(view.id, "find", "ann", ana)).body).toMatchObject({ options: [{ text: { text: "ann!" }, value: "1" }] });
  });
  test("the home is published for one person, opened by them, and its buttons work", async () => {
    app.event("app_home_opened", async ({ event, client }) => {
      await client.views.publish({ user_id: event.user, view: { type: "home", blocks: [{ type: "actions", elements: [button("open", "c9")] }] } });
    });
    app.action("open", async ({ ack, body }) => { await ack(); bodies.push(body as unknown as Json); });
    slack.userOpensHome(ana);
    const home = await slack.until(() => slack.homeOf(ana), "the home");
    await slack.userActsInView(home.id, "open", "c9", ana);
    await slack.until(() => bodies.length === 1, "the press");
    expect(bodies[0]).toMatchObject({ container: { type: "view", view_id: home.id }, view: { type: "home" }, actions: [{ value: "c9" }] });
    expect(await refusal(clientOf(slack).views.publish({ user_id: ana, hash: "old", view: { type: "home", blocks: [] } }))).toMatchObject({ error: "hash_conflict" });
  });
});
