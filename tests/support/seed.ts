/** One seed for all that is drawn at random in tests: always the same, so that a run fails by a fault and never by luck, unless FC_SEED says otherwise. */
const FIXED = 20_260_101;

/** Seed (32-bit integer) for the value of FC_SEED: a number is itself, "random" draws one and prints it, nothing is the fixed one. @throws when it is anything else. */
export function seedOf(asked: string | undefined): number {
  if (asked === undefined || asked === "") return FIXED;
  if (/^-?\d{1,10}$/.test(asked)) return Number(asked) | 0;
  if (asked !== "random") throw new Error(`FC_SEED is "${asked}": give a whole number to repeat a run, or "random" to explore.`);
  const seed = Math.floor(Math.random() * 2 ** 31);
  process.stderr.write(`FC_SEED=${seed} repeats this run.\n`);
  return seed;
}

/** Before the first test file: draws once, for all of them. */
export default function setup(): void {
  process.env.FC_SEED = String(seedOf(process.env.FC_SEED));
}
