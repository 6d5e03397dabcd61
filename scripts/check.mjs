// `npm run check`: everything but browsers, tests/desks and tests/long, in about three minutes on two cores.
import { bootstrap } from "./bootstrap.mjs";
import { check, finish } from "./checks.mjs";

await bootstrap();
finish(await check({ payloads: 500 }));
