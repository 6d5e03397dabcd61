/** `npm run bench`: what one message costs, in both directions, beside the floor. `npm run bench -- store`: the embedded store alone; `-- rules`: what 200 rules add; `-- snoozes`: 10,000 that are due at once; `-- campaign`: replies beside a campaign to 100,000. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { countPerMessage, fill, measureFloor, measureSize, warmUp, type Loads } from "./flows.ts";
import { Generator } from "./generator.ts";
import { readProfiles } from "./profile.ts";
import { asJson, printTable, type Results } from "./report.ts";
import { fdatasyncMs, run as runStore } from "./store.ts";
import { runCampaign } from "./campaign.ts";
import { runRules } from "./rules.ts";
import { printSnoozes, runSnoozes } from "./snoozes.ts";
import { Child } from "./wire.ts";

const HELP = "npm run bench -- [store | rules | snoozes | campaign] [--sizes 1k,100k,1M] [--seconds 8] [--concurrency 32] [--desk fake|slack|discord] [--profile] [--json]";
/** Desks in a process of their own. */
const DESKS = { slack: new URL("./slack.ts", import.meta.url), discord: new URL("./discord.ts", import.meta.url) };
const print = (line: string) => console.log(line);

/** "1k,100k,1M" as rising numbers. @throws Error */
function sizesOf(text: string): number[] {
  const sizes = text.split(",").map((one) => {
    const [, digits, unit] = /^(\d+(?:\.\d+)?)([kM]?)$/.exec(one.trim()) ?? [];
    if (digits === undefined) throw new Error(`--sizes takes sizes like 1k,100k,1M; "${one}" is none.`);
    return Number(digits) * ({ k: 1e3, M: 1e6 }[unit ?? ""] ?? 1);
  });
  return sizes.toSorted((a, b) => a - b);
}

/** The flags of `npm start`. */
const asStarted = (): string[] => (JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { scripts: { start: string } }).scripts.start.split(" ").filter((word) => word.startsWith("--"));

async function bench(options: { sizes: number[]; profile: boolean; desk: "fake" | "slack" | "discord" } & Loads): Promise<Results> {
  const folder = mkdtempSync(join(tmpdir(), "threadline-bench-"));
  const profiles = options.profile ? mkdtempSync(join(tmpdir(), "threadline-profile-")) : null;
  const generator = new Generator();
  const children: Child[] = [];
  const start = async (file: URL, args: string[], execArgv: string[] = []): Promise<Child> => {
    const child = await Child.start(file, args, generator.onArrival, execArgv);
    children.push(child);
    return child;
  };
  try {
    const telegram = await start(new URL("./telegram.ts", import.meta.url), []);
    const apiRoot = telegram.ready.apiRoot!;
    const vendor = options.desk === "fake" ? undefined : await start(DESKS[options.desk], []);
    generator.desk = vendor;
    const where = vendor === undefined ? [] : [JSON.stringify(vendor.ready.place)];

    print("Counting what one message costs the store …");
    const counted = generator.app = await start(new URL("./app.ts", import.meta.url), [join(folder, "count"), apiRoot, "count", ...where]);
    await warmUp(generator);
    const perMessage = await countPerMessage(generator);
    await counted.stop();

    print("Measuring the floor …");
    const floorApp = generator.app = await start(new URL("./floor.ts", import.meta.url), [join(folder, "floor"), apiRoot, String(Math.round(perMessage.inbound.writes)), String(Math.round(perMessage.outbound.writes)), ...where]);
    const floor = await measureFloor(generator, options);
    await floorApp.stop();

    const sizes = [];
    for (const messages of options.sizes) {
      const data = join(folder, `data-${messages}`);
      const begin = (execArgv: string[]) => start(new URL("./app.ts", import.meta.url), [data, apiRoot, "plain", ...where], execArgv);
      print(`Filling a store with ${messages.toLocaleString("en")} messages …`);
      // The first run makes the inbox and the indexes; the store is filled while nobody runs it.
      await (await begin(asStarted())).stop();
      const seedSeconds = await fill(data, messages);
      print(`Measuring with them (filled in ${seedSeconds} s) …`);
      const app = generator.app = await begin([...asStarted(), ...(profiles === null ? [] : ["--cpu-prof", `--cpu-prof-dir=${profiles}`, "--cpu-prof-interval=500"])]);
      await warmUp(generator);
      sizes.push(await measureSize(generator, messages, seedSeconds, options));
      await app.stop();
      rmSync(data, { recursive: true, force: true });
    }
    return { desk: options.desk, sizes, floor, perMessage, fdatasyncMs: fdatasyncMs(folder), concurrency: options.concurrency, node: process.version, profiles: profiles === null ? [] : readProfiles(profiles) };
  } finally {
    for (const child of children) await child.stop();
    generator.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { sizes: { type: "string", default: "1k,100k" }, seconds: { type: "string", default: "8" }, concurrency: { type: "string", default: "32" }, desk: { type: "string", default: "fake" }, profile: { type: "boolean", default: false }, json: { type: "boolean", default: false } },
  });
  if (positionals[0] === "snoozes") {
    const figures = await runSnoozes(Number(values.seconds) * 1_000, print);
    printSnoozes(figures, print);
    if (values.json) print(JSON.stringify(figures));
    return;
  }
  if (positionals[0] === "store" || positionals[0] === "rules") {
    const figures = positionals[0] === "rules" ? runRules(Number(values.seconds) * 1_000) : await runStore({ ms: Number(values.seconds) * 375, sizes: sizesOf(values.sizes) });
    for (const [name, value] of Object.entries(figures)) print(`  ${name.padEnd(50)}${String(value).padStart(12)}`);
    if (values.json) print(JSON.stringify(figures));
    return;
  }
  if (positionals[0] === "campaign") return runCampaign(Number(values.seconds) * 1_000, values.json, print);
  if (positionals.length > 0) throw new Error(`There is no bench "${positionals[0]}".\n${HELP}`);
  const ms = Number(values.seconds) * 1_000, concurrency = Number(values.concurrency);
  if (!(ms > 0) || !(concurrency >= 1 && concurrency <= 256)) throw new Error(`--seconds and --concurrency (1 to 256) take numbers.\n${HELP}`);
  const { desk } = values;
  if (desk !== "fake" && desk !== "slack" && desk !== "discord") throw new Error(`--desk is fake, slack or discord.\n${HELP}`);
  const results = await bench({ desk, sizes: sizesOf(values.sizes), profile: values.profile, ms, concurrency });
  printTable(results, print);
  if (values.json) print(asJson(results));
}

try {
  await main();
  process.exit(0);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
