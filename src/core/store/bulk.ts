/** MongoDB's `bulkWrite`, which writes to several collections in one command; a server before 8.0 does not know it. */
import type { AnyClientBulkWriteModel, Document, MongoClientBulkWriteError } from "mongodb";
import type { Store } from "./store.ts";

/** "no such command": MongoDB has had it since 8.0. */
const UNKNOWN_COMMAND = 59;
const oldServers = new WeakSet<Store>();

/** Any document of ours. */
export interface Row extends Document { _id: string }

export interface Written {
  /** What an update came upon, by its place; absent for inserts and for what was not carried out. */
  updates: ReadonlyMap<number, { matchedCount: number; modifiedCount: number }>;
  /** What was refused, by its place. */
  errors: ReadonlyMap<number, { code: number; message: string }>;
}

/**
 * Carries out all in one command. `ordered`: the first refusal ends it. Null: this server can't, so each has to go by itself.
 * Source: https://www.mongodb.com/docs/manual/reference/command/bulkWrite/
 * @throws what the whole command failed with
 */
export async function bulkWrite(store: Store, models: AnyClientBulkWriteModel<Row>[], ordered: boolean): Promise<Written | null> {
  if (oldServers.has(store)) return null;
  try {
    const { updateResults } = await store.db.client.bulkWrite<Record<string, Row>>(models, { ordered, verboseResults: true });
    return { updates: updateResults ?? new Map(), errors: new Map() };
  } catch (error) {
    const { cause, writeConcernErrors, partialResult, writeErrors } = error as Partial<MongoClientBulkWriteError>;
    if ((cause as { code?: unknown } | undefined)?.code === UNKNOWN_COMMAND) {
      oldServers.add(store);
      return null;
    }
    if (writeErrors === undefined || cause !== undefined || (writeConcernErrors ?? []).length > 0) throw error;
    return { updates: partialResult?.updateResults ?? new Map(), errors: writeErrors };
  }
}
