/** Tables: what is written is read again, whatever stands in a cell, and no cell is a formula in a spreadsheet. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { csvLine, readCsv, unguarded } from "../../src/core/model/csv.ts";

async function* cut(text: string, size = 7): AsyncGenerator<string> { for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size); }
async function read(pieces: AsyncIterable<string>) { const rows = []; for await (const row of readCsv(pieces)) rows.push(row); return rows; }
const cellsOf = async (text: string, size?: number) => (await read(cut(text, size))).map(({ cells }) => cells);

test.each<[name: string, text: string, cells: string[][]]>([
  ["plain", "a,b\r\n1,2\r\n", [["a", "b"], ["1", "2"]]], ["no end of line", "a,b\n1,2", [["a", "b"], ["1", "2"]]], ["old line ends", "a,b\r1,2\r", [["a", "b"], ["1", "2"]]],
  ["semicolons", "a;b\n1,5;2\n", [["a", "b"], ["1,5", "2"]]], ["tabs", "a\tb\n1\t2\n", [["a", "b"], ["1", "2"]]], ["byte order mark", "\uFEFFa,b\n", [["a", "b"]]],
  ["quotes", 'a,b\n"x, ""y""\nz",2\n', [["a", "b"], ['x, "y"\nz', "2"]]], ["empty cells and lines", "a,b\n,\n\n1,\n", [["a", "b"], ["1", ""]]], ["quote inside", 'a,b\n5" pipe,2\n', [["a", "b"], ['5" pipe', "2"]]],
  ["no table", "", []],
])("%s", async (_name, text, cells) => {
  for (const size of [4, 5, 1_000]) expect(await cellsOf(text, size)).toEqual(cells);
});

test("rows know the line that they begin in", async () => {
  expect((await read(cut('a\n"x\ny"\nz\n'))).map(({ line }) => line)).toEqual([1, 2, 4]);
});

test.each([['a\n"open', "never closed"], ['a\n"x"y\n', "something stands between"], [`a\n${"x".repeat(20_001)}`, "more than 20,000"], [`${",".repeat(200)}\n`, "more than 200 columns"]])("%j can't be read", async (text, words) => {
  await expect(cellsOf(text, 100)).rejects.toThrow(words);
});

test("whatever stands in cells comes back, and none begins as a formula does", async () => {
  const cell = fc.oneof(fc.string({ maxLength: 12 }), fc.string({ unit: "grapheme", maxLength: 8 }), fc.constantFrom("=1+1", "+49 30 123", "-2", "@ana", "'=x", "''+1", "\t=1", "a,b", 'say "hi"', "two\nlines", ";", ""));
  await fc.assert(fc.asyncProperty(fc.array(fc.array(cell, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 4 }), async (table) => {
    const text = csvLine(["first", "column"]) + table.map((cells) => csvLine(cells)).join("");
    const rows = (await cellsOf(text, 1_000)).slice(1);
    for (const row of rows) for (const written of row) expect(written).not.toMatch(/^[=+\-@\t\r]/);
    expect(rows.map((cells) => cells.map(unguarded))).toEqual(table.filter((cells) => cells.some((one) => one !== "")));
  }), { numRuns: 300 });
});
