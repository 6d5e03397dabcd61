/** Templates: what is filled in, what is refused, and that what people are called stays data. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UserError } from "../../src/core/errors.ts";
import { guard, type GuardInput } from "../../src/core/model/guard.ts";
import { checkTemplate, renderTemplate, VARIABLES, type Values, type Variable } from "../../src/core/services/template.ts";
import { isVerb } from "../../src/core/verbs/table.ts";

const TEXTS: Record<string, string> = { greeting: "Hello {{ contact.first_name | default: \"there\" }},\n\nthis is {{ agent.name | default: \"us\" }}.", twice: "{{greeting}} {{greeting}}", loop: "a {{loop}}", deep: "{{twice}}" };
const VALUES: Values = { "contact.name": "Ana Lima", "contact.first_name": "Ana", "agent.name": "Mara", "conversation.number": "1042" };
const render = (text: string, values: Values = VALUES) => renderTemplate(text, values, (code) => Promise.resolve(TEXTS[code] ?? null));
const refusal = async (text: string, values?: Values): Promise<string> => {
  try { return `sent: ${await render(text, values)}`; } catch (error) { if (error instanceof UserError) return `${error.code} ${error.message}`; throw error; }
};

describe("a template", () => {
  test.each([
    ["Hi {{ contact.first_name }}, about #{{conversation.number}}", "Hi Ana, about #1042"],
    ["Mail: {{ contact.email | default: \"none\" }}", "Mail: none"],
    ["{% if contact.email %}We wrote to {{contact.email}}{% else %}Which address?{% endif %}", "Which address?"],
    ["{{ contact.name | upcase | truncate: 5 }}", "AN..."],
    ["{{ greeting }} Bye", "Hello Ana,\n\nthis is Mara. Bye"],
    ["{% raw %}{{ contact.name }}{% endraw %}", "{{ contact.name }}"],
    ["note: not a note", "note: not a note"],
  ])("%j", async (text, sent) => expect(await render(text)).toBe(sent));

  test.each([
    ["{{ contact.nam }}", /^VARIABLE_UNKNOWN There is no variable \{\{contact\.nam\}\}\. Did you mean contact\.name/],
    ["{{ contact.nam | default: 'x' }}", /^VARIABLE_UNKNOWN .*contact\.nam/],
    ["{% if contact.emial %}a{% endif %}", /^VARIABLE_UNKNOWN .*contact\.emial/],
    ["{{ contact.email }}", /^VARIABLE_UNKNOWN \{\{contact\.email\}\} is not known here/],
    ["{{ geeting }}", /^VARIABLE_UNKNOWN There is neither a variable nor a canned response \{\{geeting\}\}/],
    ["{{ contact[agent.name] }}", /^VARIABLE_UNKNOWN/],
    ["{{ contact.name.constructor }}", /^VARIABLE_UNKNOWN/],
    ["{{ __proto__ }}", /^VARIABLE_UNKNOWN/],
    ["{{ contact.name", /^TEMPLATE_BROKEN/],
    ["{% include 'greeting' %}", /^TEMPLATE_BROKEN/], ["{% render 'greeting' %}", /^TEMPLATE_BROKEN/], ["{% layout 'greeting' %}", /^TEMPLATE_BROKEN/],
    ["{% for i in (1..9) %}x{% endfor %}", /^TEMPLATE_BROKEN/], ["{{ contact.name | where_exp: 'a', 'b' }}", /^TEMPLATE_BROKEN/], ["{{ contact.name | raw }}", /^TEMPLATE_BROKEN/],
    ["{{ loop }}", /^TEMPLATE_BROKEN .*within itself/], ["{{ contact.name }}".repeat(1_000), /^TEMPLATE_BROKEN/], ["{{deep}}".repeat(200), /^TEXT_TOO_LONG/],
  ])("%j is refused, and says which", async (text, words) => expect(await refusal(text)).toMatch(words));

  test("that holds texts that hold texts is bounded in what it asks for and in what it comes to", async () => {
    let asked = 0;
    const texts: Record<string, string> = { long: "{{longer}}".repeat(500), longer: "x".repeat(7_000) };
    const textOf = async (code: string) => { asked++; return texts[code] ?? (code.startsWith("outer") ? "{{inner1}}{{inner2}}{{inner3}}" : "x"); };
    const outer = (most: number) => Array.from({ length: most }, (_, i) => `{{outer${i}}}`).join("");
    expect(await renderTemplate(outer(12), VALUES, textOf)).toBe("x".repeat(36));
    asked = 0;
    await expect(renderTemplate(outer(13), VALUES, textOf)).rejects.toMatchObject({ code: "TEMPLATE_BROKEN", message: expect.stringContaining("more than 50 others") });
    expect(asked).toBe(50);
    await expect(renderTemplate("{{long}}".repeat(500), VALUES, textOf)).rejects.toMatchObject({ code: "TEXT_TOO_LONG" });
  });

  test("has variables that the README names", () => {
    const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
    for (const name of Object.keys(VARIABLES)) expect(readme).toContain(`\`${name}\``);
  });

  test("is checked without values: the codes that it names", () => {
    expect(checkTemplate("{{greeting}} {{ contact.name }} {{ bye | upcase }}").toSorted()).toEqual(["bye", "greeting"]);
  });
});

describe("what people are called", () => {
  const hostile = fc.oneof(
    fc.string({ unit: "grapheme" }), fc.string({ unit: "binary" }),
    fc.constantFrom("{{agent.name}}", "{% raw %}", "{{greeting}}", "}} {{ contact.email }}", "@everyone", "<@U123>", "<!here>", "＜＠U1>", "@here", "everyone", "here", "channel", "&lt;!channel", "note: x", "!resolve", "//", "🔒", "a@b.example", "\uE000x\uE001", "\n!note x\n", "<!subteam^S1>", "≮@U1", "é@here", "\u200b", "\u2800"),
  ).chain((one) => fc.tuple(fc.constant(one), fc.constantFrom("", " and ", "\n"), fc.constantFrom("", "@everyone", "{{agent.name}}", "Ana")).map((parts) => parts.join("")));
  const values = fc.record(Object.fromEntries(Object.keys(VARIABLES).map((name) => [name, hostile])) as Record<Variable, fc.Arbitrary<string>>);
  const name = fc.constantFrom(...(Object.keys(VARIABLES) as Variable[]));
  const piece = fc.oneof(
    name.map((one) => `{{ ${one} | default: "there" }}`), name.map((one) => `@{{ ${one} | default: "there" }}`), name.map((one) => `{{ ${one} | default: "there" | downcase }}`),
    fc.constantFrom("Hello", ",", "note:", "!note", "//", "🔒", ";;", "@Mara", "@everyone", "<@U1>", "{{greeting}}", "/resolve", "\n"),
  );
  const template = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(" "));
  const modes = fc.constantFrom<GuardInput["mode"]>("reply", "note-first", "team-only");

  test("never runs, never says what it may not, and never changes what the guard decides", async () => {
    const plain = Object.fromEntries(Object.keys(VARIABLES).map((one) => [one, "Ana"])) as Values;
    const verdict = (text: string, mode: GuardInput["mode"]) => {
      const { kind, ...more } = guard({ text, hasFiles: false, author: { kind: "agent", mayAnswer: true }, mode, threadRetired: false, mentions: { teammates: 0 }, isVerb, explicit: "reply-verb" });
      return [kind, "why" in more ? more.why : undefined];
    };
    const kinds = new Set<string>();
    await fc.assert(fc.asyncProperty(template, values, modes, async (text, given, mode) => {
      const [sent, harmless] = [await render(text, given), await render(text, plain)];
      kinds.add(verdict(harmless, mode)[0]!);
      expect(verdict(sent, mode)).toEqual(verdict(harmless, mode));
      // each line of the template stays one: no value brings a line of its own
      expect(sent.split("\n").length).toBeLessThanOrEqual(harmless.split("\n").length);
    }), { numRuns: 500 });
    expect([...kinds].toSorted()).toEqual(expect.arrayContaining(["held", "reply"]));
  });

  test("stays as it is, braces and all", async () => {
    await fc.assert(fc.asyncProperty(fc.constantFrom("{{agent.name}}", "{% raw %}", "{{greeting}}", "{{ contact.email }}", "{%- if true %}x{% endif %}"), async (value) => {
      expect(await render("Dear {{contact.name}}!", { "contact.name": value, "agent.name": "SECRET", "contact.email": "SECRET" })).toBe(`Dear ${value}!`);
    }));
  });
});
