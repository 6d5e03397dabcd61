/** Service levels on a desk: what the card says, who is warned, what is recorded; once, whoever stops where. */
import { describe, expect, test } from "vitest";
import type { SlaPolicy } from "../../src/core/model/sla.ts";
import { forgetSettings, SLA_ID } from "../../src/core/services/inbox-settings.ts";
import { workSla } from "../../src/core/services/sla-work.ts";
import { oneConversation, sharedStore } from "./verbs-support.ts";

const store = sharedStore();
const MIN = 60_000;
const STANDARD: SlaPolicy = {
  name: "Standard", targets: { first: 10 * MIN, next: 20 * MIN, resolution: 600 * MIN }, working: false, pauseOn: ["pending", "snoozed"],
  steps: [{ at: 50, tell: "thread" }, { at: 80, tell: "assignee" }, { at: 100, tell: "team" }, { at: 100, tell: "supervisors" }],
};
const VIP: SlaPolicy = { ...STANDARD, name: "Billing", when: "label:billing", targets: { first: 4 * MIN } };

async function under(...policies: SlaPolicy[]) {
  await store().settings.deleteMany({ _id: SLA_ID });
  const first = await oneConversation(store());
  await store().settings.insertOne({ _id: SLA_ID, value: policies, at: new Date() });
  forgetSettings(first.help.core);
  const customer = `${first.customer}-2`;
  await first.help.write("Where is my order?", customer);
  await first.help.settle();
  const { help } = first;
  const now = () => help.conversation(customer);
  const { _id: id, thread } = await now();
  return {
    help, id, customer, now,
    act: async (who: string, verb: string, args = "") => { const done = await help.host.act({ desk: "fake", userId: who, thread: thread!.id, verb, args }); await help.settle(); return done; },
    later: async (minutes: number) => { help.clock.advance(minutes * MIN); forgetSettings(help.core); const done = await workSla(help.core); await help.settle(); return done; },
    card: async () => help.desk.threads.get(thread!.id)!.card,
    warnings: async () => (await help.lines("activity", id)).filter(({ activity }) => activity?.type === "sla").map(({ body }) => body),
    records: async () => (await store().slaRecords.find({ conversationId: id }).sort({ endedAt: 1 }).toArray()).map(({ clock, result }) => [clock, result]),
  };
}

describe("a service level", () => {
  test("is on the card, warns step by step, is stopped by Ack, and its outcome is recorded", async () => {
    const { act, help, later, card, warnings, records, now } = await under({ ...STANDARD, supervisorsId: (await store().deskTargets.findOne({}))?._id ?? "" });
    await store().settings.updateOne({ _id: SLA_ID }, { $set: { "value.0.supervisorsId": (await store().deskTargets.findOne({}))!._id } });
    expect((await card()).facts.map(({ label }) => label)).toEqual(expect.arrayContaining(["First reply due", "Resolution due"]));
    await act("Mara", "take");
    await later(5.1);
    expect(await warnings()).toEqual(["50 % of the time for the first reply is over"]);
    expect((await card()).buttons[0]).toEqual({ id: "ack", label: "Ack" });
    await later(3);
    expect((await warnings()).at(-1)).toBe("80 % of the time for the first reply is over (told: Mara)");
    expect(help.desk.notices.filter(({ userId, notice }) => userId === "Mara" && notice.text.includes("80 %"))).toMatchObject([{ notice: { buttons: [{ id: "ack" }] } }]);
    await later(3);
    expect((await warnings()).at(-1)).toBe("The time for the first reply is over (told: the supervisors)");
    await expect.poll(() => [...help.desk.threads.values()].some(({ card: { title } }) => title.includes("it has waited too long for the first reply")), { timeout: 40_000 }).toBe(true);
    expect(await records()).toEqual([["first", "miss"]]);
    expect(await act("Jonas", "ack")).toMatchObject({ ok: true });
    expect((await card()).buttons[0]).toMatchObject({ id: "take" });
    expect(await act("Jonas", "ack")).toMatchObject({ ok: false, code: "ALREADY_SO" });
    await act("Mara", "reply", "It is on its way.");
    await act("Mara", "resolve");
    await later(0);
    expect(await records()).toEqual([["first", "miss"], ["resolution", "hit"]]);
    expect((await now()).sla?.clocks).toEqual({});
  });

  test("pauses while it is pending, and each later wait has a clock of its own", async () => {
    const { act, help, later, warnings, records, customer, now } = await under(STANDARD);
    await act("Mara", "reply", "Which one?");
    await act("Mara", "pending");
    await later(1_000);
    expect(await warnings()).toEqual([]);
    expect((await now()).sla?.clocks.resolution).toMatchObject({ since: null });
    await help.write("The green one", customer);
    await help.settle();
    expect((await now()).sla?.clocks.next?.dueAt).toEqual(new Date((await now()).waitingSince!.getTime() + 20 * MIN));
    await act("Mara", "reply", "Thank you.");
    await later(0);
    expect(await records()).toEqual([["first", "hit"], ["next", "hit"]]);
  });

  test("is chosen by condition, also when a label comes later, and by word; none takes it off", async () => {
    const { act, now, later, card } = await under(VIP, STANDARD);
    expect((await now()).sla?.policy).toBe("Standard");
    await act("Jonas", "label", "billing");
    expect((await now()).sla).toMatchObject({ policy: "Billing", clocks: { first: { targetMs: 4 * MIN } } });
    expect((await act("Jonas", "sla", "")).notice).toContain("has the service level Billing.\nFirst reply: due");
    expect(await act("Jonas", "sla", "gold")).toMatchObject({ ok: false, code: "NOT_FOUND" });
    await act("Jonas", "sla", "standard");
    await act("Jonas", "unlabel", "billing");
    expect((await now()).sla).toMatchObject({ policy: "Standard", chosen: true });
    await act("Jonas", "sla", "none");
    expect(await now()).toMatchObject({ slaOff: true, slaDueAt: null });
    expect((await now()).sla).toBeUndefined();
    expect((await card()).facts.some(({ label }) => label.endsWith("due"))).toBe(false);
    await later(100);
    await act("Jonas", "sla", "auto");
    expect((await now()).sla).toMatchObject({ policy: "Standard" });
  });

  test("tells and records once, when two look at once and one dies again and again", async () => {
    const { help, id, warnings, records } = await under(STANDARD);
    await help.assembly.stop();
    let writes = 0;
    const dying = new Proxy(store().conversations, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        if (name !== "findOneAndUpdate" && name !== "updateOne") return value.bind(target) as unknown;
        return async (...args: unknown[]) => {
          if (++writes % 3 === 1) throw new Error("died before");
          const done = await (value.apply(target, args) as Promise<unknown>);
          if (writes % 3 === 2) throw new Error("died after");
          return done;
        };
      },
    });
    const mortal = { ...help.core, holder: "a mortal one", store: { ...help.core.store, conversations: dying } };
    for (const minutes of [5.1, 3, 3, 0, 0, 0]) {
      help.clock.advance(minutes * MIN);
      await Promise.all([workSla(mortal).catch(() => undefined), minutes === 0 ? workSla(help.core) : workSla(mortal).catch(() => undefined)]);
    }
    const left = (await store().conversations.findOne({ _id: id }))!.outbox.filter(({ what }) => what.type === "sla").length;
    const said = new Set(await warnings());
    expect((await warnings()).length).toBe(said.size);
    expect(said.size + left).toBeGreaterThan(0);
    expect(await records()).toEqual([["first", "miss"]]);
  });
});
