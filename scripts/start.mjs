// `npm start`: makes the clone ready, then runs the server in this process.
import { bootstrap } from "./bootstrap.mjs";

await bootstrap();
process.setSourceMapsEnabled(true);
const { runCli } = await import("../dist/server/cli.js");
await runCli(["start", ...process.argv.slice(2)]);
