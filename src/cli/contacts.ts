/** `threadline contacts import <file>` and `contacts export <file>`: customers as a CSV table. */
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Core } from "../core/core.ts";
import { csvLine, CsvFault, readCsv, type CsvRow } from "../core/model/csv.ts";
import { CommandError, type Command, type CommandInput } from "./command.ts";

const USAGE = "npx threadline contacts import customers.csv [--dry-run] [--report refused.csv], or npx threadline contacts export customers.csv";
/** Rows between two notes of how far it is. */
const NOTED = 100;
const BAR = 24;

interface Asked { act: "import" | "export"; file: string; dryRun: boolean; report: string }

function read(args: string[]): Asked {
  const [act, file, ...more] = args;
  if ((act !== "import" && act !== "export") || file === undefined || file.startsWith("--")) throw new CommandError(`Say what to do: ${USAGE}`, 2);
  const asked: Asked = { act, file, dryRun: false, report: `${file}.refused.csv` };
  for (let n = 0; n < more.length; n++) {
    if (act === "import" && more[n] === "--dry-run") asked.dryRun = true;
    else if (act === "import" && more[n] === "--report" && more[n + 1] !== undefined) asked.report = more[++n]!;
    else throw new CommandError(`${more[n]} is not known here. Write: ${USAGE}`, 2);
  }
  return asked;
}

async function withCore<R>({ config }: CommandInput, work: (core: Core) => Promise<R>): Promise<R> {
  const [{ openAlone }, { assemble }] = await Promise.all([import("./open-alone.ts"), import("../assemble.ts")]);
  const { parts, close } = await openAlone(config);
  try { return await work(assemble(parts).core); } finally { await close(); }
}

const rows = (n: number): string => `${n.toLocaleString("en")} ${n === 1 ? "row" : "rows"}`;
const bar = (share: number): string => `[${"#".repeat(Math.round(share * BAR)).padEnd(BAR, ".")}] ${String(Math.floor(share * 100)).padStart(3)} %`;

async function hashOf(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(file)) hash.update(piece as Buffer);
  return hash.digest("hex");
}

async function importFile(input: CommandInput, { file, dryRun, report }: Asked): Promise<number> {
  const { print, signal } = input;
  const { size } = await stat(file).catch((error: NodeJS.ErrnoException) => { throw new CommandError(`${file} can't be read (${error.code ?? error.message}). Name a CSV file.`); });
  const { importRow, planImport } = await import("../core/services/import-contacts.ts");
  const marker = `import:${await hashOf(file)}`;
  return withCore(input, async (core) => {
    const { settings } = core.store;
    const done = dryRun ? 0 : Number((await settings.findOne({ _id: marker }))?.value ?? 0);
    if (done > 0) print(`Going on after the ${rows(done)} that this file had given before it was stopped.`);
    const counts = { made: 0, changed: 0, same: 0, refused: 0 };
    const stream = createReadStream(file, { encoding: "utf8" });
    const table = readCsv(stream);
    let plan: Awaited<ReturnType<typeof planImport>> | undefined;
    let n = 0, shown = 0;
    let refusals: Awaited<ReturnType<typeof open>> | undefined;
    const refuse = async (row: CsvRow, reason: string) => {
      const first = refusals === undefined;
      refusals ??= await open(report, done > 0 ? "a" : "w", 0o600);
      await refusals.appendFile((first && done === 0 ? csvLine(["line", "reason", "cells"]) : "") + csvLine([String(row.line), reason, ...row.cells]));
    };
    try {
      for await (const row of table) {
        if (plan === undefined) { plan = await planImport(core, row.cells); continue; }
        if (signal.aborted) break;
        if (++n <= done) continue;
        const result = await importRow(core, plan, row, dryRun);
        counts[result.outcome]++;
        if (result.outcome === "refused") await refuse(row, result.reason);
        if (!dryRun && n % NOTED === 0) await settings.updateOne({ _id: marker }, { $set: { value: n, at: core.clock.now() } }, { upsert: true });
        const share = Math.min(1, stream.bytesRead / Math.max(1, size));
        if (n % NOTED === 0 && share - shown >= 0.05) { shown = share; print(`${bar(share)}  ${rows(n)}`); }
      }
    } catch (error) {
      if (error instanceof CsvFault) throw new CommandError(`${error.message} The rows before it ${dryRun ? "were looked at" : "are imported"}; mend the line and import the file again.`);
      throw error;
    } finally { await refusals?.close(); }
    if (plan === undefined) throw new CommandError(`${file} is empty. Its first line names the columns, such as external_id,name,email.`);
    if (signal.aborted) {
      if (!dryRun) await settings.updateOne({ _id: marker }, { $set: { value: Math.max(done, n - 1), at: core.clock.now() } }, { upsert: true });
      print(`Stopped after ${rows(Math.max(done, n - 1))}. Run the same command again: it goes on there.`);
      return 1;
    }
    if (!dryRun) await settings.deleteOne({ _id: marker });
    print(`${bar(1)}  ${rows(n)}`);
    print(`${dryRun ? "Nothing was changed. It would be" : "Imported"}: ${counts.made.toLocaleString("en")} made, ${counts.changed.toLocaleString("en")} changed, ${counts.same.toLocaleString("en")} already so, ${counts.refused.toLocaleString("en")} refused.`);
    if (counts.refused > 0) print(`${report} says which rows were refused and why.`);
    return counts.refused > 0 ? 1 : 0;
  });
}

async function exportFile(input: CommandInput, { file }: Asked): Promise<number> {
  const { exportContacts } = await import("../core/services/export-contacts.ts");
  return withCore(input, async (core) => {
    let n = -1;
    const lines = async function* () { for await (const cells of exportContacts(core)) { n++; yield csvLine(cells); } };
    try {
      // customers' data: nobody else on this machine reads it, and no file is written over
      await pipeline(Readable.from(lines()), createWriteStream(file, { flags: "wx", mode: 0o600 }), { signal: input.signal });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") throw new CommandError(`${file} is there already. Name a new file.`);
      throw error;
    }
    input.print(`${file} holds ${rows(n)}, one for each place where a customer writes. npx threadline contacts import reads it again.`);
    return 0;
  });
}

export const contacts: Command = {
  name: "contacts",
  usage: "contacts import | export <file.csv>",
  help: "Bring customers in from a table, or write them into one; --dry-run only says what an import would do.",
  async run(input) {
    const asked = read(input.args);
    return asked.act === "import" ? importFile(input, asked) : exportFile(input, asked);
  },
};
