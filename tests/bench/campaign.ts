/** What replies and customers' lines take while a campaign to 100,000 is listed and sent beside them, and without it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { warmUp } from "./flows.ts";
import { Generator, openLoop } from "./generator.ts";
import { Child } from "./wire.ts";

const PEOPLE = 100_000;
const PER_SECOND = 50;
/** Milliseconds that a message may take beside it, by the 99th percentile. */
const GOAL_MS = 100;
const LISTED_WITHIN_MS = 300_000;

export async function runCampaign(ms: number, json: boolean, print: (line: string) => void): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "threadline-bench-"));
  const generator = new Generator();
  const children: Child[] = [];
  const start = async (file: URL, args: string[]) => { const child = await Child.start(file, args, generator.onArrival); children.push(child); return child; };
  try {
    const telegram = await start(new URL("./telegram.ts", import.meta.url), []);
    const app = generator.app = await start(new URL("./app.ts", import.meta.url), [join(folder, "data"), telegram.ready.apiRoot!, "plain"]);
    await warmUp(generator);
    print(`Storing ${PEOPLE.toLocaleString("en")} contacts …`);
    await app.ask({ do: "crowd", people: PEOPLE });
    print("Measuring without a campaign …");
    const both = async () => ({ inbound: (await openLoop(generator, "inbound", PER_SECOND, ms)).p99, outbound: (await openLoop(generator, "outbound", PER_SECOND, ms)).p99 });
    const alone = await both();
    await app.ask({ do: "settle" });
    await app.ask({ do: "campaign" });
    print("Measuring while its list is made …");
    const listing = await both();
    const count = () => app.ask<{ listed: number; sent: number }>({ do: "recipients" });
    for (const end = performance.now() + LISTED_WITHIN_MS; (await count()).listed < PEOPLE && performance.now() < end;) await new Promise((done) => { setTimeout(done, 500); });
    print("Measuring while it is sent …");
    const before = await count(), since = performance.now();
    const sending = await both();
    const after = await count();
    const figures = {
      recipients: after.listed, sentPerSecond: Math.round(((after.sent - before.sent) * 10_000) / (performance.now() - since)) / 10,
      inboundMsP99Alone: alone.inbound, inboundMsP99WhileListed: listing.inbound, inboundMsP99WhileSent: sending.inbound,
      outboundMsP99Alone: alone.outbound, outboundMsP99WhileListed: listing.outbound, outboundMsP99WhileSent: sending.outbound,
    };
    for (const [name, value] of Object.entries(figures)) print(`  ${name.padEnd(50)}${String(value).padStart(12)}`);
    const worst = Math.max(listing.inbound, listing.outbound, sending.inbound, sending.outbound);
    print(`  goal: p99 at most ${GOAL_MS} ms beside it: ${worst <= GOAL_MS && after.listed === PEOPLE ? "met" : "NOT met"}`);
    if (json) print(JSON.stringify(figures));
  } finally {
    for (const child of children) await child.stop();
    generator.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
