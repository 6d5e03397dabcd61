/** Whatever core asks for fits into Discord's limits, and comes back as it was asked. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { customId, readCustomId } from "../../src/bridge/discord/acts/buttons.ts";
import { commandSet, shapeOf, typedText } from "../../src/bridge/discord/acts/commands.ts";
import { modalOf, readModal, sayModal, selectRows } from "../../src/bridge/discord/acts/forms.ts";
import { Interaction } from "../../src/bridge/discord/acts/payload.ts";
import { sayingBody, shownText } from "../../src/bridge/discord/acts/words.ts";
import type { Form, FormField } from "../../src/core/ports.ts";
import { verbNamed, verbs } from "../../src/core/verbs/table.ts";
import { checkComponents } from "../fakes/discord/components.ts";
import { FormCheck } from "../fakes/discord/errors.ts";
import { checkModal, fill } from "../fakes/discord/modals.ts";
import { objects, type Json } from "../fakes/discord/types.ts";
import { World } from "../fakes/discord/world.ts";

const hex = (sign: string) => sign.repeat(24);
const id = fc.stringMatching(/^[0-9a-f]{24}$/);
const signature = fc.stringMatching(/^[A-Za-z0-9_-]{43}$/);
const text = (max: number) => fc.string({ unit: "grapheme", maxLength: max });

describe("a component's id", () => {
  test("says what it does and what it is about, in 100 characters", () => {
    const about = fc.record({ conversation: id, messageId: id, number: fc.nat(), seen: fc.nat() }, { requiredKeys: [] });
    fc.assert(fc.property(fc.string({ minLength: 1, maxLength: 40 }).filter((verb) => !verb.startsWith("!") && !verb.startsWith("form.")), fc.nat(99), about, (verb, place, subject) => {
      const packed = customId(verb, place, subject);
      if (packed === null) return;
      expect(packed.length).toBeLessThanOrEqual(100);
      expect(readCustomId(packed)).toEqual({ id: verb, ...subject });
    }));
  });

  test("holds every form of every verb, with its message and what its author saw", () => {
    fc.assert(fc.property(fc.constantFrom(...verbs.map(({ name }) => name)), id, fc.oneof(id, fc.constant("-")), signature, fc.nat(99_999), (verb, conversation, message, signed, seen) => {
      const form = `form.${verb}.${conversation}.${message}.${signed}`;
      expect(readCustomId(customId(form, 39, { seen, messageId: hex("a"), number: 1042 })!)).toEqual({ id: form, seen });
    }));
  });

  test("is none of ours when it is another's, or too long", () => {
    expect(["", "take", "tl", "tl1|take", "constructor", "|||"].map(readCustomId)).toEqual([null, null, null, null, null, null]);
    expect(customId("x".repeat(98), 0)).toBeNull();
  });
});

describe("commands", () => {
  test("each verb has its argument, its flags and its conversation", () => {
    expect(shapeOf(verbNamed("take")!)).toEqual({ texts: [], flags: ["anyway"] });
    expect(shapeOf(verbNamed("snooze")!)).toMatchObject({ texts: [{ name: "until", free: false }], flags: ["anyway"] });
    expect(shapeOf(verbNamed("correct")!)).toMatchObject({ texts: [{ name: "text", free: true }], flags: [] });
    expect(shapeOf({ name: "x", usage: "[desk] [hand-over note]" }).texts).toMatchObject([{ name: "desk", free: false }, { name: "note", free: true }]);
    const withMacro = { name: "resolve", usage: "[--with macro] [--anyway]" };
    expect(shapeOf(withMacro)).toEqual({ texts: [{ name: "with", hint: "macro", free: false, flag: "--with" }], flags: ["anyway"] });
    expect(typedText(withMacro, [{ name: "with", type: 3, value: "Refund sent" }, { name: "anyway", type: 5, value: true }]).args).toBe("--with Refund sent --anyway");
    expect(typedText({ name: "x", usage: "[desk] [hand-over note]" }, [{ name: "note", type: 3, value: "please call" }, { name: "desk", type: 3, value: "Billing" }]).args).toBe("Billing please call");
    expect(typedText(verbNamed("schedule")!, [{ name: "when", type: 3, value: "2h" }, { name: "text", type: 3, value: "Two hours have gone" }])).toMatchObject({ args: "2h\nTwo hours have gone" });
    expect(typedText(verbNamed("snooze")!, [{ name: "until", type: 3, value: " 2h " }, { name: "anyway", type: 5, value: true }, { name: "conversation", type: 3, value: "1042" }])).toEqual({ args: "2h --anyway", number: 1042, badNumber: false });
    expect(typedText(verbNamed("resolve")!, [{ name: "conversation", type: 3, value: "the first" }])).toMatchObject({ number: null, badNumber: true });
  });

  test("all of them are there once, within Discord's numbers", () => {
    const set = commandSet(verbs);
    expect(set.filter(({ type }) => type === 1).length).toBeLessThanOrEqual(100);
    expect(set.filter(({ type }) => type === 3).length).toBeLessThanOrEqual(15);
    expect(new Set(set.map(({ type, name }) => `${type} ${name}`)).size).toBe(set.length);
    for (const { name } of verbs) expect(set.some((command) => command.type === 1 && command.name === name), name).toBe(true);
  });
});

const option = fc.record({ value: text(110), label: text(120) });
const field = (name: string): fc.Arbitrary<FormField> => fc.record({
  name: fc.constant(name), label: text(60), kind: fc.constantFrom("text" as const, "longtext" as const, "select" as const), required: fc.boolean(),
  value: text(40), help: text(200), options: fc.array(option, { maxLength: 30 }),
}, { requiredKeys: ["name", "label", "kind", "required"] });
const form: fc.Arbitrary<Form> = fc.integer({ min: 1, max: 6 }).chain((count) => fc.record({
  id: fc.constant(`form.snooze.${hex("a")}.${hex("b")}.${"s".repeat(43)}`), title: text(80), fields: fc.tuple(...Array.from({ length: count }, (_, at) => field(at === 0 ? "value" : `more${at}`))),
}));

describe("forms", () => {
  test("any form is a window that Discord takes, or none", () => {
    fc.assert(fc.property(form, (asked) => {
      const modal = modalOf(asked, { seen: 5 });
      expect(modal === null).toBe(asked.fields.length > 5);
      if (modal !== null) checkModal(modal as object as Json);
    }));
  });

  test("any choice is rows of selects that Discord takes, or none", () => {
    fc.assert(fc.property(fc.array(option, { maxLength: 120 }), text(160), (options, label) => {
      const rows = selectRows({ id: `form.assign.${hex("a")}.-.${"s".repeat(43)}`, title: "Assign", fields: [{ name: "value", label, kind: "select", required: true, options }] });
      const check = new FormCheck();
      if (rows !== null) checkComponents(check, sayingBody("Assign", rows).components as Json[], true, []);
      check.check();
    }));
  });

  test("what a person fills in comes back by field, and what is empty is left out", () => {
    const modal = sayModal("reply", { seen: 7, number: 1042 }) as Json;
    const { components } = fill(new World(), modal, { text: "Hello\nAna", next: ["snooze"], until: "" }, () => { throw new Error("There are no files."); });
    const snowflake = "100000000000000000";
    const it = Interaction.parse({ id: snowflake, application_id: snowflake, token: "t", type: 5, user: { id: snowflake }, data: { custom_id: modal.custom_id, components } });
    expect(readCustomId(String(modal.custom_id))).toEqual({ id: "say:reply", seen: 7, number: 1042 });
    expect(it.type === 5 && readModal(it)).toEqual({ text: "Hello\nAna", next: "snooze" });
    expect(objects((sayModal("note", {}) as Json).components)).toHaveLength(2);
  });

  test("our words fit and say what they say, whatever stands in them", () => {
    fc.assert(fc.property(fc.string({ unit: "grapheme", maxLength: 5_000 }), (words) => {
      const shown = shownText(words, 4_000);
      expect(shown.length).toBeGreaterThan(0);
      expect(shown.length).toBeLessThanOrEqual(4_000);
    }), { numRuns: 60 });
    expect(shownText("**bold** <@1> [a](b)", 4_000)).toContain("\\*\\*bold");
  });
});
