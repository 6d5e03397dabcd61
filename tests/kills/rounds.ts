import { spawn, type ChildProcess } from "node:child_process";
import { MongoClient, type Collection } from "mongodb";
import { Ledger, lineOf, md5, type Line } from "./ledger.ts";

export interface KillOptions {
  /** Program and arguments that serve the store and say `Store ready: <uri>`. */
  readonly command: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly kills: number;
  readonly writers: number;
  /** 0 to 1, the same again for the same seed. */
  readonly dice: () => number;
  readonly onRound?: (round: number, faults: readonly string[]) => void;
}

export interface KillResult {
  readonly kills: number;
  readonly whileStarting: number;
  readonly acknowledged: number;
  readonly faults: readonly string[];
  /** Milliseconds from the start of the process to its ready, of every start that was not killed. */
  readonly restarts: readonly number[];
}

/** Rounds kept in the collection: enough to find what an earlier kill did, few enough to look at quickly. */
const KEPT = 4;
const LONGEST_LOAD_MS = 500;
const LONGEST_START_MS = 400;

interface Served { child: ChildProcess; gone: Promise<void>; ready: Promise<string> }

function serve({ command: [program, ...args], env, cwd }: KillOptions): Served {
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  const gone = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const ready = new Promise<string>((resolve, reject) => {
    let said = "";
    const hear = (chunk: Buffer): void => {
      said += chunk.toString();
      const found = /Store ready: (\S+)/.exec(said);
      if (found) resolve(found[1]!);
    };
    child.stdout!.on("data", hear);
    child.stderr!.on("data", hear);
    child.once("close", () => reject(new Error(`the store ended: ${said}`)));
  });
  ready.catch(() => {});
  return { child, gone, ready };
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Kills the store `kills` times under load, looks at everything after each and once more at the end. */
export async function killRounds(o: KillOptions): Promise<KillResult> {
  const ledger = new Ledger();
  const faults: string[] = [];
  const restarts: number[] = [];
  let whileStarting = 0;
  let next = 1;
  for (let round = 0; round <= o.kills; round++) {
    const begun = performance.now();
    const { child, gone, ready } = serve(o);
    try {
      if (round % 10 === 9 && round < o.kills) {
        await Promise.race([ready.catch(() => {}), wait(o.dice() * LONGEST_START_MS)]);
        whileStarting++;
        continue;
      }
      const uri = await ready;
      restarts.push(performance.now() - begun);
      const client = new MongoClient(uri, { serverSelectionTimeoutMS: 2_000 });
      const lines = client.db().collection<Line>("lines");
      try {
        if (round === 0) {
          await lines.createIndex({ lane: 1, seq: 1 }, { unique: true });
          await lines.createIndex({ version: 1 });
        }
        const found = await look(client, lines, ledger);
        faults.push(...found.map((fault) => `after kill ${round}: ${fault}`));
        o.onRound?.(round, found);
        if (round < o.kills) {
          const writing = write(lines, ledger, round, o, () => next++);
          await Promise.race([writing, wait(20 + o.dice() * LONGEST_LOAD_MS)]);
          child.kill("SIGKILL");
          await Promise.all([client.close(), writing]);
        }
      } finally {
        await client.close();
      }
    } finally {
      child.kill(round < o.kills ? "SIGKILL" : "SIGTERM");
      await gone;
    }
  }
  return { kills: o.kills, whileStarting, acknowledged: ledger.acknowledged, faults, restarts };
}

async function look(client: MongoClient, lines: Collection<Line>, ledger: Ledger): Promise<string[]> {
  const faults = ledger.faults(await lines.find().hint({ $natural: 1 }).toArray());
  for (const { name } of await client.db().listCollections().toArray()) {
    const { valid, errors } = (await client.db().command({ validate: name, full: true })) as unknown as { valid: boolean; errors: string[] };
    if (!valid) faults.push(`${name}: ${errors.join(" ")}`);
  }
  return faults;
}

/** Writes from many callers until the store is gone. */
async function write(lines: Collection<Line>, ledger: Ledger, round: number, { writers }: KillOptions, nextId: () => number): Promise<void> {
  ledger.forgetBefore(round - KEPT);
  const untilDeath = async (act: () => Promise<void>): Promise<void> => {
    try {
      for (;;) await act();
    } catch {
      // the process was killed under this writer
    }
  };
  const several = untilDeath(async () => {
    const docs = Array.from({ length: 40 }, () => lineOf(nextId(), round, writers));
    await lines.insertMany(docs, { ordered: false });
    for (const { _id } of docs) ledger.wrote(_id, round, 0);
  });
  const remover = lines.deleteMany({ round: { $lt: round - KEPT } }).catch(() => {});
  const indexer = (round % 5 === 4 ? lines.createIndex({ body: 1, seq: -1 }) : lines.dropIndex("body_1_seq_-1")).catch(() => {});
  const single = Array.from({ length: writers }, (_, lane) => untilDeath(async () => {
    const line = lineOf(nextId(), round, lane);
    const { _id } = line;
    await lines.insertOne(line);
    ledger.wrote(_id, round, 0);
    if (_id % 3 === 0) {
      const body = `${line.body}!`;
      await lines.findOneAndUpdate({ _id, version: 0 }, { $set: { body, md5: md5(body) }, $inc: { version: 1 } });
      ledger.wrote(_id, round, 1);
    }
    if (_id % 7 === 0) {
      ledger.asksDelete(_id);
      await lines.deleteOne({ _id });
      ledger.deleted(_id);
    }
  }));
  await Promise.all([several, remover, indexer, ...single]);
}
