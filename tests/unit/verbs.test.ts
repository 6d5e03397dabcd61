/** The verb table and what reads it: words, numbers, flags, forms. */
import { describe, expect, test } from "vitest";
import { isFormId, makeFormId, readFormId } from "../../src/bridge/commands/forms.ts";
import { parseCommand, takeNumber } from "../../src/bridge/commands/parse.ts";
import type { Core } from "../../src/core/core.ts";
import { UserError } from "../../src/core/errors.ts";
import { closeNames } from "../../src/core/model/close-names.ts";
import { createSecrets } from "../../src/core/services/secrets.ts";
import { isVerb, verbNamed, verbs } from "../../src/core/verbs/table.ts";

const code = (act: () => unknown): string => {
  try { act(); } catch (error) { if (error instanceof UserError) return `${error.code}: ${error.message}`; throw error; }
  return "no error";
};

describe("the table", () => {
  test("has each word once, in lower case, and every verb of the product", () => {
    const words = verbs.flatMap((verb) => [verb.name, ...verb.aliases]);
    expect(new Set(words).size).toBe(words.length);
    for (const word of words) expect(word).toMatch(/^[a-z][a-z-]*$/);
    for (const name of ["reply", "note", "take", "assign", "unassign", "resolve", "reopen", "pending", "snooze", "label", "unlabel", "priority", "find", "mine", "queue", "contact", "history", "canned", "macro", "transfer", "mode", "send", "retry", "retract", "correct", "delivery", "help", "health"]) {
      expect(verbNamed(name)?.name, name).toBe(name);
    }
  });

  test("knows aliases in any case, and nothing else", () => {
    expect(["R", "n", "Claim", "close", "later", "tag", "search", "who", "c", "m"].map((word) => verbNamed(word)?.name)).toEqual(["reply", "note", "take", "resolve", "snooze", "label", "find", "contact", "canned", "macro"]);
    expect(["", "constructor", "__proto__", "repl", "reply ", "ｒeply"].filter(isVerb)).toEqual([]);
  });

  test("explains each verb in one sentence", () => {
    for (const verb of verbs) expect(verb.help, verb.name).toMatch(/^[A-Z].+[.".]$/);
  });
});

describe("text", () => {
  test.each([
    ["/resolve #1042", { verb: "resolve", args: "#1042" }],
    ["!R hello  there ", { verb: "r", args: "hello  there" }],
    ["snooze 2h", { verb: "snooze", args: "2h" }],
    ["/note two\nlines", { verb: "note", args: "two\nlines" }],
  ])("%j is read", (text, command) => expect(parseCommand(text)).toEqual(command));

  test.each([["/resolv #1", /VERB_UNKNOWN: There is no verb "resolv"\. Did you mean resolve/], ["", /Write a verb/], ["/ resolve", /VERB_UNKNOWN/], ["/reply,now", /VERB_UNKNOWN/]])("%j is refused", (text, words) => expect(code(() => parseCommand(text))).toMatch(words));

  test.each([
    ["#1042", { number: 1042, rest: "" }], ["1042 tomorrow 9:00", { number: 1042, rest: "tomorrow 9:00" }], ["#1042\nhello", { number: 1042, rest: "hello" }],
    ["2h", null], ["#10a", null], ["", null], ["hello #1042", null],
  ])("the number of %j", (args, number) => expect(takeNumber(args)).toEqual(number));
});

describe("form ids", () => {
  const core = { secrets: createSecrets("a secret of sixteen or more") } as Core;
  const other = { secrets: createSecrets("another secret, as long as it") } as Core;
  const subject = { verb: "assign", conversationId: "c1", messageId: null };

  test("carry what they are about", () => {
    const id = makeFormId(core, subject);
    expect(isFormId(id)).toBe(true);
    expect(readFormId(core, id)).toEqual(subject);
    expect(readFormId(core, makeFormId(core, { verb: "delivery", conversationId: null, messageId: "m1" }))).toEqual({ verb: "delivery", conversationId: null, messageId: "m1" });
  });

  test.each([
    ["another key", makeFormId(other, subject)], ["another verb", makeFormId(core, subject).replace("assign", "resolve")], ["another conversation", makeFormId(core, subject).replace(".c1.", ".c2.")],
    ["no signature", "form.assign.c1.-."], ["nothing", "form."], ["one dot", "form.x"],
  ])("of %s are refused", (_what, id) => expect(code(() => readFormId(core, id))).toMatch(/^FORM_UNKNOWN/));
});

describe("close names", () => {
  test.each([
    ["resolv", ["resolve", "reply"], ["resolve"]], ["opne", ["open", "pending"], ["open"]], ["bill", ["billing", "bug"], ["billing"]], ["zzz", ["open"], []], ["", ["open"], []],
  ])("of %j", (word, names, close) => expect(closeNames(word, names)).toEqual(close));
});
