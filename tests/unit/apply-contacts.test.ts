/** What a settings file says of contacts: attributes, and what an inbox hides. */
import { expect, onTestFinished, test } from "vitest";
import { settingsKinds } from "../../src/boot/settings-kinds.ts";
import { ATTRIBUTES_ID } from "../../src/core/services/attributes.ts";
import { createSecrets } from "../../src/core/services/secrets.ts";
import { applySettings } from "../../src/core/settings-file/apply.ts";
import { lendStore } from "../support/lent-store.ts";

async function installation() {
  const { store, giveBack } = await lendStore();
  onTestFinished(giveBack);
  const deps = { store, clock: { now: () => new Date() }, secrets: createSecrets("the key of this installation"), ...settingsKinds };
  return { store, apply: (text: string) => applySettings(deps, text, {}) };
}
const fileWith = (attributes: string, hide = "") => `
desks: [{ name: Playground, kind: playground, channel: support }]
inboxes: [{ name: Website, channel: widget, key: demo, allowedOrigins: ["*"]${hide} }]
attributes:
${attributes}
`;
const PLAN = "  - { key: plan, name: Plan, type: list, values: [Free, Pro], onCard: true }";

test("attributes and hideUntilTaken are stored, changed, and left alone the second time", async () => {
  const { store, apply } = await installation();
  const stored = async () => (await store.settings.findOne({ _id: ATTRIBUTES_ID }))?.value;
  expect((await apply(fileWith(`${PLAN}\n  - { key: seats }`, ", hideUntilTaken: [name, email]"))).changes).toContain("Attributes: plan, seats");
  expect(await stored()).toEqual([{ key: "plan", name: "Plan", type: "list", values: ["Free", "Pro"], onCard: true }, { key: "seats", name: "seats", type: "text" }]);
  expect((await store.inboxes.findOne({ name: "Website" }))!.settings.hideUntilTaken).toEqual(["name", "email"]);
  expect(await apply(fileWith(`${PLAN}\n  - { key: seats }`, ", hideUntilTaken: [name, email]"))).toEqual({ changes: [], faults: [] });
  expect((await apply(fileWith(PLAN, ", hideUntilTaken: []"))).changes).toEqual(["Inbox Website: hideUntilTaken changed", "Attributes: plan"]);
});

test.each([
  ["  - { key: Plan }", "must be small letters"], ["  - { key: email }", "can't be called email"], ["  - { key: a }\n  - { key: a }", "stands here twice"], ["  - { key: a, type: list }", "a list needs the values"],
  ["  - { key: a, type: colour }", "type"], [Array.from({ length: 6 }, (_, n) => `  - { key: k${n}, onCard: true }`).join("\n"), "5 attributes at most"],
])("%s is refused, and nothing is changed", async (attributes, words) => {
  const { store, apply } = await installation();
  const { changes, faults } = await apply(fileWith(attributes));
  expect(changes).toEqual([]);
  expect(faults.map(({ reason }) => reason).join()).toContain(words);
  expect(await store.inboxes.countDocuments({})).toBe(0);
});
