// Runs a TypeScript file of tests/ (bench, chaos, fuzz) in this process: node scripts/run.mjs tests/bench/main.ts --json
import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { bootstrap, fail, inRoot } from "./bootstrap.mjs";

const [file, ...rest] = process.argv.slice(2);
if (file === undefined || !existsSync(inRoot(file))) fail(`Name a file of this project to run: node scripts/run.mjs tests/bench/main.ts${file === undefined ? "" : ` (there is no ${file})`}`);
await bootstrap({ say: (line) => console.error(line) });
const { register } = await import("tsx/esm/api");
register();
process.setSourceMapsEnabled(true);
process.argv = [process.argv[0], inRoot(file), ...rest.filter((arg) => arg !== "--")];
await import(pathToFileURL(inRoot(file)).href);
