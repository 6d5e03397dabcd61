/** Routing and service levels in the settings file: what is stored, and what is said of mistakes. */
import { expect, onTestFinished, test } from "vitest";
import { createSecrets } from "../../src/core/services/secrets.ts";
import { SLA_ID } from "../../src/core/services/inbox-settings.ts";
import { applySettings } from "../../src/core/settings-file/apply.ts";
import { settingsKinds } from "../../src/boot/settings-kinds.ts";
import { lendStore } from "../support/lent-store.ts";

async function installation() {
  const { store, giveBack } = await lendStore();
  onTestFinished(giveBack);
  const deps = { store, clock: { now: () => new Date() }, secrets: createSecrets("the key of this installation"), ...settingsKinds };
  return { store, apply: (text: string) => applySettings(deps, text, {}) };
}

const FILE = `
agents: [{ name: Mara, email: mara@example.com, skills: [German], capacity: { widget: 2, all: 4 } }]
desks: [{ name: Playground, kind: playground, channel: support }]
labels: [{ name: billing }]
teams: [{ name: Billing, members: [mara@example.com], routing: balanced }]
inboxes:
  - { name: Website, channel: widget, key: demo, allowedOrigins: ["*"], routing: { mode: skills, needs: [{ skill: german, when: "language:german" }], queueMessage: "Number {{position}}" } }
sla:
  - { name: Standard, when: "label:billing", firstReply: 15m, resolution: 2d, hours: working, supervisors: Playground }
`;

test("is stored as it reads, and again changes nothing; manual and an empty list switch it off", async () => {
  const { store, apply } = await installation();
  expect((await apply(FILE)).faults).toEqual([]);
  expect(await store.agents.findOne({})).toMatchObject({ skills: ["german"], capacity: { widget: 2, all: 4 } });
  expect(await store.teams.findOne({})).toMatchObject({ routing: { mode: "balanced" } });
  expect((await store.inboxes.findOne({}))!.settings.routing).toEqual({ mode: "skills", needs: [{ skill: "german", when: "language:german" }], queueMessage: "Number {{position}}" });
  expect((await store.settings.findOne({ _id: SLA_ID }))!.value).toMatchObject([{ name: "Standard", targets: { first: 900_000, resolution: 172_800_000 }, working: true, pauseOn: ["pending", "snoozed"], supervisorsId: (await store.deskTargets.findOne({}))!._id }]);
  expect(await apply(FILE)).toEqual({ faults: [], changes: [] });
  expect((await apply("inboxes: [{ name: Website, channel: widget, key: demo, allowedOrigins: [\"*\"], routing: manual }]\nsla: []")).changes).toEqual(["Inbox Website: routing changed", "Service levels: none"]);
  expect((await store.inboxes.findOne({}))!.settings.routing).toEqual({ mode: "manual" });
});

test.each([
  ["a channel that there is not", "capacity: { widget: 2", "capacity: { wigdet: 2", /There is no channel wigdet\. Did you mean widget/],
  ["a skill that nobody has", "skill: german,", "skill: germn,", /No active agent has the skill germn.*Did you mean german/],
  ["a condition that can't be read", "language:german", "langage:german", /langage/],
  ["needs without the mode for them", "mode: skills", "mode: balanced", /needs is for the mode skills/],
  ["a mode that there is not", "routing: balanced", "routing: fair", /mode must be manual or round-robin or balanced or skills/],
  ["a length of time", "firstReply: 15m", "firstReply: soon", /firstReply must be a length of time/],
  ["no target", "firstReply: 15m, resolution: 2d, ", "", /needs firstReply, nextReply or resolution/],
  ["a desk that there is not", "supervisors: Playground", "supervisors: Playgrund", /no desk named Playgrund\. Did you mean Playground/],
  ["a label in a condition", "label:billing", "label:biling", /no label "biling"/],
])("%s is told and changes nothing", async (_what, right, wrong, reason) => {
  const { store, apply } = await installation();
  const { faults, changes } = await apply(FILE.replace(right, wrong));
  expect(faults.map((fault) => fault.reason).join("\n")).toMatch(reason);
  expect(changes).toEqual([]);
  expect(await store.agents.countDocuments()).toBe(0);
});
