/** What an inbox wants to know when a conversation is resolved. */
import { expect, test } from "vitest";
import { forgetSettings } from "../../src/core/services/inbox-settings.ts";
import { resolve } from "../../src/core/services/set-status.ts";
import { oneConversation, sharedStore } from "./verbs-support.ts";

const store = sharedStore();
const RULE = { labels: ["billing", "bug"], fields: [{ key: "outcome", name: "Outcome", values: ["solved", "refused"] }, { key: "order", name: "Order number" }] };

async function asking(rule: typeof RULE | null) {
  const one = await oneConversation(store());
  await store().inboxes.updateMany({}, { $set: { "settings.atResolve": rule } });
  forgetSettings(one.help.core);
  return one;
}

test("without it an agent is told what is missing and gets a form; what is filled in resolves in one step", async () => {
  const { act, now, facts, help } = await asking(RULE);
  const asked = await act("Jonas", "resolve");
  expect(asked).toMatchObject({ notice: expect.stringContaining("was not resolved. This inbox asks for one of the labels billing, bug; Outcome (solved, refused); Order number first."), buttons: [{ id: "resolve:label=billing" }, { id: "resolve:label=bug" }] });
  expect(asked.form?.fields.map(({ label, kind }) => [label, kind])).toEqual([["Label", "select"], ["Outcome", "select"], ["Order number", "text"]]);
  expect((await now()).status).toBe("open");
  expect(await act("Jonas", asked.form!.id, "", { values: { value: "label=bug", outcome: "solved", order: "A-17; x" } })).toMatchObject({ ok: true });
  expect(await now()).toMatchObject({ status: "resolved", labels: ["bug"], disposition: { outcome: "solved", order: "A-17  x" } });
  expect((await facts()).map(({ type }) => type)).toEqual(["labelled", "status"]);
  expect([...help.desk.threads.values()].at(-1)!.card.facts).toContainEqual({ label: "Outcome", value: "solved" });
});

test("typed behind the verb, a press at a time or by a macro: nothing is resolved that says too little", async () => {
  const { act, now } = await asking({ ...RULE, fields: RULE.fields.slice(0, 1) });
  expect(await act("Mara", "resolve", "label=bugs; outcome=solved")).toMatchObject({ ok: false, code: "BAD_TEXT", notice: expect.stringContaining("Did you mean bug?") });
  expect(await act("Mara", "resolve", "reason=none")).toMatchObject({ ok: false, code: "BAD_TEXT" });
  const half = await act("Mara", "resolve", "label=billing");
  expect(half.form?.fields.map(({ label }) => label)).toEqual(["Outcome"]);
  await act("Mara", "label", "billing");
  expect(await act("Mara", "resolve", "outcome=Refused")).toMatchObject({ ok: true });
  expect(await now()).toMatchObject({ status: "resolved", disposition: { outcome: "refused" } });
});

test("what a program resolves is not asked, and an inbox without a rule asks nobody", async () => {
  const { help, now } = await asking(RULE);
  await resolve(help.core, { conversation: await now(), actor: { type: "system", name: "Threadline" } });
  expect((await now()).status).toBe("resolved");
  const other = await asking(null);
  expect(await other.act("Jonas", "resolve")).toMatchObject({ ok: true });
  expect((await other.now()).status).toBe("resolved");
});
