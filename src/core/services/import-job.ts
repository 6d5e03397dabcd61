/** A table of contacts that came over the API: kept, then brought in piece by piece; whoever finds one half-way goes on after the last noted row. */
import type { Readable } from "node:stream";
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import { CsvFault, readCsv, type CsvRow } from "../model/csv.ts";
import { newId } from "../model/ids.ts";
import type { ContactImport } from "../store/store.ts";
import { importRow, planImport, type ImportPlan } from "./import-contacts.ts";

export const MAX_TABLE_BYTES = 50 * 1024 * 1024;
/** Who carries one out is heard of at least this often. */
const CLAIM_MS = 30_000;
/** Rows between two notes of how far it is. */
const NOTED = 50;
/** A piece of work: then others, and a stop, have their turn. */
const PIECE_MS = 500;
const TRIES = 10;
const BATCH = 20;

/** Resolves once the table is stored. @throws {UserError} FILE_TOO_LARGE, BAD_TEXT for a first line that names no columns we know (nothing is kept) */
export async function beginImport(core: Core, table: Readable, { by, dryRun }: { by: string; dryRun: boolean }): Promise<ContactImport> {
  const now = core.clock.now();
  const _id = newId(now);
  const { fileId, bytes } = await core.files.put({ name: "contacts.csv", type: "text/csv", owner: `import:${_id}` }, table, MAX_TABLE_BYTES);
  const job: ContactImport = { _id, by, at: now, fileId, bytes, dryRun, state: "doing", dueAt: now, tries: 0, rows: 0, share: 0, counts: { made: 0, changed: 0, same: 0, refused: 0 } };
  try {
    const reading = await open(core, job);
    reading.stream.destroy();
  } catch (error) {
    await core.files.remove(fileId);
    throw error;
  }
  await core.store.contactImports.insertOne(job);
  core.bus.publish({ type: "import.due", importId: _id });
  return job;
}

export async function sweepImports(core: Core): Promise<void> {
  const due = await core.store.contactImports.find({ dueAt: { $lte: core.clock.now() } }, { projection: { _id: 1 } }).sort({ dueAt: 1 }).limit(BATCH).toArray();
  for (const { _id } of due) core.bus.publish({ type: "import.due", importId: _id });
}

/** A table that is being read, between two pieces. */
interface Reading { stream: Readable; rows: AsyncGenerator<CsvRow>; plan: ImportPlan; /** Behind the first line. */ read: number; bytes: () => number }

/** Behind its first line. @throws {UserError} BAD_TEXT */
async function open(core: Core, { fileId }: ContactImport): Promise<Reading> {
  const { stream } = await core.files.open(fileId);
  let bytes = 0;
  async function* pieces(): AsyncGenerator<string> {
    const decoder = new TextDecoder();
    for await (const piece of stream) {
      bytes += (piece as Buffer).length;
      yield decoder.decode(piece as Buffer, { stream: true });
    }
    yield decoder.decode();
  }
  const rows = readCsv(pieces());
  try {
    const first = await rows.next();
    if (first.done === true) throw new UserError("BAD_TEXT", "The table is empty. Its first line names the columns, such as external_id,name,email.");
    return { stream, rows, plan: await planImport(core, first.value.cells), read: 0, bytes: () => bytes };
  } catch (error) {
    stream.destroy();
    throw error instanceof CsvFault ? new UserError("BAD_TEXT", `${error.message} Nothing was changed.`) : error;
  }
}

/** The work of the runner, by an import's id. */
export function createImports(core: Core, runner: () => { kick(key: string): void }): (importId: string) => Promise<void> {
  const readings = new Map<string, Reading>();
  const { contactImports } = core.store;
  return async (importId) => {
    const now = core.clock.now();
    const mine = readings.get(importId);
    // one that is read here goes on; another is taken up when nothing was heard of whoever did it
    const job = await contactImports.findOneAndUpdate(
      { _id: importId, state: "doing", ...(mine === undefined ? { dueAt: { $lte: now } } : {}) }, { $set: { dueAt: new Date(now.getTime() + CLAIM_MS) }, ...(mine === undefined ? { $inc: { tries: 1 } } : {}) }, { returnDocument: "after" },
    );
    if (job === null) return void readings.delete(importId);
    try {
      const reading = mine ?? (await open(core, job));
      readings.set(importId, reading);
      if (await carryOn(core, job, reading)) { runner().kick(importId); return; }
      readings.delete(importId);
      await end(core, job, {});
    } catch (error) {
      readings.get(importId)?.stream.destroy();
      readings.delete(importId);
      if (error instanceof CsvFault || error instanceof UserError) return end(core, job, { error: `${error.message} The rows before it ${job.dryRun ? "were looked at" : "are imported"}.` });
      if (job.tries >= TRIES) return end(core, job, { error: "It was tried many times and broke off; the server's log says why. The rows before are imported." });
      await contactImports.updateOne({ _id: importId }, { $set: { dueAt: core.clock.now() } });
      throw error;
    }
  };
}

/** One piece; false when the table has ended. */
async function carryOn(core: Core, job: ContactImport, reading: Reading): Promise<boolean> {
  const { contactImports, contactRefusals } = core.store;
  const until = performance.now() + PIECE_MS;
  let { rows } = job;
  const counts = { ...job.counts };
  const note = () => contactImports.updateOne({ _id: job._id }, { $set: { rows, counts, share: Math.min(1, reading.bytes() / Math.max(1, job.bytes)), dueAt: new Date(core.clock.now().getTime() + CLAIM_MS) } });
  for (;;) {
    const next = await reading.rows.next();
    if (next.done === true) { await note(); return false; }
    if (++reading.read <= job.rows) continue;
    const { line, cells } = next.value;
    const result = await importRow(core, reading.plan, next.value, job.dryRun);
    counts[result.outcome]++;
    rows++;
    if (result.outcome === "refused") {
      const _id = `${job._id}:${line}`;
      await contactRefusals.updateOne({ _id }, { $set: { importId: job._id, line, reason: result.reason, cells, at: core.clock.now() } }, { upsert: true });
    }
    const over = performance.now() >= until;
    if (over || rows % NOTED === 0) await note();
    if (over) return true;
  }
}

async function end(core: Core, { _id, fileId }: ContactImport, { error }: { error?: string }): Promise<void> {
  await core.files.remove(fileId);
  await core.store.contactImports.updateOne({ _id }, { $set: { state: error === undefined ? "done" : "failed", endedAt: core.clock.now(), ...(error === undefined ? { share: 1 } : { error }) }, $unset: { dueAt: "" } });
}
