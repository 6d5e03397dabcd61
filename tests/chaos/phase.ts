/** One phase: load, harm, rest, and what everybody sees at the end. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Agents } from "./agents.ts";
import { count, type Verdict } from "./count.ts";
import type { Desk } from "./desk.ts";
import { discord } from "./desk-discord.ts";
import { playground } from "./desk-playground.ts";
import { slack } from "./desk-slack.ts";
import { Broken, closeConnections } from "./http.ts";
import { Journal, type Channel, type Talk } from "./journal.ts";
import type { Dice, Options } from "./options.ts";
import type { Server } from "./server.ts";
import type { MakeSide } from "./side.ts";
import { api } from "./side-api.ts";
import { email } from "./side-email.ts";
import { telegram } from "./side-telegram.ts";
import { whatsapp } from "./side-whatsapp.ts";
import { widget } from "./side-widget.ts";
import { AGENTS, type DeskPlace, type World } from "./world.ts";

export interface PhaseResult extends Verdict {
  name: string;
  journal: Journal;
  /** Ends of a process that nobody asked for. */
  crashes: string[];
  /** Errors in the servers' logs, by their words. */
  errors: Map<string, number>;
  /** Whether all had come to rest before the count, and after how many seconds. */
  rested: boolean;
  restSeconds: number;
  /** From the kills until the server answered again, together. */
  downSeconds?: number;
}

export interface Stage {
  name: string;
  world: World;
  folder: string;
  /** Beside the servers: the store. */
  others: Server[];
}

/** Names the agents, and one inbox of each channel of the run, on one desk. Answers the file. */
export function writeSettings(folder: string, { sides, place }: World): string {
  const file = join(folder, "threadline.yaml");
  const inbox = `undoSeconds: ${place.undoSeconds}, doubleReplySeconds: 0, takeOnReply: false, desk: Desk`;
  writeFileSync(file, [
    "limits: off",
    "agents:", ...AGENTS.map((name, i) => `  - { name: ${name}, email: ${name.toLowerCase()}@example.com, role: ${i === 0 ? "administrator" : "agent"} }`),
    "desks:", ...place.settings.map((entry) => `  - ${entry}`),
    "inboxes:",
    ...[...sides.values()].map(({ settings }) => `  - { ${settings}, ${inbox} }`), "",
  ].join("\n"));
  return file;
}

const PLACES: Record<Options["desk"], (dice: Dice, pace: number) => Promise<DeskPlace>> = { playground: async () => playground(), slack, discord };

const SIDES: Record<Channel, MakeSide> = { telegram, whatsapp, email, api, widget };

export async function makeWorld(options: Options, dice: Dice, folder: string): Promise<World> {
  mkdirSync(folder, { recursive: true });
  const sides = new Map<Channel, Awaited<ReturnType<MakeSide>>>();
  for (const channel of options.channels) sides.set(channel, await SIDES[channel](dice.of(channel)));
  const place = await PLACES[options.desk](dice.of("desk"), options.pace);
  return { options, dice, sides, place, journal: new Journal(), servers: [], loading: true, running: true, actors: [] };
}

const sideOf = ({ sides }: World, { channel }: Talk) => sides.get(channel)!;

/** `harm` runs while customers and agents write, and ends the load when it resolves. Servers are stopped at the end. */
export async function runPhase({ name, world, others }: Stage, harm: () => Promise<void>): Promise<PhaseResult> {
  const { journal, options } = world;
  try {
    await world.place.ready();
    const agents = new Agents(world);
    world.actors.push(...agents.start(), ...[...world.sides.values()].flatMap((side) => side.actors(world)));
    for (let i = 1; i <= options.conversations; i++) {
      const talk = journal.talk(`k${i}`, options.channels[i % options.channels.length]!);
      world.actors.push(sideOf(world, talk).customer(world, talk));
    }
    const failed = new Promise<never>((_, fail) => { for (const actor of world.actors) actor.catch(fail); });
    await Promise.race([harm(), failed]);
    world.loading = false;
    for (const side of world.sides.values()) side.heal();
    world.place.heal();
    journal.note(null, "the load ends");
    await Promise.race([agents.rest(), failed]);
    const began = performance.now();
    const rested = await Promise.race([comeToRest(world, agents.desk), failed]);
    const restSeconds = Math.round((performance.now() - began) / 100) / 10;
    world.running = false;
    await Promise.all(world.actors);
    await collect(world, agents.desk);
    return { name, journal, rested, restSeconds, crashes: [...world.servers, ...others].flatMap((server) => server.crashes), errors: errorsOf(world.servers), ...count(journal.talks.values()) };
  } finally {
    world.loading = world.running = false;
    await Promise.allSettled([...world.servers].map((server) => server.stop()));
    await Promise.allSettled(others.map((server) => server.stop()));
    for (const side of world.sides.values()) await side.close();
    await world.place.close();
    closeConnections();
  }
}

const SETTLED = new Set(["✅", "📬", "👁", "❔", "⚠️"]);
/** What comes late (a double) has this long to show itself. */
const CALM_MS = 3_000;

/** True once every accepted line is in a thread and every reply has its outcome or its mark; false when that takes too long. */
async function comeToRest(world: World, desk: Desk): Promise<boolean> {
  const until = performance.now() + world.options.drainSeconds * 1_000;
  const sweepSoon = 500;
  while (performance.now() < until) {
    await sleep(sweepSoon);
    const open = await openWork(world, desk).catch((error: unknown) => { if (error instanceof Broken) return null; throw error; });
    if (open === 0) {
      world.journal.note(null, "all has come to rest");
      await sleep(CALM_MS);
      return true;
    }
  }
  return false;
}

async function openWork(world: World, desk: Desk): Promise<number> {
  await desk.look(true);
  const threads = [...desk.threads.values()];
  const posts = new Map(threads.flatMap((thread) => [...thread.posts.values()]).map((post) => [post.text, post]));
  let open = world.place.pending();
  for (const side of world.sides.values()) open += side.pending();
  for (const talk of world.journal.talks.values()) {
    const got = new Set(sideOf(world, talk).got(talk));
    open += talk.said.filter((line) => !line.accepted || !posts.has(line.text)).length;
    open += talk.wrote.filter((line) => {
      const post = posts.get(line.text);
      // Who sends a held line by hand sees its mark go a little later.
      return post === undefined ? line.confirmed : post.held ? got.has(line.text) : !SETTLED.has(post.receipt ?? "");
    }).length;
  }
  return open;
}

/** The last look: the desk read anew from its first post, and what the customers have. */
async function collect(world: World, watched: Desk): Promise<void> {
  const fresh = world.place.see(world, () => undefined);
  await watched.look(true);
  await fresh.look(true);
  for (const talk of world.journal.talks.values()) {
    const threads = [...fresh.threads.values()].filter((thread) => thread.talk === talk.name);
    talk.threads = threads.map((thread) => fresh.shown(thread));
    for (const thread of threads) for (const id of thread.posts.keys()) if (!watched.threads.get(thread.id)!.posts.has(id)) talk.feedMissed++;
    talk.got = sideOf(world, talk).got(talk);
  }
}

function errorsOf(servers: Server[]): Map<string, number> {
  const all = new Map<string, number>();
  for (const server of servers) for (const [words, times] of server.errors()) all.set(words, (all.get(words) ?? 0) + times);
  return all;
}
