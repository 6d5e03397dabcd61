/** The rows that every channel has to show by a test of their name. Where a channel can't, the reason is a row too, and it is looked at whether it holds. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { canDelete, canEdit, canReact, isOwnStore, isWebhook, type ChannelAdapter } from "../../src/core/ports.ts";

const ROWS = ["dedupe", "order", "echo", "edit", "delete", "reaction", "file", "oversize", "unsupported kind", "blocked", "rate-limited", "ambiguous failure"] as const;
export type Row = (typeof ROWS)[number];
/** `shown`: a test that shows it with more than the adapter, by its file and (the beginning of) its name. */
export interface Missing { why: string; shown?: readonly [file: string, test: string] }
export type MissingRows = Partial<Record<Row, Missing>>;

/** What an adapter could show by itself may not be left out. */
const COULD: Partial<Record<Row, (adapter: ChannelAdapter) => boolean>> = {
  edit: canEdit, delete: canDelete, reaction: canReact, dedupe: isWebhook, file: () => true,
  blocked: () => true, "rate-limited": () => true, "ambiguous failure": () => true, order: () => true, oversize: () => true,
};

/** Registers the rows that `run` does not have; throws where one is neither run nor accounted for. `make` is asked within the tests. */
export function missingRows(run: readonly Row[], missing: MissingRows, adapterOf: () => ChannelAdapter): void {
  for (const row of ROWS) {
    const reason = missing[row];
    if (run.includes(row) === (reason !== undefined)) throw new Error(`The row "${row}" has to be run or to be missing with a reason, and not both.`);
    if (reason === undefined) continue;
    test(`${row}: not by the adapter alone: ${reason.why}`, () => {
      const adapter = adapterOf();
      // our own database never fails a line, and its customers come by routes
      expect(!isOwnStore(adapter) && COULD[row]?.(adapter) === true, `${adapter.id} could show "${row}"`).toBe(false);
      if (reason.shown !== undefined) expect(readFileSync(new URL(`../${reason.shown[0]}`, import.meta.url), "utf8")).toContain(reason.shown[1]);
    });
  }
}
