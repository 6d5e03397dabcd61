// `npm test`: all that `npm run check` does, more fuzz, the long tests, and the browser tests when there is a Chromium.
import { bootstrap } from "./bootstrap.mjs";
import { check, finish, vitest } from "./checks.mjs";
import { HOW_TO_GET_CHROMIUM, ensureChromium } from "./chromium.mjs";

await bootstrap();
const chromium = ensureChromium((line) => console.log(line));
const counts = await check({ payloads: 5_000, long: true });
if (chromium === null) console.log(HOW_TO_GET_CHROMIUM);
else counts.push(await vitest("browser tests", { config: "tests/browser/vitest.config.ts", env: { CHROMIUM: chromium } }));
finish(counts);
