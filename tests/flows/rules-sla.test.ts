/** Rules choose a service level, take it off and give it back to conditions; a rehearsal says so without doing it. */
import { expect, test } from "vitest";
import { rehearse } from "../../src/automation/rules/rehearse.ts";
import { readyNamed } from "../../src/core/services/rules.ts";
import { buildRules } from "../support/rules.ts";
import { sharedStore } from "./verbs-support.ts";

const store = sharedStore();
const SETTINGS = `labels: [{ name: gold }]
sla:
  - { name: Gold, when: "label:gold", firstReply: 10m }
  - { name: Standard, firstReply: 1h }
rules:
  - { name: Chooses, on: message created, when: 'kind:incoming "vip"', steps: [{ do: sla, with: gold }] }
  - { name: Takes off, on: message created, when: 'kind:incoming "partner"', steps: [{ do: sla, with: none }] }
  - { name: Gives back, on: message created, when: 'kind:incoming "usual"', steps: [{ do: sla, with: auto }] }
`;

test("a rule chooses, takes off and gives back, once each; what is so already is said to be", async () => {
  const { help, apply, write, runs, timeline } = await buildRules(store(), "");
  expect((await apply(SETTINGS)).faults).toEqual([]);
  const customer = await write("Hello");
  const level = async () => { const { sla, slaOff } = await help.conversation(customer); return [sla?.policy, sla?.chosen === true, slaOff === true]; };
  expect(await level()).toEqual(["Standard", false, false]);
  await write("I am a vip", customer);
  expect(await level()).toEqual(["Gold", true, false]);
  await write("still a vip", customer);
  expect((await rehearse(help.core, await readyNamed(help.core, "Chooses"), 1)).held.map(({ would }) => would)).toEqual([["the service level gold (already so)"], ["the service level gold (already so)"]]);
  expect((await rehearse(help.core, await readyNamed(help.core, "Takes off"), 1)).held).toEqual([]);
  await write("I am a partner", customer);
  expect(await level()).toEqual([undefined, false, true]);
  await write("as usual", customer);
  expect(await level()).toEqual(["Standard", false, false]);
  expect((await timeline(customer)).filter((line) => line.includes("service level"))).toEqual([
    "Rule “Chooses” set the service level to Gold", "Rule “Takes off” took this off its service level", "Rule “Gives back” set the service level to Standard",
  ]);
  expect((await runs(customer)).map(({ steps }) => steps.map(({ outcome }) => outcome))).toEqual([["done"], ["already so"], ["done"], ["done"]]);
});

test("a service level that there is not is a fault of the file, by what it names or what is stored", async () => {
  const { apply } = await buildRules(store(), "");
  expect((await apply(SETTINGS.replace("with: gold", "with: gould"))).faults.map(({ reason }) => reason)).toEqual(["There is no service level gould. Did you mean Gold?"]);
  await apply(SETTINGS);
  const rule = (name: string) => `rules:\n  - { name: Chooses, on: message created, steps: [{ do: sla, with: ${name} }] }\n`;
  expect((await apply(rule("Standard"))).faults).toEqual([]);
  expect((await apply(rule("Silver"))).faults.map(({ reason }) => reason)).toEqual([expect.stringMatching(/^There is no service level Silver\./)]);
});
