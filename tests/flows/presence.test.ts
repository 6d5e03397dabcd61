/** Whether a desk sees people at work, and what that does to who is given work: on a clock that is pushed. */
import { expect, test } from "vitest";
import { routeOnce } from "../../src/automation/routing/router.ts";
import { createLiveDesks } from "../../src/bridge/live.ts";
import { vendorDesks } from "../../src/bridge/registry.ts";
import { createPresence } from "../../src/bridge/slack/in/presence.ts";
import { isSeen } from "../../src/core/model/presence.ts";
import { notHere } from "../../src/core/services/availability.ts";
import { forgetSettings } from "../../src/core/services/inbox-settings.ts";
import { recordPresence } from "../../src/core/services/presence.ts";
import { startSlack } from "../support/slack.ts";
import { actOutside, sharedStore } from "./verbs-support.ts";

const store = sharedStore();
const SECOND = 1_000, MINUTE = 60_000;

/** Work is given out, nobody has any, and Jonas alone can take it; Slack is asked when a test says so. */
async function office() {
  await store().conversations.updateMany({}, { $set: { status: "resolved", waitingSince: null } });
  await store().agents.updateMany({}, { $unset: { absence: "", presence: "", saidBack: "", slots: "" }, $pull: { links: { desk: { $in: ["slack", "discord"] } } } });
  const s = await startSlack({ store: store(), connect: false, desk: { presence: { graceMinutes: 5 } } });
  const { help, fake } = s;
  const { core, clock } = help;
  await store().agents.updateMany({ name: { $ne: "Jonas" } }, { $set: { absence: { since: new Date(0), by: { id: "x", name: "Mara" } } } });
  await store().inboxes.updateMany({}, { $unset: { "settings.routing": "" } });
  await store().inboxes.updateOne({ _id: help.inbox._id }, { $set: { "settings.routing": { mode: "balanced", graceMinutes: 10 } } });
  forgetSettings(core);
  const asks = createPresence({ core, api: s.desk.api, identity: s.target.identity, graceMs: 5 * MINUTE });
  const jonas = async () => { forgetSettings(core); return (await store().agents.findOne({ _id: help.jonas._id }))!; };
  return {
    ...s, core, jonasNow: jonas, askOnce: async () => { forgetSettings(core); await asks.look(); },
    asked: () => fake.calls.filter(({ method, args }) => method === "users.getPresence" && args["user"] === s.jonas.id).length,
    /** Two looks reach both linked people when it is their turn. */
    look: async () => { for (let i = 0; i < 2; i++) { forgetSettings(core); await asks.look(); } },
    missing: async () => (await notHere(core, await jonas(), clock.now()))?.why ?? null,
    route: async () => { forgetSettings(core); const { given, released } = await routeOnce(core); await help.settle(); return { given, released }; },
    async arrives(name: string) { await help.write("Anybody?", name); await help.settle(); return async () => (await help.conversation(name)).assigneeName ?? null; },
  };
}

test("away counts after the grace time, keeps its beginning, and gives back what waits after the routing's own; back is seen within seconds and wakes the router", async () => {
  const { help, core, jonas, look, missing, route, arrives, asked } = await office();
  const woken: true[] = [];
  core.bus.on("routing.due", () => void woken.push(true));
  jonas.presence = "away";
  await look();
  expect(await missing()).toBeNull();
  const first = await arrives("first-in");
  expect(await route()).toMatchObject({ given: 1 });
  expect(await first()).toBe("Jonas");

  help.clock.advance(4 * MINUTE);
  await look();
  expect(await missing()).toBeNull();
  help.clock.advance(MINUTE);
  await look();
  expect(await missing()).toBe("presence");
  expect((await actOutside(help, "Mara", "status")).notice).toContain("Jonas · not seen on the desk (just now)");
  const second = await arrives("second-in");
  expect(await route()).toEqual({ given: 0, released: 0 });
  help.clock.advance(10 * MINUTE);
  expect(await route()).toEqual({ given: 0, released: 1 });
  expect(await first()).toBeNull();

  await look();
  jonas.presence = "active";
  const before = asked();
  woken.length = 0;
  help.clock.advance(14 * SECOND);
  await look();
  expect([asked(), woken.length]).toEqual([before, 0]);
  help.clock.advance(SECOND);
  await look();
  expect([asked(), woken.length]).toEqual([before + 1, 1]);
  expect(await route()).toMatchObject({ given: 2 });
  expect([await first(), await second()]).toEqual(["Jonas", "Jonas"]);
});

