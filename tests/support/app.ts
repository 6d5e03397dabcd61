/** The real application on a free port with its own data folder, as `npm start` runs it. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { loadConfig } from "../../src/config.ts";
import { startThreadline } from "../../src/main.ts";
import type { Running } from "../../src/boot/running.ts";

export interface TestApp extends Running {
  dataDir: string;
  /** A call with a JSON body; answers status and JSON (or text). */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<{ status: number; json: unknown; headers: Headers }>;
}

/** `settings` is a `threadline.yaml`; without one the demo is made. */
export async function startTestApp(options: { settings?: string; env?: Record<string, string>; dataDir?: string } = {}): Promise<TestApp> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), "threadline-test-")));
  const env: Record<string, string> = { PORT: "0", DATA_DIR: dataDir, LOG_LEVEL: "fatal", ...options.env };
  if (options.settings !== undefined) {
    env["THREADLINE_APPLY"] = join(dataDir, "threadline.yaml");
    await writeFile(env["THREADLINE_APPLY"], options.settings);
  }
  const running = await startThreadline(loadConfig(env));
  onTestFinished(async () => {
    await running.stop();
    if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
  });
  return {
    ...running, dataDir,
    async call(method, path, body, headers = {}) {
      const response = await fetch(running.url + path, { method, headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
      const text = await response.text();
      let json: unknown = text;
      try { json = JSON.parse(text); } catch { /* not JSON: the text itself is the answer */ }
      return { status: response.status, json, headers: response.headers };
    },
  };
}
