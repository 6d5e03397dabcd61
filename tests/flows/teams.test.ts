/** Teams: whose queue a conversation waits in, and how that goes with its owner. */
import { describe, expect, test } from "vitest";
import { complete } from "../../src/bridge/commands/complete.ts";
import type { Team } from "../../src/core/model/types.ts";
import { forgetSettings } from "../../src/core/services/inbox-settings.ts";
import { actOutside, oneConversation, sharedStore } from "./verbs-support.ts";

const store = sharedStore();

/** Mara is in Billing and Night shift, Jonas in Field and Night shift; nobody is in Empty. */
async function withTeams() {
  const one = await oneConversation(store());
  const { mara, jonas } = one.help;
  const teams: Team[] = [
    { _id: "t-billing", name: "Billing", memberIds: [mara._id] }, { _id: "t-field", name: "Field", memberIds: [jonas._id] },
    { _id: "t-night", name: "Night shift", memberIds: [mara._id, jonas._id] }, { _id: "t-empty", name: "Empty", memberIds: [] },
  ];
  await store().teams.deleteMany({});
  await store().teams.insertMany(teams);
  forgetSettings(one.help.core);
  return { ...one, card: async () => one.help.desk.threads.get((await one.now()).thread!.id)!.card.facts };
}

describe("assign to a team", () => {
  test("by name, its beginning or the form; the card and the timeline say so", async () => {
    const { act, now, facts, card, help, id } = await withTeams();
    expect(await act("Jonas", "assign", "@billing")).toMatchObject({ ok: true });
    expect(await now()).toMatchObject({ teamId: "t-billing", teamName: "Billing", assigneeId: null });
    expect(await card()).toContainEqual({ label: "Team", value: "Billing" });
    expect(await act("Jonas", "assign", "Billing")).toMatchObject({ ok: false, code: "ALREADY_SO", notice: expect.stringContaining("is with the team Billing already") });
    expect(await act("Jonas", "assign", "night")).toMatchObject({ ok: true });
    const asked = await act("Jonas", "assign");
    expect(asked.form?.fields[0]).toMatchObject({ label: "Agent or team", value: "Night shift" });
    expect(asked.form?.fields[0]?.options?.map((option) => option.label)).toEqual(["Mara", "Jonas", "Billing (team)", "Empty (team)", "Field (team)", "Night shift (team)"]);
    expect(await act("Jonas", asked.form!.id, "", { values: { value: "Field" } })).toMatchObject({ ok: true });
    expect((await now()).teamName).toBe("Field");
    expect((await facts()).map((fact) => fact.type === "team" && fact.toName)).toEqual(["Billing", "Night shift", "Field"]);
    expect((await help.lines("activity", id)).map((line) => line.body)[0]).toBe("Jonas assigned this to the team Billing");
  });

  test("a close name is suggested, and a team without anybody for this inbox is refused", async () => {
    const { act, now } = await withTeams();
    expect(await act("Mara", "assign", "Biling")).toMatchObject({ ok: false, code: "AGENT_UNKNOWN", notice: expect.stringContaining("Did you mean Billing?") });
    expect(await act("Mara", "assign", "Empty")).toMatchObject({ ok: false, code: "NOT_POSSIBLE" });
    expect((await now()).teamId).toBeUndefined();
  });

  test("an owner who is not one of the team loses it; one who is keeps it", async () => {
    const { act, now, facts } = await withTeams();
    await act("Mara", "take");
    await act("Mara", "assign", "night");
    expect(await now()).toMatchObject({ assigneeName: "Mara", teamName: "Night shift" });
    await act("Mara", "assign", "Field");
    expect(await now()).toMatchObject({ assigneeId: null, assigneeName: null, teamName: "Field" });
    expect((await facts()).map((fact) => fact.type)).toEqual(["assigned", "team", "team", "assigned"]);
  });
});

