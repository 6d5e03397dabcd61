/** Flags of the run, and dice that fall the same way for the same seed. */
import { parseArgs } from "node:util";
import type { Channel } from "./journal.ts";
import { CHANNELS } from "./side.ts";

export interface Options {
  conversations: number;
  /** How long the first phase's load lasts. */
  seconds: number;
  kills: number;
  /** How long a process is paused; longer than a lease (30 s). */
  pauseSeconds: number;
  /** How long what is under way may take to come to rest. */
  drainSeconds: number;
  /** How many times slower than usual everybody writes and connections end: for a machine that others use. */
  pace: number;
  seed: number;
  phases: ("kill" | "pause")[];
  /** Where the agents work. */
  desk: "playground" | "slack" | "discord";
  /** Where the customers write. */
  channels: Channel[];
  /** What happens by itself is counted, instead of lines. */
  automation: boolean;
  json: boolean;
  /** Leaves data and logs behind. */
  keep: boolean;
}

const USUAL: Channel[] = ["telegram", "widget"];
const HELP = `npm run chaos -- [automation] [--conversations 40] [--seconds 40] [--kills 6] [--pause 35] [--drain 90] [--pace 1] [--seed N] [--phase kill|pause] [--desk playground|slack|discord] [--channel telegram|whatsapp|email|api|widget|all] [--json] [--keep]`;

/** @throws Error that says which flags there are. */
export function readOptions(args: string[]): Options {
  const text = { type: "string" } as const, flag = { type: "boolean" } as const;
  let values, positionals;
  try {
    ({ values, positionals } = parseArgs({ args, allowPositionals: true, options: { conversations: text, seconds: text, kills: text, pause: text, drain: text, pace: text, seed: text, phase: text, desk: text, channel: text, json: flag, keep: flag } }));
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${HELP}`, { cause: error });
  }
  const number = (name: "conversations" | "seconds" | "kills" | "pause" | "drain" | "pace" | "seed", otherwise: number): number => {
    const value = values[name] === undefined ? otherwise : Number(values[name]);
    if (!Number.isFinite(value) || value < 0) throw new Error(`--${name} takes a number.\n${HELP}`);
    return value;
  };
  if (positionals.some((word) => word !== "automation")) throw new Error(`There is no chaos "${positionals.join(" ")}".\n${HELP}`);
  const phase = values.phase;
  if (phase !== undefined && phase !== "kill" && phase !== "pause") throw new Error(`--phase is kill or pause.\n${HELP}`);
  const desk = values.desk ?? "playground";
  if (desk !== "playground" && desk !== "slack" && desk !== "discord") throw new Error(`--desk is playground, slack or discord.\n${HELP}`);
  const channels = values.channel === undefined ? USUAL : values.channel === "all" ? [...CHANNELS] : CHANNELS.filter((one) => one === values.channel);
  if (channels.length === 0) throw new Error(`--channel is ${CHANNELS.join(", ")} or all.\n${HELP}`);
  return {
    automation: positionals.length > 0, desk, channels, conversations: Math.max(2, number("conversations", 40)), seconds: number("seconds", 40), kills: number("kills", 6), pauseSeconds: number("pause", 35), drainSeconds: number("drain", 90), pace: Math.max(1, number("pace", 1)),
    seed: number("seed", Math.floor(Math.random() * 1e9)), phases: phase === undefined ? ["kill", "pause"] : [phase], json: values.json === true, keep: values.keep === true,
  };
}

/** Numbers from 0 to 1 (mulberry32). Each part of the run throws its own dice, so that one's timing doesn't shift another's. */
export class Dice {
  private state: number;
  constructor(private readonly seed: number) { this.state = seed >>> 0; }

  next = (): number => {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  chance(probability: number): boolean { return this.next() < probability; }
  between(low: number, high: number): number { return low + this.next() * (high - low); }
  pick<T>(list: readonly T[]): T { return list[Math.floor(this.next() * list.length)]!; }
  /** Dice of their own for a part of the run. */
  of(name: string): Dice {
    let hash = this.seed;
    for (const char of name) hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01000193);
    return new Dice(hash);
  }
}
