/** Browser tests: real Chromium (CHROMIUM names it), two files at a time (they mostly wait), network off for the tests' own process. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: fileURLToPath(new URL("../..", import.meta.url)),
    include: ["tests/browser/**/*.test.ts"],
    globalSetup: ["tests/support/build-all.ts"],
    setupFiles: ["tests/support/network-off.ts"],
    testTimeout: 300_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000, interval: 40 } },
    maxWorkers: 2,
  },
});
