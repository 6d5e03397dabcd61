/** Core's forms as modals: within Slack's limits whatever they hold, and back again. Limits as the fake checks them (tests/fakes/slack/blocks.ts). */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readButton, buttonElement, OPEN } from "../../src/bridge/slack/acts/buttons.ts";
import { formView, loadingView, readMeta, readValues, sayingView, submissionAnswer } from "../../src/bridge/slack/acts/forms.ts";
import { SHORTCUTS } from "../../src/bridge/slack/acts/menu.ts";
import { verbNamed } from "../../src/core/verbs/table.ts";
import type { Form, FormField } from "../../src/core/ports.ts";
import { checkedView } from "../fakes/slack/blocks.ts";
import { chosen } from "../fakes/slack/inputs.ts";
import type { Json } from "../fakes/slack/types.ts";
import { textOf } from "../support/slack-acts.ts";

const checked = (view: object): Json => { let ids = 0; return checkedView(view, () => `b${++ids}`); };
const form = (fields: FormField[], title = "Snooze #1042"): Form => ({ id: "form.snooze.c1.-.signature", title, fields });
const select = (options: string[], value?: string): FormField =>
  ({ name: "value", label: "Until", kind: "select", required: true, options: options.map((one) => ({ value: one, label: one })), ...(value === undefined ? {} : { value }) });
/** What Slack reports of a view in which nothing was changed but `given`. */
function left(view: Json, given: Record<string, string> = {}) {
  const values: Record<string, Record<string, Json>> = {};
  for (const block of view.blocks as Json[]) {
    const element = block.element as Json;
    values[String(block.block_id)] = { [String(element.action_id)]: chosen(element, given[String(block.block_id)]) };
  }
  return { state: { values } } as Parameters<typeof readValues>[0];
}

describe("a form", () => {
  test("its first values stand in it, and come back when nothing is changed", () => {
    const view = checked(formView(form([select(["1h", "monday"], "monday"), { name: "other", label: "Or another time", kind: "text", required: false, help: "Such as 45m" }]), { thread: "slack:T:C:1.0", seen: 7 }));
    expect(view).toMatchObject({ title: { text: "Snooze #1042" }, submit: { text: "Save" } });
    expect(textOf(view.blocks)).toContain("Such as 45m");
    expect(readValues(left(view))).toEqual({ value: "monday" });
    expect(readValues(left(view, { other: "45m" }))).toEqual({ value: "monday", other: "45m" });
    expect(readMeta(view as { private_metadata: string })).toMatchObject({ form: "form.snooze.c1.-.signature", thread: "slack:T:C:1.0", seen: 7 });
  });

  test("more choices than a list may hold are grouped; choices that Slack can't hold are written", () => {
    const agents = Array.from({ length: 250 }, (_, n) => `Agent ${String(n).padStart(3, "0")}`);
    const many = checked(formView(form([select(agents, "Agent 240")]), {}));
    expect(readValues(left(many))).toEqual({ value: "Agent 240" });
    expect(readValues(left(many, { value: "Agent 007" }))).toEqual({ value: "Agent 007" });
    const long = "x".repeat(151);
    expect(readValues(left(checked(formView(form([select(["a", long])]), {})), { value: long }))).toEqual({ value: long });
  });

  test("a text that is too long for an input is never shown cut, so it can't be saved cut", () => {
    const view = checked(formView(form([{ name: "value", label: "What it should say", kind: "longtext", required: true, value: "x".repeat(3_001) }]), {}));
    expect(JSON.stringify(view)).not.toContain("xxx");
    expect(textOf(view.blocks)).toContain("too long to be edited here");
  });

  test("whatever it holds, Slack takes it", () => {
    const word = fc.string({ unit: "grapheme", maxLength: 400 });
    const field = fc.record({
      label: word, kind: fc.constantFrom("text" as const, "longtext" as const, "select" as const), required: fc.boolean(),
      options: fc.uniqueArray(fc.record({ value: word, label: word }), { maxLength: 130, selector: ({ value }) => value }),
    });
    fc.assert(fc.property(fc.array(field, { minLength: 1, maxLength: 5 }), word, (fields, title) => {
      checked(formView(form(fields.map((one, n) => ({ ...one, name: `f${n}` })), title), {}));
      checked(loadingView(title));
      checked(sayingView(title, title, [{ id: "resolve:--anyway", label: title }], { number: 1 }));
    }), { numRuns: 60 });
  });
});

describe("the answer to a submission", () => {
  const view = { id: "V1", type: "modal", private_metadata: "{}", state: { values: { value: { input: { selected_option: { value: "1h" } } }, other: { input: { value: null } } } } };
  test("nothing to say closes it; a refusal stands at the field that counted; a question comes with its buttons", () => {
    expect(submissionAnswer({ ok: true }, view, { value: "1h" }, "Snooze")).toBeUndefined();
    expect(submissionAnswer({ ok: false, notice: "No." }, view, { value: "1h" }, "Snooze")).toEqual({ response_action: "errors", errors: { value: "No." } });
    expect(submissionAnswer({ ok: false, notice: "No." }, view, { value: "1h", other: "x" }, "Snooze")).toEqual({ response_action: "errors", errors: { other: "No." } });
    const asked = submissionAnswer({ ok: false, notice: "Newer line.", buttons: [{ id: "snooze:1h --anyway", label: "Snooze anyway" }], messageId: "m1" }, view, { value: "1h" }, "Snooze");
    expect(asked).toMatchObject({ response_action: "update" });
    expect(textOf((checked(asked!.view as object)).blocks)).toBe("Newer line.\nSnooze anyway");
    expect(readMeta(asked!.view as { private_metadata: string })).toMatchObject({ messageId: "m1" });
  });
});

describe("a button", () => {
  test("keeps its verb, its arguments and what it is about", () => {
    const element = buttonElement({ id: "snooze:tomorrow 9:00", label: "Tomorrow" }, 2, { thread: "slack:T:C:1.0", messageId: "m1", number: 7, seen: 3 }) as { action_id: string; value: string };
    expect(readButton(element)).toEqual({ verb: "snooze", args: "tomorrow 9:00", thread: "slack:T:C:1.0", messageId: "m1", number: 7, seen: 3 });
  });
  test("without a value of ours it is the verb that it is named after; one that only leads somewhere is none", () => {
    expect(readButton({ action_id: "act:0:resolve", value: "nonsense" })).toEqual({ verb: "resolve", args: "" });
    expect(readButton({ action_id: OPEN })).toBeNull();
  });
});

describe("the message shortcuts", () => {
  test("are ten at most, short enough for the manifest, and each is a verb", () => {
    expect(SHORTCUTS.length).toBeLessThanOrEqual(10);
    expect(new Set(SHORTCUTS.map(({ callbackId }) => callbackId)).size).toBe(SHORTCUTS.length);
    for (const { name, description, verb } of SHORTCUTS) {
      expect(name.length, name).toBeLessThanOrEqual(24);
      expect(description.length, name).toBeLessThanOrEqual(150);
      expect(verbNamed(verb), verb).toBeDefined();
    }
  });
});
