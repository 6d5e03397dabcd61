import { Catalog } from "./catalog.ts";
import { openEnv, type Env } from "./env.ts";
import { Garbage } from "./garbage.ts";
import { Records } from "./records.ts";
import { Writer } from "./writer.ts";

/** The open store: tables, catalog, records and the one writer. */
export interface Store {
  readonly env: Env;
  readonly catalog: Catalog;
  readonly records: Records;
  readonly writer: Writer;
  readonly garbage: Garbage;
  stop(): Promise<void>;
}

/** Opens the store files in `dir`; the caller holds the owner lock. `guard` is shared with the main thread (see writer.ts). */
export async function openStore(dir: string, guard: Int32Array): Promise<Store> {
  const env = openEnv(dir);
  const catalog = new Catalog(env);
  const records = new Records(env, catalog, (bytes, writes) => writer.room(bytes, writes));
  const writer: Writer = new Writer(env, guard, {
    begin: () => records.begin(),
    wrote: () => records.wrote,
    undo: () => records.undo(),
    flush: () => records.flush(),
    rolledBack: () => catalog.reload(),
  });
  const garbage = new Garbage(env, catalog, writer);
  await writer.submit(() => {
    catalog.writeFormat();
    garbage.collectUnfinished();
  });
  garbage.resume();
  return {
    env, catalog, records, writer, garbage,
    async stop() {
      garbage.stop();
      await writer.stop();
      await env.root.close();
    },
  };
}

/** A name as MongoDB splits it: database, dot, collection (which may hold dots). */
export const nsOf = (db: string, collection: string) => `${db}.${collection}`;
