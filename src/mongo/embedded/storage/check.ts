import { StoreError } from "../values/errors.ts";
import { idOf, validateDoc, type RawDoc } from "../values/raw.ts";
import type { Collection, Index } from "./catalog.ts";
import { plainBytes } from "./env.ts";
import { afterPrefix, docKey, entryKey, readRecordId, u32Key } from "./keys.ts";
import type { Store } from "./store.ts";
import { nextTurn, sliceEnd } from "./turns.ts";

/** What looking at every document and every index entry of one collection found. `keys` counts each index's entries. */
export interface CheckReport {
  records: number;
  corrupt: number;
  readonly keys: Map<string, number>;
  readonly missing: { index: string; recordId: number }[];
  readonly extra: { index: string; entries: number }[];
  readonly errors: string[];
}

const SHOWN = 100;

/** Compares a collection's documents with its index entries and counts, both ways, on one snapshot and in slices; others read and write meanwhile. */
export async function checkCollection(store: Store, collection: Collection): Promise<CheckReport> {
  const { env } = store;
  const report: CheckReport = { records: 0, corrupt: 0, keys: new Map(), missing: [], extra: [], errors: [] };
  const indexes = collection.indexes.filter((index) => index.usable);
  const expected = new Map(indexes.map((index) => [index, 0]));
  const transaction = env.docs.useReadTransaction();
  try {
    const options = { transaction };
    const stat = env.stat.get(u32Key(collection.id), options);
    let bytes = 0;
    let turns = 0;
    let deadline = sliceEnd();
    const breathe = async (): Promise<void> => {
      if (performance.now() < deadline) return;
      await nextTurn(turns++);
      deadline = sliceEnd();
    };
    const look = (doc: RawDoc, recordId: number): void => {
      for (const index of indexes) {
        const keys = entriesOf(index, doc);
        expected.set(index, expected.get(index)! + keys.length);
        for (const key of keys) {
          const entry = env.idx.get(entryKey(index.id, key, index.unique ? undefined : recordId), options);
          if (entry && (!index.unique || readRecordId(entry, 0) === recordId)) continue;
          if (report.missing.length < SHOWN) report.missing.push({ index: index.name, recordId });
          else report.errors[0] ??= `More than ${SHOWN} index entries are missing.`;
        }
      }
    };
    const end = afterPrefix(u32Key(collection.id));
    for (let from: Uint8Array | undefined = docKey(collection.id, 0); from;) {
      const start: Uint8Array = from;
      const first = report.records;
      from = undefined;
      for (const { key, value } of env.docs.getRange({ start, end, ...options })) {
        const recordId = readRecordId(key as Uint8Array, 4);
        if (report.records > first && performance.now() > deadline) {
          from = docKey(collection.id, recordId);
          break;
        }
        report.records++;
        bytes += value.length;
        try {
          const doc = plainBytes(value).slice();
          validateDoc(doc);
          if (!idOf(doc)) throw new StoreError(2, "BadValue", "no _id");
          look(doc, recordId);
        } catch {
          report.corrupt++;
        }
      }
      await breathe();
    }
    for (const index of indexes) {
      let n = 0;
      const range = { end: afterPrefix(index.prefix), ...options };
      for (let from: Uint8Array | undefined = index.prefix; from;) {
        const chunk: Uint8Array[] = [...(env.idx.getKeys({ ...range, start: from, exclusiveStart: n > 0, limit: 1_000 }) as Iterable<Uint8Array>)];
        n += chunk.length;
        from = chunk.length === 1_000 ? chunk.at(-1) : undefined;
        await breathe();
      }
      report.keys.set(index.name, n);
      const wanted = expected.get(index)!;
      const there = wanted - report.missing.filter((m) => m.index === index.name).length;
      if (n > there) report.extra.push({ index: index.name, entries: n - there });
    }
    const [count, size] = stat ? new Float64Array(new Uint8Array(stat).buffer) : [0, 0];
    if (count !== report.records || size !== bytes) report.errors.push(`The counts say ${count} documents of ${size} bytes; there are ${report.records} of ${bytes}.`);
  } finally {
    transaction.done();
  }
  if (report.corrupt > 0) report.errors.push(`${report.corrupt} documents are damaged.`);
  for (const { index, entries } of report.extra) report.errors.push(`Index ${index} has ${entries} entries too many.`);
  if (report.missing.length > 0) report.errors.push(`Entries are missing in: ${[...new Set(report.missing.map((m) => m.index))].join(", ")}.`);
  return report;
}

function entriesOf(index: Index, doc: RawDoc): readonly Uint8Array[] {
  if (index.partial && !index.partial.matches(doc)) return [];
  const { keys } = index.keysOf(doc);
  return keys.length < 2 ? keys : [...new Map(keys.map((key) => [Buffer.from(key).toString("latin1"), key])).values()];
}
