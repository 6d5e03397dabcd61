#!/usr/bin/env node
// `npx threadline <command>`: makes the clone ready, then runs the command in this process.
import { bootstrap } from "../scripts/bootstrap.mjs";

const args = process.argv.slice(2);
await bootstrap({ say: (line) => console.error(line), ...(args[0] === "start" ? {} : { parts: ["store", "server"] }) });
process.setSourceMapsEnabled(true);
const { runCli } = await import("../dist/server/cli.js");
await runCli(args);