describe("an owner", () => {
  test("of the team keeps it in the team, another one takes it out: by assign, take and the first reply", async () => {
    for (const how of [["assign", "Mara"], ["take", ""], ["reply", "On its way."]] as const) {
      const { act, now } = await withTeams();
      await act("Jonas", "assign", "Billing");
      await act("Mara", how[0], how[1]);
      expect(await now(), how[0]).toMatchObject({ assigneeName: "Mara", teamName: "Billing" });
    }
    for (const how of [["assign", "Jonas"], ["take", ""], ["reply", "On its way."]] as const) {
      const { act, now, facts } = await withTeams();
      await act("Mara", "assign", "Billing");
      await act("Jonas", how[0], how[1]);
      const after = await now();
      expect(after.assigneeName, how[0]).toBe("Jonas");
      expect(after).not.toHaveProperty("teamId");
      expect(after).not.toHaveProperty("teamName");
      expect((await facts()).slice(0, 3).map((fact) => fact.type)).toEqual(["team", "assigned", "team"]);
    }
  });

  test("unassign leaves it in the team's queue, unassign team takes it off that alone", async () => {
    const { act, now } = await withTeams();
    await act("Mara", "assign", "Billing");
    await act("Mara", "take");
    expect(await act("Mara", "unassign")).toMatchObject({ ok: true });
    expect(await now()).toMatchObject({ assigneeId: null, teamName: "Billing" });
    expect(await act("Mara", "unassign")).toMatchObject({ ok: false, code: "ALREADY_SO", notice: expect.stringContaining("/unassign team") });
    await act("Mara", "take");
    expect(await act("Mara", "unassign", "team")).toMatchObject({ ok: true });
    expect(await now()).toMatchObject({ assigneeName: "Mara" });
    expect((await now()).teamId).toBeUndefined();
    expect(await act("Mara", "unassign", "team")).toMatchObject({ ok: false, code: "ALREADY_SO" });
  });

  test("of a team and an owner set at once, one order holds and the owner is one of the team", async () => {
    for (let round = 0; round < 6; round++) {
      const { help, now, act } = await withTeams();
      await act("Mara", "unassign", "team");
      const thread = (await now()).thread!.id;
      await Promise.all([
        help.host.act({ desk: "fake", userId: "Jonas", thread, verb: "take", args: "" }),
        help.host.act({ desk: "fake", userId: "Mara", thread, verb: "assign", args: "Billing" }),
      ]);
      await help.settle();
      const { assigneeName, teamName } = await now();
      expect([["Jonas", undefined], [null, "Billing"]]).toContainEqual([assigneeName, teamName]);
    }
  });
});

describe("lists", () => {
  test("queue and find know teams", async () => {
    const { act, help, now } = await withTeams();
    await act("Mara", "assign", "Field");
    const { number } = await now();
    expect((await actOutside(help, "Mara", "queue", "field")).notice).toContain(`#${number} · `);
    expect((await actOutside(help, "Mara", "queue", "field")).notice).toContain("Field team");
    expect((await actOutside(help, "Jonas", "queue", "mine")).notice).toContain(`#${number} · `);
    expect((await actOutside(help, "Mara", "queue", "mine")).notice).not.toContain(`#${number} · `);
    await store().teams.updateMany({}, { $pull: { memberIds: help.mara._id } });
    forgetSettings(help.core);
    expect((await actOutside(help, "Mara", "queue", "mine")).notice).toContain("You are in no team");
    expect(await actOutside(help, "Mara", "queue", "Feild")).toMatchObject({ ok: false, code: "TEAM_UNKNOWN", notice: expect.stringContaining("Did you mean Field?") });
    expect((await actOutside(help, "Mara", "find", `team:field #${number}`)).notice).toContain("1 conversation:");
    expect((await actOutside(help, "Jonas", "find", `team:mine #${number}`)).notice).toContain("1 conversation:");
    expect((await actOutside(help, "Mara", "find", `team:none #${number}`)).notice).toContain("Nothing fits");
  });

  test("suggestions offer teams where a team may stand", async () => {
    const { help, now, act } = await withTeams();
    const suggested = async (text: string) => (await complete(help.core, { agent: help.mara, conversation: await now(), text })).map((one) => one.text);
    expect(await suggested("/assign fi")).toEqual(["/assign Field"]);
    expect(await suggested("!assign @Ni")).toEqual(["!assign Night shift"]);
    expect(await suggested("/queue ")).toEqual(["/queue mine", "/queue Billing", "/queue Empty", "/queue Field", "/queue Night shift"]);
    expect(await suggested("/find team:ni")).toEqual(['/find team:"Night shift"']);
    expect(await suggested("/unassign ")).toEqual([]);
    await act("Mara", "assign", "Field");
    expect(await suggested("/unassign ")).toEqual(["/unassign team"]);
  });
});
