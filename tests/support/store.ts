import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import { connectMongo } from "../../src/mongo/connect.ts";

/** An embedded store on a new temporary folder. `stop` ends it and removes the folder. Errors inside the store fail the test that stops it, or asks by `check`. */
export async function startOwnStore(parent = tmpdir()): Promise<{ uri: string; dir: string; check(): void; stop(): Promise<void> }> {
  const dir = mkdtempSync(join(parent, "threadline-test-"));
  const inside: Error[] = [];
  const store = await connectMongo({ dataDir: dir, onWorkerDeath: (error) => inside.push(error), onInternalError: (error) => inside.push(error) });
  const check = (): void => { const [error] = inside.splice(0); if (error !== undefined) throw error; };
  return {
    uri: store.uri, dir, check,
    async stop() {
      await store.stop();
      rmSync(dir, { recursive: true, force: true });
      check();
    },
  };
}

async function startShared() {
  const { uri, check } = await startOwnStore(process.env["THREADLINE_TEST_RUN"]);
  return { uri, check, client: new MongoClient(uri) };
}
/** Ends with its process: the files of a test process come one after the other, and starting a store takes longer than many of them. */
let shared: ReturnType<typeof startShared> | undefined;
let databases = 0;

/** An empty database of its own on the embedded store that the test files of this process share. `stop` drops it. Errors inside the store fail the test that stops it, or asks by `check`. */
export async function startTestStore(): Promise<{ uri: string; check(): void; stop(): Promise<void> }> {
  const { uri: server, check, client } = await (shared ??= startShared());
  const name = `test_${++databases}`;
  const uri = new URL(server);
  uri.pathname = `/${name}`;
  return {
    uri: uri.href, check,
    async stop() {
      await client.db(name).dropDatabase();
      check();
    },
  };
}
