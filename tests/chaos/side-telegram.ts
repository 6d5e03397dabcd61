/** Telegram: it keeps what was not confirmed and hands it out again. */
import { FakeTelegram } from "../fakes/telegram/server.ts";
import { GAP, REPEATS, words } from "./customers.ts";
import { breakTelegram, healTelegram } from "./faults.ts";
import type { Talk } from "./journal.ts";
import { numberOf, type MakeSide } from "./side.ts";
import { pause, type World } from "./world.ts";

const chatOf = (talk: Talk): number => 500_000 + numberOf(talk);

async function customer(telegram: FakeTelegram, world: World, talk: Talk): Promise<void> {
  const dice = world.dice.of(talk.name);
  const user = telegram.user(chatOf(talk), `Customer ${talk.name}`);
  while (world.loading) {
    await pause(world, dice, GAP.low, GAP.high);
    if (!world.loading) break;
    const text = `${talk.name}m${talk.said.length + 1} ${words(dice)}`;
    const { update } = user.says(text);
    // Telegram has it from now on: it hands it out until it is confirmed.
    talk.said.push({ text, accepted: true });
    world.journal.note(talk.name, `customer wrote "${text}" (update ${update?.update_id ?? "none"})`);
    if (update !== null && dice.chance(REPEATS)) telegram.updates.repeat(update);
  }
}

export const telegram: MakeSide = async (dice) => {
  const fake = await FakeTelegram.start({ record: false });
  breakTelegram(fake, dice);
  return {
    settings: `name: Bot, channel: telegram, token: "${fake.token}", apiRoot: "${fake.apiRoot}"`,
    customer: (world, talk) => customer(fake, world, talk), actors: () => [], pending: () => fake.updates.count,
    got: (talk) => fake.shownTo(chatOf(talk)).map(({ text }) => text), heal: () => healTelegram(fake), close: () => fake.close(),
  };
};
