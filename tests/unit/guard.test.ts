import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { guard, readCommand, reasonText, type GuardInput, type GuardVerdict, type HeldReason, type NoteReason } from "../../src/core/model/guard.ts";
import { findPrefix } from "../../src/core/model/guard-prefix.ts";

/** One line of the table: the text, what differs from an agent's plain message in reply mode, and one of the five outcomes. */
interface Case {
  text: string;
  input?: Partial<GuardInput>;
  reply?: string;
  note?: string;
  doubt?: NoteReason;
  body?: string;
  held?: HeldReason;
  also?: HeldReason[];
  command?: string;
  args?: string;
}

const VERBS = new Set("reply r note n send retry retract correct mode take claim assign unassign resolve close reopen pending snooze later label tag find mine queue help link".split(" "));
const plainMessage = (text: string): GuardInput => ({
  text,
  hasFiles: false,
  author: { kind: "agent", mayAnswer: true },
  mode: "reply",
  threadRetired: false,
  mentions: { teammates: 0 },
  isVerb: (word) => VERBS.has(word),
  isGuestVerb: (word) => word === "link" || word === "help",
});

function expected(line: Case): GuardVerdict {
  if (line.reply !== undefined) return { kind: "reply", body: line.reply };
  if (line.note !== undefined) return { kind: "note", body: line.note, plain: true };
  if (line.doubt !== undefined) return { kind: "note", body: line.body ?? line.text.trim(), plain: false, why: line.doubt };
  if (line.held !== undefined) return { kind: "held", body: line.text.trim(), why: line.held, ...(line.also ? { also: line.also } : {}) };
  return { kind: "command", verb: line.command ?? "", args: line.args ?? "" };
}

const table = JSON.parse(readFileSync(new URL("../fixtures/guard/texts.json", import.meta.url), "utf8")) as Case[];

describe("the table of texts", () => {
  test("has at least 150 different lines", () => {
    expect(new Set(table.map((line) => JSON.stringify(line))).size).toBeGreaterThanOrEqual(150);
  });
  test.each(table.map((line) => [JSON.stringify(line), line] as const))("%s", (_, line) => {
    expect(guard({ ...plainMessage(line.text), ...line.input })).toEqual(expected(line));
  });
});

const INVISIBLE = [..."\u200B\u200C\u200D\uFEFF\u00AD\u200E\u200F\u202A\u202B\u202C\u202D\u202E\u2060\u2066\u2069\u061C\u180E\u034F\uFE0E\uFE0F\u3164\u115F\u1160\uFFA0\u2800\u0000\u{E0020}\u{E0061}\u{E0100}"];
const invisibles = fc.array(fc.constantFrom(...INVISIBLE), { maxLength: 4 }).map((list) => list.join(""));
const lead = fc.array(fc.constantFrom(...INVISIBLE, " ", "\n", "\t", "\u00A0", ">", "&gt;", "*", "_", "-", "~", "`"), { maxLength: 8 }).map((list) => list.join(""));
const anyCase = (word: string) =>
  fc.array(fc.boolean(), { minLength: word.length, maxLength: word.length }).map((upper) => [...word].map((letter, i) => (upper[i] ? letter.toUpperCase() : letter)));
const prefix = fc
  .tuple(fc.oneof(anyCase("note"), anyCase("private")), fc.constantFrom("", " ", "\u00A0", "  "), fc.constantFrom(":", "："), invisibles)
  .map(([letters, gap, colon, hidden]) => letters.join(hidden) + hidden + gap + colon);
const sign = fc.tuple(fc.constantFrom("!", "！", "//", "／／", ";;", "；；", "🔒", ":lock:", "/"), invisibles).map(([mark, hidden]) => [...mark].join(mark === ":lock:" ? "" : hidden));
const rest = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom(" hidden", "resolve", "reply hidden", " \u200B"));
const start = fc.oneof(prefix, sign);
const flags = fc.record({
  hasFiles: fc.boolean(),
  late: fc.boolean(),
  ownerConflict: fc.boolean(),
  unseen: fc.boolean(),
  doubleReply: fc.boolean(),
  overtaken: fc.boolean(),
  edit: fc.boolean(),
  threadRetired: fc.boolean(),
  mode: fc.constantFrom("reply" as const, "note-first" as const, "team-only" as const),
  author: fc.record({ kind: fc.constantFrom("agent" as const, "guest" as const, "bot" as const), mayAnswer: fc.boolean() }),
});
const anyText = fc.oneof(fc.string({ unit: "binary" }), fc.tuple(lead, start, rest).map((parts) => parts.join("")), fc.tuple(start, rest).map((parts) => parts.join("")));
const explicit = fc.constantFrom("reply-verb" as const, "send-to-customer" as const);

