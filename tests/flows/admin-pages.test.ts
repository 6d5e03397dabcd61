/** What the admin's pages are told: overview, desks, inboxes, agents, health; and that they hear of changes. */
import { expect, test } from "vitest";
import { pauseDelivery } from "../../src/core/services/delivery-pause.ts";
import { deskTroubleId, troubleReporter } from "../../src/core/services/channel-trouble.ts";
import { forgetSettings } from "../../src/core/services/inbox-settings.ts";
import { ROUTING_ID } from "../../src/core/services/routing.ts";
import type { Desk, Health, Inbox, Overview } from "../../src/web-admin/wire.ts";
import { buildAdmin, HOST } from "../support/admin.ts";

test("the overview counts what is open, waits and is nobody's, and names who waits longest", async () => {
  const { ask, signIn, write, say, settle, conversation } = await buildAdmin();
  const who = await signIn();
  const look = async () => (await ask(who, "GET", "/overview")).json<Overview>();
  expect(await look()).toMatchObject({ open: { value: 0, more: false }, waiting: { value: 0 }, unassigned: { value: 0 }, longest: [], agents: { active: 2, linked: 2 }, inboxes: 1, warnings: [] });
  await write("Where is my order?", "ana");
  await write("Do you ship to Norway?", "ben");
  await settle();
  await expect.poll(async () => (await look()).open.value).toBe(2);
  const ana = await conversation("ana");
  expect((await look()).longest[0]).toMatchObject({ number: ana.number, title: "Where is my order?", contact: "Ana", channel: "Website", owner: null });
  await say("It left today.", "Mara", ana.thread!.id);
  await expect.poll(async () => { const { open, waiting, unassigned, longest } = await look(); return [open.value, waiting.value, unassigned.value, longest.map(({ title }) => title)]; })
    .toEqual([2, 1, 1, ["Do you ship to Norway?"]]);
});

test("desks tell their channels, what leads there and how they stand, in words", async () => {
  const { ask, signIn, store, core, desk } = await buildAdmin();
  const who = await signIn();
  const look = async () => (await ask(who, "GET", "/desks")).json<{ desks: Desk[]; rules: number }>();
  const [target] = await store.deskTargets.find().toArray();
  await store.settings.insertOne({ _id: ROUTING_ID, value: [{ when: "label:billing", deskTargetId: target!._id }, { when: "priority>medium", deskTargetId: "another" }], at: new Date() });
  expect(await look()).toEqual({
    rules: 2,
    desks: [{ id: "fake:fake", kind: "fake", identity: "fake", testable: false, state: { level: "ok", text: "Connected; lines go both ways.", since: null }, targets: [{ id: target!._id, name: "Support", channel: "support", inboxes: ["Website"], rules: [{ place: 1, when: "label:billing", moves: false }] }] }],
  });
  const report = troubleReporter(core, deskTroubleId("fake"));
  report({ code: "BAD_TOKEN", text: "The desk refuses the token. Copy it anew." });
  await expect.poll(async () => (await look()).desks[0]!.state).toMatchObject({ level: "fail", text: "The desk refuses the token. Copy it anew." });
  report(null);
  await expect.poll(async () => (await look()).desks[0]!.state.level).toBe("ok");
  core.desks.set("fake", Object.assign(desk, { isOpen: () => false }));
  expect((await look()).desks[0]!.state).toMatchObject({ level: "off" });
  core.desks.delete("fake");
  expect((await look()).desks[0]!.state).toMatchObject({ level: "fail", text: expect.stringMatching(/could not be started/) });
});

test("inboxes tell their key, desk, state and the widget's snippet; secrets stay", async () => {
  const { ask, signIn, store, core, inbox } = await buildAdmin();
  await store.inboxes.insertMany([
    { ...inbox, _id: "w", name: "Shop", channel: "widget", identity: "shop", secrets: { identitySecret: core.secrets.seal("a very secret secret") } },
    { ...inbox, _id: "o", name: "Old", channel: "widget", identity: "old", enabled: false },
  ]);
  forgetSettings(core);
  const answer = await ask(await signIn(), "GET", "/inboxes");
  const { inboxes } = answer.json<{ inboxes: Inbox[] }>();
  expect(inboxes.map(({ name, state }) => [name, state.level])).toEqual([["Old", "off"], ["Shop", "fail"], ["Website", "ok"]]);
  expect(inboxes[1]).toMatchObject({ key: "shop", desk: "Support", testable: false, snippet: `<script async src="http://${HOST}/widget/loader.js" data-inbox-key="shop"></script>` });
  expect(answer.payload).not.toContain("identitySecret");
});

test("agents tell role, teams, inboxes and where their accounts are", async () => {
  const { ask, signIn, store, core, jonas, inbox } = await buildAdmin();
  await store.teams.insertOne({ _id: "t", name: "Billing", memberIds: [jonas._id] });
  await store.agents.updateOne({ _id: jonas._id }, { $set: { inboxIds: [inbox._id], links: [], avatar: "https://elsewhere.example/jonas.png" } });
  forgetSettings(core);
  const { agents, vendors } = (await ask(await signIn(), "GET", "/agents")).json<{ agents: object[]; vendors: string[] }>();
  expect(vendors).toEqual(["fake"]);
  expect(agents).toMatchObject([{ name: "Jonas", role: "agent", teams: ["Billing"], inboxes: ["Website"], desks: [], avatar: null }, { name: "Mara", role: "administrator", inboxes: null, desks: ["fake"] }]);
});

test("health tells what waits, what was given up and what keeps all from working", async () => {
  const { ask, signIn, core, store, write, settle, messages, stopLanes } = await buildAdmin();
  const who = await signIn();
  const look = async () => (await ask(who, "GET", "/health")).json<Health>();
  expect(await look()).toMatchObject({ fault: null, paused: false, lanes: [{ id: "mirror", queued: 0 }, { id: "delivery", queued: 0 }, { id: "intake", queued: 0 }], troubles: [], parked: [], store: { kind: "embedded", bytes: expect.any(Number) }, version: "1.2.3", node: process.versions.node });
  await pauseDelivery(core, { type: "system", name: "a test" });
  await write("A file is missing");
  await settle();
  const [line] = await messages();
  await store.messages.updateOne({ _id: line!._id }, { $set: { todo: [{ for: "fetch-files", tries: 10, dueAt: new Date(), parked: { error: "Telegram no longer has it.", at: new Date() } }] } });
  stopLanes("The lanes stopped.");
  expect(await look()).toMatchObject({ fault: "The lanes stopped.", paused: true, parked: [{ what: "fetch-files", error: "Telegram no longer has it." }] });
  expect((await ask(who, "POST", "/health/retry")).json()).toEqual({ retried: 1 });
  expect((await look()).parked).toEqual([]);
});

test("an open page hears of changes, and nothing of them; its stream ends with the server", async () => {
  const { app, signIn, write } = await buildAdmin();
  const who = await signIn();
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = app.server.address() as { port: number };
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/live`, { headers: who });
  expect(answer.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  let heard = "";
  const reading = (async () => { for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) heard += chunk; })();
  await expect.poll(() => heard).toContain("event: ready");
  await write("A secret of Ana's");
  await expect.poll(() => heard).toContain("event: changed\ndata: {}");
  expect(heard).not.toContain("Ana");
  await app.close();
  await reading;
});
