/** Who is here, and how what waits is given to people, on a desk. */
import { describe, expect, test } from "vitest";
import { routeOnce, startRouter } from "../../src/automation/routing/router.ts";
import type { RoutingPolicy } from "../../src/core/model/routing.ts";
import type { Agent } from "../../src/core/model/types.ts";
import { forgetSettings } from "../../src/core/services/inbox-settings.ts";
import { actOutside, oneConversation, sharedStore } from "./verbs-support.ts";

const store = sharedStore();
const WAIT = { timeout: 40_000 };

/** Nothing else waits, both agents are here without anything, and the inbox gives out so. */
async function desk(routing: RoutingPolicy, work: Record<string, Partial<Agent>> = {}) {
  await store().conversations.updateMany({}, { $set: { status: "resolved", waitingSince: null } });
  await store().inboxes.updateMany({}, { $unset: { "settings.routing": "" } });
  const one = await oneConversation(store());
  await store().agents.updateMany({}, { $unset: { skills: "", capacity: "", absence: "", hoursId: "", slots: "", workRev: "", lastGivenAt: "" } });
  for (const [name, set] of Object.entries(work)) await store().agents.updateOne({ name }, { $set: set });
  await store().inboxes.updateMany({}, { $set: { "settings.routing": routing } });
  forgetSettings(one.help.core);
  const { help } = one;
  return {
    ...one,
    route: async () => { forgetSettings(help.core); const done = await routeOnce(help.core); await help.settle(); return done; },
    more: async (name: string) => { await help.write("Anybody?", name); await help.settle(); return (await help.conversation(name))._id; },
    ownerOf: async (id: string) => (await store().conversations.findOne({ _id: id }))!.assigneeName,
  };
}

describe("away and back", () => {
  test("say so, until when and who said it; status lists everybody", async () => {
    const { help } = await desk({ mode: "manual" }, { Jonas: { skills: ["german"], capacity: { fake: 2 } } });
    expect(await actOutside(help, "Jonas", "away", "until tomorrow 9:00")).toMatchObject({ ok: true, notice: expect.stringMatching(/You are away until .* 09:00\./) });
    const jonas = (await store().agents.findOne({ name: "Jonas" }))!;
    expect(jonas.absence).toMatchObject({ by: { name: "Jonas" }, since: expect.any(Date), until: expect.any(Date) });
    expect(await actOutside(help, "Jonas", "away", "@Mara")).toMatchObject({ ok: false, code: "NOT_ALLOWED" });
    expect((await actOutside(help, "Mara", "status")).notice).toMatch(/^Jonas · away \(just now\), until .* · 0 open \(at most: fake 2\) · german\nMara · here · 0 open$/);
    expect(await actOutside(help, "Mara", "away", "@Jonas")).toMatchObject({ ok: true });
    expect((await actOutside(help, "Jonas", "status")).notice).toContain("(says Mara)");
    expect(await actOutside(help, "Jonas", "back")).toMatchObject({ ok: true });
    expect(await actOutside(help, "Jonas", "back")).toMatchObject({ ok: false, code: "ALREADY_SO" });
    expect(await actOutside(help, "Jonas", "away", "until yesterday")).toMatchObject({ ok: false, code: "BAD_TIME" });
  });

  test("after the grace time what waits for who is away goes back, also by a line that comes later; what waits for nobody stays", async () => {
    const { help, act, now, route, customer } = await desk({ mode: "manual" });
    await act("Jonas", "take");
    await actOutside(help, "Jonas", "away");
    await route();
    expect((await now()).assigneeName).toBe("Jonas");
    await act("Jonas", "reply", "One moment.");
    help.clock.advance(11 * 60_000);
    expect(await route()).toMatchObject({ released: 0 });
    await help.write("And now?", customer);
    await help.settle();
    expect(await route()).toMatchObject({ released: 1 });
    expect(await now()).toMatchObject({ assigneeId: null, releasedFrom: help.jonas._id });
    expect(await help.texts()).toContain("Routing put this back into the queue: Jonas is away");
  });
});