describe("for any text", () => {
  test("a prefix is never a reply, whatever stands before it", () => {
    fc.assert(
      fc.property(lead, start, rest, fc.boolean(), (before, mark, after, hasFiles) => {
        expect(["note", "command"]).toContain(guard({ ...plainMessage(before + mark + after), hasFiles }).kind);
      }),
      { numRuns: 1000 },
    );
  });
  test("what is sent without an explicit act starts with no prefix", () => {
    fc.assert(
      fc.property(anyText, flags, (text, other) => {
        const verdict = guard({ ...plainMessage(text), ...other });
        if (verdict.kind !== "reply") return;
        const found = findPrefix(verdict.body);
        expect(found === undefined || (found.kind === "slash" && found.quoted)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
  test("a command runs only from raw ASCII ! or / and a verb", () => {
    fc.assert(
      fc.property(anyText, flags, (text, other) => {
        const verdict = guard({ ...plainMessage(text), ...other });
        if (verdict.kind !== "command") return;
        expect(text).toMatch(/^[!/][A-Za-z]+(\s|$)/);
        expect(VERBS.has(verdict.verb)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
  test("an edit never runs a command, and a note's edit is never promoted", () => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.constantFrom("!resolve", "/reply hi", "!R x")), flags, fc.option(explicit, { nil: undefined }), (text, other, act) => {
        const edit = { ...plainMessage(text), ...other, edit: true, ...(act ? { explicit: act } : {}) };
        expect(guard(edit).kind).not.toBe("command");
        expect(guard({ ...edit, editOf: "note" }).kind).toBe("note");
      }),
    );
  });
  test("team-only and note-first never send without an explicit act", () => {
    fc.assert(
      fc.property(anyText, flags, fc.constantFrom("team-only" as const, "note-first" as const), (text, other, mode) => {
        expect(["note", "command"]).toContain(guard({ ...plainMessage(text), ...other, mode }).kind);
      }),
    );
  });
  test("guests, bots and agents who may not answer never send, even explicitly; nor does a retired thread", () => {
    const stranger = fc.constantFrom<Partial<GuardInput>>(
      { author: { kind: "guest", mayAnswer: true } },
      { author: { kind: "bot", mayAnswer: true } },
      { author: { kind: "agent", mayAnswer: false } },
      { threadRetired: true },
    );
    fc.assert(
      fc.property(anyText, stranger, explicit, (text, who, act) => {
        expect(guard({ ...plainMessage(text), ...who, explicit: act, heldFor: ["mention", "owner", "late"] }).kind).toBe("note");
      }),
    );
  });
  test("a mention holds what would go, also by !reply", () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom("<@U1>", "<@!1>", "<@&1>", "<!here>", "<!subteam^S1>", "@everyone", "@here"), fc.string(), (before, mention, after) => {
        const verdict = guard({ ...plainMessage(`${before} ${mention} ${after}`), explicit: "reply-verb" });
        expect(verdict).toMatchObject({ kind: "held", why: "mention" });
      }),
    );
  });
});

test("a command is read as written, for the caller of an edited !reply", () => {
  expect(readCommand("!Reply  Hello\nthere ", plainMessage("").isVerb)).toEqual({ verb: "reply", args: "Hello\nthere" });
  expect(readCommand(" !reply Hello", plainMessage("").isVerb)).toBeUndefined();
  expect(readCommand("!replyHello", plainMessage("").isVerb)).toBeUndefined();
});

test("a long text of nothing but markup and invisible characters is decided at once", () => {
  for (const filler of ["*", "> \n", "\u200B", "> * _", "- `", "( "]) {
    const begun = process.cpuUsage();
    expect(guard(plainMessage(`${filler.repeat(20_000)}> note: hidden`)).kind).toBe("note");
    expect(process.cpuUsage(begun).user).toBeLessThan(1_000_000);
  }
});

test("every reason is a sentence for people", () => {
  for (const sentence of Object.values(reasonText)) expect(sentence).toMatch(/^[A-Z].{30,}[.?]$/);
});
