/** One folder for the stores that live as long as their test process, and for all sockets: no process is asked before it ends, so the run cleans up. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), "threadline-run-"));
  process.env["THREADLINE_TEST_RUN"] = process.env["XDG_RUNTIME_DIR"] = folder;
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
