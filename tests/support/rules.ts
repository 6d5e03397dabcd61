/** A core in which given rules hold, and customers who write to it. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { settingsKinds } from "../../src/boot/settings-kinds.ts";
import { forgetSettings } from "../../src/core/services/inbox-settings.ts";
import { applySettings } from "../../src/core/settings-file/apply.ts";
import type { Store } from "../../src/core/store/store.ts";
import { FakeDesk } from "../fakes/fake-desk.ts";
import { buildTestCore, type TestCoreOptions } from "./core.ts";

/** Its threads live as long as the stores of one process. */
export const rulesDesk = new FakeDesk("fake");

let customers = 0;
/** @param yaml the list under `rules:`; "" for none */
export async function buildRules(store: Store, yaml: string, options: TestCoreOptions = {}) {
  const help = await buildTestCore({ store, desk: rulesDesk, ...options });
  const apply = async (text: string) => {
    const result = await applySettings({ store, clock: help.clock, secrets: help.core.secrets, ...settingsKinds }, text, {});
    forgetSettings(help.core);
    return result;
  };
  const { faults } = await apply(`rules:\n${yaml || "  []"}\n`);
  expect(faults).toEqual([]);
  const customer = () => `someone-${++customers}-${Math.random().toString(36).slice(2, 8)}`;
  const write = async (text: string, address = customer()) => {
    await help.write(text, address);
    await help.settle();
    return address;
  };
  const runs = async (address: string) => store.ruleRuns.find({ conversationId: (await help.conversation(address))._id }).sort({ at: 1, place: 1 }).toArray();
  const timeline = async (address: string) => (await help.lines("activity", (await help.conversation(address))._id)).map(({ body }) => body);
  const said = async (address: string) => (await help.lines("outgoing", (await help.conversation(address))._id)).map(({ body }) => body);
  return { help, apply, customer, write, runs, timeline, said };
}
/** Looks again and again until it holds, 40 s at most; answers what it saw last. */
export async function until<T>(look: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  for (const end = Date.now() + 40_000; ; await sleep(30)) {
    const value = await look();
    if (holds(value) || Date.now() > end) return value;
  }
}

/** Hears a refund and does four things. */
export const REFUNDS = `  - name: Refunds
    on: message created
    when: 'kind:incoming "refund"'
    steps: [{ do: label, with: billing }, { do: priority, with: high }, { do: reply, with: "We look into it, {{contact.first_name}}." }, { do: note, with: Check the order }]`;
