/** What all actors of one phase share. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Desk, OnLine } from "./desk.ts";
import type { Answer, Call } from "./http.ts";
import { Broken, call } from "./http.ts";
import type { Channel, Journal } from "./journal.ts";
import type { Dice, Options } from "./options.ts";
import type { Server } from "./server.ts";
import type { Side } from "./side.ts";

/** Where the agents of the run work. */
export interface DeskPlace {
  /** Its entry in the settings file. */
  settings: string[];
  undoSeconds: number;
  /** What its people see, from now on. */
  see(world: World, onLine: OnLine): Desk;
  /** Called once the servers answer; then its faults begin. */
  ready(): Promise<void>;
  /** No fault any more. */
  heal(): void;
  /** What it has not told the servers yet. */
  pending(): number;
  close(): Promise<void>;
}

export interface World {
  options: Options;
  dice: Dice;
  journal: Journal;
  /** By channel, those of the run alone. */
  sides: ReadonlyMap<Channel, Side>;
  place: DeskPlace;
  /** Those that customers and agents may reach; a paused one is still called, as nobody outside knows that it is. */
  servers: Server[];
  /** Customers and agents write while this holds. */
  loading: boolean;
  /** Readers go on until this ends too. */
  running: boolean;
  /** Each replays under a key of its own; one actor that fails fails the run. */
  actors: Promise<void>[];
}

export const AGENTS = ["Mara", "Jonas", "Ines", "Tariq"] as const;
export const WIDGET_KEY = "chaos";
const RETRY_MS = 200;

/** Any server; after a broken call the caller takes another. */
export const anyServer = (world: World, dice: Dice): string => dice.pick(world.servers).url;

/** Asks until somebody answers below 500; null when the run ends before. */
export async function ask(world: World, dice: Dice, what: Call): Promise<Answer | null> {
  while (world.running) {
    try {
      const answer = await call(anyServer(world, dice), what);
      if (answer.status < 500) return answer;
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
    }
    await sleep(RETRY_MS);
  }
  return null;
}

/** Waits a random while between two times, in milliseconds at the usual pace. */
export const pause = ({ options }: World, dice: Dice, low: number, high: number): Promise<void> => sleep(dice.between(low, high) * options.pace);
