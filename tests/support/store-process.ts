/** Runs `store serve` as a process of its own, for tests that kill it: node --import tsx tests/support/store-process.ts DATA_DIR */
import { storeServe } from "../../src/cli/store-serve.ts";

const stop = new AbortController();
process.once("SIGTERM", () => stop.abort());
await storeServe({ dataDir: process.argv[2]!, tcpPort: 0, signal: stop.signal });
