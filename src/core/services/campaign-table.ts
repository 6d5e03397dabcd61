/** A campaign's table of people, read piece by piece; whoever finds it half-way goes on behind the rows that are through. */
import type { Readable } from "node:stream";
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import { CsvFault, readCsv, unguarded, type CsvRow } from "../model/csv.ts";
import type { Contact } from "../model/types.ts";

export const MAX_AUDIENCE_BYTES = 20 * 1024 * 1024;
const MOST_ROWS = 500_000;

/** Keeps a table as a campaign's audience. @throws {UserError} FILE_TOO_LARGE, BAD_TEXT (nothing is kept) */
export async function keepTable(core: Core, campaignId: string, table: Readable): Promise<{ fileId: string; rows: number }> {
  const { fileId } = await core.files.put({ name: "audience.csv", type: "text/csv", owner: `campaign:${campaignId}` }, table, MAX_AUDIENCE_BYTES);
  try {
    const reading = await open(core, fileId);
    if (reading.columns.every((column) => column === null)) throw new UserError("BAD_TEXT", `The table's first line names none of these columns: ${Object.keys(COLUMNS).join(", ")}. Nothing was stored.`);
    for await (const _row of reading.rows) if (++reading.read > MOST_ROWS) throw new UserError("BAD_TEXT", `The table has more than ${MOST_ROWS.toLocaleString("en")} rows. Nothing was stored.`);
    return { fileId, rows: reading.read };
  } catch (error) {
    await core.files.remove(fileId);
    throw error instanceof CsvFault ? new UserError("BAD_TEXT", `${error.message} Nothing was stored.`) : error;
  }
}

interface Reading { stream: Readable; rows: AsyncGenerator<CsvRow>; columns: (Column | null)[]; read: number }
const COLUMNS = { id: "_id", contact_id: "_id", external_id: "externalId", externalid: "externalId", email: "email", "e-mail": "email", phone: "phone" } as const;
type Column = (typeof COLUMNS)[keyof typeof COLUMNS];

/** Row by row: the contact that it names, or null. `end`: that was the last. */
interface TablePage { rows: { line: number; contact: Contact | null }[]; end: boolean }

const columnsOf = (cells: readonly string[]): (Column | null)[] => cells.map((cell) => { const name = cell.trim().toLowerCase().replace(/\s+/g, "_"); return Object.hasOwn(COLUMNS, name) ? COLUMNS[name as keyof typeof COLUMNS] : null; });

async function open(core: Core, fileId: string): Promise<Reading> {
  const { stream } = await core.files.open(fileId);
  async function* pieces(): AsyncGenerator<string> {
    const decoder = new TextDecoder();
    for await (const piece of stream) yield decoder.decode(piece as Buffer, { stream: true });
    yield decoder.decode();
  }
  const rows = readCsv(pieces());
  const first = await rows.next();
  return { stream, rows, columns: first.done === true ? [] : columnsOf(first.value.cells), read: 0 };
}

export interface TableReader { page(fileId: string, after: number, most: number): Promise<TablePage>; close(fileId: string): void }

export function createTableReader(core: Core): TableReader {
  const readings = new Map<string, Reading>();
  const close = (fileId: string) => { readings.get(fileId)?.stream.destroy(); readings.delete(fileId); };
  return {
    close,
    async page(fileId, after, most) {
      let reading = readings.get(fileId);
      if (reading === undefined || reading.read !== after) {
        close(fileId);
        reading = await open(core, fileId);
        while (reading.read < after && (await reading.rows.next()).done !== true) reading.read++;
        readings.set(fileId, reading);
      }
      const rows: CsvRow[] = [];
      while (rows.length < most) {
        const next = await reading.rows.next();
        if (next.done === true) break;
        reading.read++;
        rows.push(next.value);
      }
      return { rows: await namedBy(core, reading.columns, rows), end: rows.length < most };
    },
  };
}

const NORMAL: Record<Column, (text: string) => string> = { _id: (text) => text, externalId: (text) => text, email: (text) => text.toLowerCase(), phone: (text) => text.replace(/[\s()./-]/g, "") };

/** By the first of a row's cells that names somebody; of several with one address the newest. */
async function namedBy(core: Core, columns: (Column | null)[], rows: CsvRow[]): Promise<TablePage["rows"]> {
  const keys = rows.map(({ cells }) => columns.flatMap((column, i) => { const text = column === null ? "" : unguarded(cells[i] ?? "").trim(); return column === null || text === "" ? [] : [{ column, text: NORMAL[column](text) }]; }));
  const found = new Map<string, Contact>();
  for (const column of new Set(keys.flat().map((key) => key.column))) {
    const texts = [...new Set(keys.flat().filter((key) => key.column === column).map(({ text }) => text))];
    const contacts = await core.store.contacts.find({ [column]: { $in: texts }, mergedInto: { $exists: false } }).toArray();
    for (const contact of contacts.toSorted((a, b) => (a._id < b._id ? -1 : 1))) found.set(`${column}:${contact[column]}`, contact);
  }
  return rows.map(({ line }, i) => ({ line, contact: keys[i]!.map(({ column, text }) => found.get(`${column}:${text}`)).find((one) => one !== undefined) ?? null }));
}
