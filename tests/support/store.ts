import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectMongo } from "../../src/mongo/connect.ts";

/** An embedded store on a new temporary folder. `stop` ends it and removes the folder. Errors inside the store fail the test that stops it. */
export async function startTestStore(): Promise<{ uri: string; dir: string; stop(): Promise<void> }> {
  const dir = mkdtempSync(join(tmpdir(), "threadline-test-"));
  const inside: Error[] = [];
  const store = await connectMongo({ dataDir: dir, onWorkerDeath: (error) => inside.push(error), onInternalError: (error) => inside.push(error) });
  return {
    uri: store.uri, dir,
    async stop() {
      await store.stop();
      rmSync(dir, { recursive: true, force: true });
      if (inside[0]) throw inside[0];
    },
  };
}