test("outside their working hours somebody is given nothing, and what waits for them goes on where it is given out", async () => {
  const day = new Date(Date.now() + 7 * 86_400_000).getUTCDay();
  const closed = { _id: "h-closed", name: `Closed ${day}`, timeZone: "UTC", week: Array.from({ length: 7 }, (_, i) => ((i + 1) % 7 === (day + 3) % 7 ? [{ from: 0, to: 60 }] : [])), holidays: [] };
  await store().hours.deleteMany({});
  await store().hours.insertOne(closed);
  const { help, act, id, ownerOf, route } = await desk({ mode: "manual" }, { Jonas: { hoursId: "h-closed" } });
  await act("Jonas", "take");
  await route();
  expect(await ownerOf(id)).toBe("Jonas");
  expect((await actOutside(help, "Mara", "status")).notice).toContain("Jonas · outside their working hours · 1 open");
  await store().inboxes.updateMany({}, { $set: { "settings.routing": { mode: "balanced" } } });
  expect(await route()).toEqual({ released: 1, given: 1 });
  expect(await ownerOf(id)).toBe("Mara");
  await store().agents.updateOne({ name: "Jonas" }, { $unset: { hoursId: "" } });
});

describe("what waits is given", () => {
  test("in turn, first come first served, up to what each can take; the rest waits and goes when somebody frees", async () => {
    const { help, id, more, route, ownerOf } = await desk({ mode: "round-robin" }, { Mara: { capacity: { fake: 1 } }, Jonas: { capacity: { fake: 1 } } });
    const [second, third] = [await more(`b-${id}`), await more(`c-${id}`)];
    expect(await route()).toMatchObject({ given: 2 });
    expect(new Set([await ownerOf(id), await ownerOf(second)])).toEqual(new Set(["Mara", "Jonas"]));
    expect(await ownerOf(third)).toBeNull();
    expect(help.desk.notices.some(({ notice }) => notice.text.includes("was given to you"))).toBe(true);
    expect(await route()).toMatchObject({ given: 0 });
    await actOutside(help, "Mara", "resolve", `#${(await store().conversations.findOne({ _id: second }))!.number}`);
    expect(await route()).toMatchObject({ given: 1 });
    expect(await ownerOf(third)).toBe((await store().conversations.findOne({ _id: second }))!.assigneeName);
    expect(await store().agents.findOne({ "slots.0": { $exists: true } })).toBeNull();
  });

  test("with nobody free a queue is not read, however long it is", async () => {
    const { help } = await desk({ mode: "balanced" }, { Mara: { capacity: { all: 0 } }, Jonas: { capacity: { fake: 0 } } });
    const { conversations } = store();
    const asked: unknown[] = [];
    const find = conversations.find.bind(conversations);
    conversations.find = ((...args: Parameters<typeof find>) => { if ((args[0] as { assigneeId?: unknown }).assigneeId === null) asked.push(args[1]?.projection); return find(...args); }) as typeof find;
    try {
      expect(await routeOnce(help.core)).toEqual({ released: 0, given: 0 });
      expect(asked).toEqual([{ _id: 1 }]);
      await store().agents.updateOne({ name: "Jonas" }, { $set: { capacity: { fake: 1 } } });
      expect(await routeOnce(help.core)).toEqual({ released: 0, given: 1 });
      expect(asked).toEqual([{ _id: 1 }, { _id: 1 }, undefined]);
    } finally {
      conversations.find = find;
    }
  });

  test("by skill, to who knows what is needed; nobody else gets it", async () => {
    const { id, act, more, route, ownerOf } = await desk({ mode: "skills", needs: [{ skill: "refunds", when: "label:billing" }] }, { Mara: { skills: ["refunds"] }, Jonas: { skills: [] } });
    const plain = await more(`plain-${id}`);
    await act("Jonas", "label", "billing");
    await route();
    expect(await ownerOf(id)).toBe("Mara");
    expect(await ownerOf(plain)).toBe("Jonas");
    const next = await more(`next-${id}`);
    await store().conversations.updateOne({ _id: next }, { $set: { labels: ["billing"] } });
    await store().agents.updateOne({ name: "Mara" }, { $set: { absence: { since: new Date(), by: { id: "x", name: "X" } } } });
    await route();
    expect(await ownerOf(next)).toBeNull();
  });

  test("to who served this customer last, if they are here; a team's policy wins over the inbox", async () => {
    const { help, id, act, customer, route, now, ownerOf, more } = await desk({ mode: "balanced" });
    await act("Jonas", "take");
    await act("Jonas", "resolve");
    await help.write("Something else", customer, { conversation: "new" });
    await help.settle();
    await route();
    expect((await now()).assigneeName).toBe("Jonas");
    await store().teams.deleteMany({});
    await store().teams.insertOne({ _id: "t-slow", name: "Slow", memberIds: [help.mara._id], routing: { mode: "manual" } });
    forgetSettings(help.core);
    const slow = await more(`slow-${id}`);
    await store().conversations.updateOne({ _id: slow }, { $set: { teamId: "t-slow", teamName: "Slow" } });
    await route();
    expect(await ownerOf(slow)).toBeNull();
    await store().teams.updateOne({ _id: "t-slow" }, { $set: { routing: { mode: "balanced" } } });
    await route();
    expect(await ownerOf(slow)).toBe("Mara");
    await store().teams.deleteMany({});
  });

  test("the customer is told their place once for each wait", async () => {
    const { help, id, more, route } = await desk({ mode: "balanced", queueMessage: "You are number {{position}}." }, { Mara: { capacity: { all: 0 } }, Jonas: { capacity: { all: 0 } } });
    const second = await more(`second-${id}`);
    await route();
    await route();
    const said = async (conversation: string) => (await help.lines("outgoing", conversation)).map(({ body, author, delivery }) => [body, author.type, delivery.state]);
    expect(await said(id)).toEqual([["You are number 1.", "bot", "sent"]]);
    expect(await said(second)).toEqual([["You are number 2.", "bot", "sent"]]);
    await store().conversations.updateMany({}, { $unset: { queueToldFor: "" } });
    await route();
    expect(await said(id)).toHaveLength(1);
  });

  test("by itself, soon after somebody is back; a second router waits for the first", async () => {
    const { help, id, ownerOf } = await desk({ mode: "balanced" }, { Mara: { capacity: { all: 0 } } });
    await actOutside(help, "Jonas", "away");
    const stops = [startRouter(help.core), startRouter({ ...help.core, holder: "another process" })];
    await actOutside(help, "Jonas", "back");
    await expect.poll(() => ownerOf(id), WAIT).toBe("Jonas");
    await Promise.all(stops.map((stop) => stop()));
  });
});