test("their own word is above it, both ways, until they change it", async () => {
  const { help, jonas, look, missing } = await office();
  const says = async (verb: string, args = "") => { const answer = await actOutside(help, "Jonas", verb, args); await missing(); return answer; };
  await look();
  await says("away");
  expect(await missing()).toBe("away");
  expect(await says("back")).toMatchObject({ ok: true });
  jonas.presence = "away";
  help.clock.advance(MINUTE);
  await look();
  help.clock.advance(60 * MINUTE);
  await look();
  expect(await missing()).toBeNull();
  expect(await says("back")).toMatchObject({ ok: false, code: "ALREADY_SO" });
  expect(await says("back", "auto")).toMatchObject({ ok: true, notice: expect.stringContaining("presence on the desk says") });
  expect(await missing()).toBe("presence");
  expect(await says("back", "auto")).toMatchObject({ ok: false, code: "ALREADY_SO" });
  expect(await says("back")).toMatchObject({ ok: true });
  expect(await missing()).toBeNull();
  await says("away");
  expect(await missing()).toBe("away");
  jonas.presence = "active";
  help.clock.advance(MINUTE);
  await look();
  expect(await missing()).toBe("away");
});

test("what Slack does not say changes nothing, and it is not asked more than it takes", async () => {
  const { fake, help, jonas, look, askOnce, missing, asked, jonasNow } = await office();
  fake.fail("users.getPresence", { error: "internal_error", times: 2 });
  await look();
  expect(isSeen(await jonasNow())).toBe(false);
  expect(await missing()).toBeNull();
  jonas.presence = "away";
  help.clock.advance(MINUTE);
  await look();
  help.clock.advance(5 * MINUTE);
  expect(await missing()).toBe("presence");
  // the permission is taken away while he is back: nothing is known, so it stays
  fake.scopes.delete("users:read");
  jonas.presence = "active";
  await look();
  expect(await missing()).toBe("presence");
  const before = asked();
  for (let i = 0; i < 20; i++) { help.clock.advance(3 * SECOND); await askOnce(); }
  expect(asked()).toBe(before);
  fake.scopes.add("users:read");
  help.clock.advance(10 * MINUTE);
  await look();
  expect(await missing()).toBeNull();

  // forty people: one look asks one of them, so a minute asks twenty
  const now = help.clock.now();
  await help.store.agents.insertMany(Array.from({ length: 40 }, (_, i) => ({ ...help.jonas, _id: `crowd-${i}`, name: `Crowd ${i}`, email: `crowd-${i}@example.com`, links: [{ desk: "slack" as const, userId: fake.space.addUser(`crowd${i}`).id }], createdAt: now })));
  const calls = () => fake.calls.filter(({ method }) => method === "users.getPresence").length;
  const start = calls();
  for (let i = 0; i < 20; i++) { help.clock.advance(3 * SECOND); await askOnce(); }
  expect(calls() - start).toBe(20);
  await help.store.agents.deleteMany({ _id: { $regex: "^crowd-" } });
});

test("here on one desk is here; a desk that is taken off says nothing any more", async () => {
  const { help, core, jonas, look, missing, jonasNow } = await office();
  await help.store.agents.updateOne({ _id: help.jonas._id }, { $push: { links: { desk: "discord", userId: "900000000000000123" } } });
  forgetSettings(core);
  const discord = (state: "here" | "away") => recordPresence(core, { desk: "discord", userId: "900000000000000123", state, graceMs: 5 * MINUTE });
  jonas.presence = "away";
  await look();
  await discord("here");
  help.clock.advance(20 * MINUTE);
  await look();
  expect(await missing()).toBeNull();
  await discord("away");
  expect(await missing()).toBeNull();
  help.clock.advance(5 * MINUTE);
  expect(await missing()).toBe("presence");
  await discord("here");
  expect(await missing()).toBeNull();
  await discord("away");
  help.clock.advance(5 * MINUTE);

  await help.store.deskTargets.deleteMany({ kind: "slack" });
  await createLiveDesks(core, help.host, vendorDesks, null).reload();
  expect((await jonasNow()).presence).toEqual({});
  expect(await missing()).toBeNull();
});
