/** winmail.dat and invitations, whatever stands in them: what was packed comes out, and no bytes break the reader or make it large. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { calendarLine } from "../../src/channels/email/calendar.ts";
import { openTnef, type Tnef } from "../../src/channels/email/tnef.ts";
import { makeTnef } from "../fakes/email/tnef.ts";

const words = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }).filter((text) => !text.includes("\0"));
const files = fc.array(fc.record({ name: words, content: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) }), { maxLength: 5 });
/** Printable text in formatted form: what means something there is written as a code. */
const formatted = (text: string): string => `{\\rtf1\\ansi ${[...text].map((sign) => [...Array(sign.length).keys()].map((i) => `\\u${(sign.charCodeAt(i) << 16) >> 16}?`).join("")).join("")}}`;

test("what was packed comes out", () => {
  fc.assert(fc.property(words, words, files, (title, text, list) => {
    const opened = openTnef(makeTnef({ title, text, files: list }))!;
    expect([opened.title, opened.text, opened.files.map(({ name, content }) => [name, content])]).toEqual([title, text, list.map(({ name, content }) => [name, content])]);
    expect(openTnef(makeTnef({ rtf: formatted(text) }))!.text).toBe(text);
    expect(openTnef(makeTnef({ rtfPlain: formatted(text) }))!.text).toBe(text);
  }), { numRuns: 60 });
});

const total = (one: Tnef): number => one.files.reduce((sum, { content }) => sum + content.length, 0);

test("changed, cut off or made up: an answer, no larger than what came", () => {
  const inner = makeTnef({ title: "Inner", text: "Words", files: [{ name: "a", content: Buffer.alloc(50, 1) }] });
  const base = makeTnef({ title: "Title", text: "Text", html: "<p>x</p>", rtf: formatted("Hello Hello Hello"), files: [{ name: "b.pdf", content: Buffer.alloc(100, 2), type: "application/pdf", shortName: "B.PDF" }, { name: "m", content: Buffer.alloc(0), message: inner }] });
  const numbers = fc.constantFrom(Buffer.alloc(4, 0xff), Buffer.alloc(4), Buffer.from([0xff, 0xff, 0xff, 0x7f]), Buffer.from([2, 1]), Buffer.from([0x1f, 0x10]));
  fc.assert(fc.property(fc.array(fc.tuple(fc.nat(base.length - 1), fc.oneof(numbers, fc.uint8Array({ maxLength: 6 }))), { maxLength: 6 }), fc.nat(base.length), (changes, end) => {
    const bytes = Buffer.from(base);
    for (const [at, change] of changes) Buffer.from(change).copy(bytes, at);
    for (const one of [bytes, bytes.subarray(0, end)]) {
      const opened = openTnef(one);
      if (opened !== null) expect(total(opened)).toBeLessThanOrEqual(one.length * 2);
    }
  }), { numRuns: 1_000 });
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (tail) => { openTnef(Buffer.concat([base.subarray(0, 6), tail])); }), { numRuns: 1_000 });
});

test("thousands of files, mails without end in mails, a text that grows: each has its bound", () => {
  const many = openTnef(makeTnef({ files: Array.from({ length: 3_000 }, (_, i) => ({ name: `${i}`, content: Buffer.from("x") })) }))!;
  expect(many.files).toHaveLength(100);
  let deep = makeTnef({ text: "Innermost" });
  for (let i = 0; i < 30; i++) deep = makeTnef({ title: `${i}`, text: `Level ${i}`, files: [{ name: "m", content: Buffer.alloc(0), message: deep }] });
  expect(openTnef(deep)!.files.map(({ name }) => name)).toEqual(["28.txt", "27.txt", "26.txt"]);
  const grown = openTnef(makeTnef({ rtf: `{\\rtf1 ${"a".repeat(60_000)}}` }))!;
  expect(grown.text).toHaveLength(60_000);
  expect(openTnef(makeTnef({ rtf: `{\\rtf1 ${"{".repeat(5_000)}x` }))!.text).toBe("");
});

test("no calendar breaks its line, or makes it long", () => {
  const pieces = fc.constantFrom("BEGIN:VEVENT\r\n", "END:VEVENT\r\n", "SUMMARY", ":", ";", "DTSTART;TZID=\"a:b\":20240312T100000\r\n", "DTEND:20249999T999999Z\r\n", "DTSTART:00000000\r\n", "\r\n ", "\\n", "METHOD:REPLY\r\n", "ATTENDEE;PARTSTAT=", "\0", "é", "=".repeat(50));
  fc.assert(fc.property(fc.array(fc.oneof(pieces, fc.string({ maxLength: 10 })), { maxLength: 40 }), (parts) => {
    const line = calendarLine(`BEGIN:VEVENT\r\n${parts.join("")}`);
    expect(line).not.toMatch(/[\r\n]/);
    expect(line.length).toBeLessThan(1_000);
  }), { numRuns: 1_000 });
  expect(calendarLine("x".repeat(500_000))).toBe("");
});
