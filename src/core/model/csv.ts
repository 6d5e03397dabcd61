/** Tables as text, after RFC 4180; a cell that a spreadsheet would take for a formula is written with an apostrophe before it. */

/** Longer than this is no cell but a quotation mark that was never closed. */
const CELL_CHARS = 20_000;
const CELLS = 200;

export interface CsvRow { /** Of its first character in the text, from 1. */ line: number; cells: string[] }
/** The text can't be cut into cells from here on. */
export class CsvFault extends Error {
  constructor(readonly line: number, reason: string) {
    super(`Line ${line}: ${reason}`);
    this.name = "CsvFault";
  }
}

const separatorOf = (text: string): string => {
  const first = text.replace(/"[^"]*"/g, "").split(/[\r\n]/, 1)[0] ?? "";
  const count = (sign: string) => first.split(sign).length - 1;
  return [",", ";", "\t"].toSorted((a, b) => count(b) - count(a))[0]!;
};

/** Rows with a cell at least, quotation marks taken off. What separates cells (comma, semicolon, tab) is told from the first line. @throws {CsvFault} */
export async function* readCsv(pieces: AsyncIterable<string>): AsyncGenerator<CsvRow> {
  let separator = "", cell = "", cells: string[] = [], line = 1, from = 1;
  let state: "plain" | "quoted" | "closed" = "plain";
  let wasReturn = false, begun = false;
  const endCell = () => {
    cells.push(cell);
    if (cells.length > CELLS) throw new CsvFault(from, `there are more than ${CELLS} columns.`);
    cell = "";
    state = "plain";
  };
  for await (const piece of pieces) {
    let text = piece;
    if (!begun) {
      text = text.replace(/^\uFEFF/, "");
      separator = separatorOf(text);
      begun = true;
    }
    for (const sign of text) {
      if (state === "quoted") {
        if (sign === '"') state = "closed";
        else {
          cell += sign;
          if (sign === "\n") line++;
        }
        if (cell.length > CELL_CHARS) throw new CsvFault(from, `a cell has more than ${CELL_CHARS.toLocaleString("en")} characters; maybe a quotation mark is not closed.`);
        continue;
      }
      if (sign === "\n" && wasReturn) { wasReturn = false; continue; }
      wasReturn = sign === "\r";
      if (sign === '"' && state === "closed") { cell += '"'; state = "quoted"; }
      else if (sign === '"' && cell === "") state = "quoted";
      else if (sign === separator) endCell();
      else if (sign === "\r" || sign === "\n") {
        endCell();
        if (cells.some((one) => one !== "")) yield { line: from, cells };
        cells = [];
        line++;
        from = line;
      } else if (state === "closed") throw new CsvFault(line, "something stands between a closing quotation mark and the next separator.");
      else {
        cell += sign;
        if (cell.length > CELL_CHARS) throw new CsvFault(from, `a cell has more than ${CELL_CHARS.toLocaleString("en")} characters.`);
      }
    }
  }
  if (state === "quoted") throw new CsvFault(from, "a quotation mark is never closed.");
  endCell();
  if (cells.some((one) => one !== "")) yield { line: from, cells };
}

/** Source: owasp.org/www-community/attacks/CSV_Injection */
const FORMULA = /^'*[=+\-@\t\r]/;
const guarded = (cell: string): string => (FORMULA.test(cell) ? `'${cell}` : cell);
/** The cell as it was before it was written. */
export const unguarded = (cell: string): string => (cell.startsWith("'") && FORMULA.test(cell.slice(1)) ? cell.slice(1) : cell);

/** One line with its end. */
export const csvLine = (cells: readonly string[]): string =>
  `${cells.map((cell) => { const safe = guarded(cell); return /[",;\t\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe; }).join(",")}\r\n`;
