import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    exclude: ["tests/browser/**", "node_modules/**"],
    globalSetup: ["tests/support/build-once.ts", "tests/support/seed.ts", "tests/support/run-folder.ts"],
    setupFiles: ["tests/support/network-off.ts", "tests/support/property-seed.ts"],
    // Generous: a slow or busy machine is no fault of the code.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
    // Files share their worker's modules, since loading them took longer than many of the tests.
    isolate: false,
    maxWorkers: 4,
  },
});
