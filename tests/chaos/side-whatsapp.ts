/** WhatsApp: Meta calls until it is answered 200, sometimes once more, and tells later how far a message came. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Fault } from "../fakes/whatsapp/faults.ts";
import { FakeWhatsApp, type Happening } from "../fakes/whatsapp/server.ts";
import { sayUntilTaken } from "./customers.ts";
import type { Talk } from "./journal.ts";
import { numberOf, type MakeSide } from "./side.ts";
import { ask, type World } from "./world.ts";

const phoneOf = (talk: Talk): string => String(491_700_000_000 + numberOf(talk));
const LOOK_MS = 200;
/** Statuses that never come: "sent" is all that is known then. */
const SILENT = 0.1;

function breakWhatsApp(fake: FakeWhatsApp, random: () => number): void {
  fake.faults.random = random;
  const send = (chance: number, fault: Fault["do"]) => fake.fault({ call: "messages", chance, times: Number.MAX_SAFE_INTEGER, do: fault });
  send(0.004, { hang: "after" });
  send(0.004, { hang: "before" });
  send(0.01, { reset: "after" });
  send(0.01, { reset: "before" });
  send(0.03, { code: 130_429, status: 429, retryAfter: 1 });
  send(0.02, { code: 131_056 });
  send(0.01, { status: 502 });
  send(0.01, { status: 500, after: true });
}

export const whatsapp: MakeSide = async (dice) => {
  const fake = await FakeWhatsApp.start();
  breakWhatsApp(fake, dice.next);
  const path = `/hooks/whatsapp/${fake.phoneNumberId}`;
  const tell = (world: World, own: typeof dice, happening: Happening) => {
    const body = fake.raw(fake.payload(happening));
    return ask(world, own, { method: "POST", path, raw: { body, headers: { "content-type": "application/json", "x-hub-signature-256": fake.sign(body) } } });
  };
  let told = 0;
  async function tellStatuses(world: World): Promise<void> {
    const own = world.dice.of("statuses");
    while (world.running) {
      await sleep(LOOK_MS);
      for (; told < fake.shown.length && world.running; told++) {
        if (own.chance(SILENT)) continue;
        const states = own.chance(0.3) ? ["read", "delivered"] : ["delivered"];
        for (const state of states) await tell(world, own, fake.statusOf(fake.shown[told]!, state));
      }
    }
  }
  return {
    settings: `name: Phone, channel: whatsapp, phoneNumberId: "${fake.phoneNumberId}", wabaId: "${fake.wabaId}", accessToken: "${fake.accessToken}", appSecret: "${fake.appSecret}", verifyToken: "${fake.verifyToken}", apiUrl: "${fake.apiUrl}"`,
    customer(world, talk) {
      const user = fake.user({ phone: phoneOf(talk), name: `Customer ${talk.name}` }), made = new Map<string, Happening>();
      return sayUntilTaken(world, talk, async (text, own) => {
        const happening = made.get(text) ?? user.text(text);
        made.set(text, happening);
        return tell(world, own, happening);
      });
    },
    actors: (world) => [tellStatuses(world)],
    got: (talk) => fake.shown.filter(({ to }) => to === phoneOf(talk)).map(({ text }) => text),
    pending: () => 0, heal: () => fake.faults.clear(), close: () => fake.close(),
  };
};
