import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectMongo } from "../../src/mongo/connect.ts";

/** An embedded store on a new temporary folder. `stop` ends it and removes the folder. Errors inside the store fail the test that stops it, or asks by `check`. */
export async function startTestStore(): Promise<{ uri: string; dir: string; check(): void; stop(): Promise<void> }> {
  const dir = mkdtempSync(join(tmpdir(), "threadline-test-"));
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
