/** Contacts as tables: brought in by a job whose progress is read, and written out while they are read. */
import { Readable } from "node:stream";
import { UserError } from "../../core/errors.ts";
import { csvLine } from "../../core/model/csv.ts";
import { exportContacts } from "../../core/services/export-contacts.ts";
import { beginImport } from "../../core/services/import-job.ts";
import type { ContactImport } from "../../core/store/store.ts";
import { importAnswer, importQuery } from "../wire-contacts.ts";
import { adminCall, iso, isoOrNull, type AdminCall, type Incoming } from "./call.ts";

const show = ({ _id, state, dryRun, by, at, rows, share, counts, error, endedAt }: ContactImport) =>
  ({ id: _id, state, dryRun, by, at: iso(at), rows, share, counts, error: error ?? null, endedAt: isoOrNull(endedAt) });

async function requireImport({ parts: { core }, params }: Pick<Incoming, "parts" | "params">): Promise<ContactImport> {
  const job = await core.store.contactImports.findOne({ _id: params["id"]! });
  if (job === null) throw new UserError("NOT_FOUND", "There is no such import; they are kept for a week after their end.");
  return job;
}

export const contactTableCalls: AdminCall[] = [
  adminCall({
    method: "POST", path: "/contacts/imports", summary: "Bring in contacts from a CSV table, 50 MB at most", about: "Contacts", needs: "contacts.import", query: importQuery, upload: "csv", answers: { 202: importAnswer }, codes: ["BAD_TEXT", "FILE_INFECTED", "FILE_NOT_SCANNED"],
    async run({ parts: { core }, caller, request, query }) {
      if (!(request.body instanceof Readable)) throw new UserError("WRONG_TYPE", "A table comes as content-type: text/csv, as it is. Send it so.");
      return show(await beginImport(core, request.body, { by: caller.name, dryRun: query.dryRun === "true" }));
    },
  }),
  adminCall({
    method: "GET", path: "/contacts/imports/:id", summary: "Say how far an import is", about: "Contacts", needs: "contacts.import", answers: { 200: importAnswer }, codes: ["NOT_FOUND"],
    run: async (incoming) => show(await requireImport(incoming)),
  }),
  adminCall({
    method: "GET", path: "/contacts/imports/:id/refused", summary: "Get the refused rows with their lines and reasons", about: "Contacts", needs: "contacts.import", answers: { 200: "csv" }, codes: ["NOT_FOUND"],
    async run(incoming) {
      const { _id } = await requireImport(incoming);
      const { contactRefusals } = incoming.parts.core.store;
      async function* lines() {
        yield csvLine(["line", "reason", "cells"]);
        for await (const { line, reason, cells } of contactRefusals.find({ importId: _id }).sort({ line: 1 })) yield csvLine([String(line), reason, ...cells]);
      }
      return Readable.from(lines());
    },
  }),
  adminCall({
    method: "GET", path: "/contacts/export", summary: "Get all contacts as a CSV table that an import reads again", about: "Contacts", needs: "contacts.export", answers: { 200: "csv" }, codes: [],
    async run({ parts: { core }, caller, reply }) {
      core.log.info({ by: caller.id }, "All contacts are exported.");
      reply.header("content-disposition", "attachment; filename=\"contacts.csv\"");
      async function* lines() { for await (const cells of exportContacts(core)) yield csvLine(cells); }
      return Readable.from(lines());
    },
  }),
];