describe("where agents may not give themselves work", () => {
  test("they ask, administrators are told, and one press decides; the first reply takes nothing", async () => {
    const { help, act, now, id } = await desk({ mode: "manual", selfAssign: false });
    expect(await act("Jonas", "take")).toMatchObject({ ok: false, code: "REQUEST_NEEDED", buttons: [{ id: "request", label: "Ask an administrator" }] });
    expect(await act("Jonas", "assign", "Mara")).toMatchObject({ ok: false, code: "REQUEST_NEEDED", buttons: [{ id: "request:Mara" }] });
    await act("Jonas", "reply", "I look into it.");
    expect((await now()).assigneeId).toBeNull();
    expect(await act("Jonas", "request")).toMatchObject({ ok: true });
    expect(await act("Jonas", "request")).toMatchObject({ ok: false, code: "ALREADY_SO" });
    expect([...help.desk.threads.values()].find((thread) => thread.card.conversationId === id)!.card.facts).toContainEqual({ label: "Asked for", value: "by Jonas" });
    expect(help.desk.notices.filter(({ userId, notice }) => userId === "Mara" && notice.text.includes("Jonas asks for"))).toMatchObject([{ notice: { buttons: [{ id: "approve" }, { id: "decline" }] } }]);
    expect(await act("Jonas", "approve")).toMatchObject({ ok: false, code: "NOT_ALLOWED" });
    expect(await act("Mara", "decline")).toMatchObject({ ok: true });
    expect(await act("Mara", "approve")).toMatchObject({ ok: false, code: "ALREADY_SO" });
    await act("Jonas", "request");
    expect(await act("Mara", "approve")).toMatchObject({ ok: true });
    expect(await now()).toMatchObject({ assigneeName: "Jonas" });
    expect((await now()).request).toBeUndefined();
    expect(await act("Mara", "assign", "Mara")).toMatchObject({ ok: true });
  });
});
