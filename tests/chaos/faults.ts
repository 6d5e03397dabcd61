/** What the fake Telegram does wrong, each with a chance per call, by seeded dice. */
import type { FakeTelegram } from "../fakes/telegram/server.ts";
import type { Dice } from "./options.ts";

const ALWAYS = Number.MAX_SAFE_INTEGER;

export function breakTelegram(telegram: FakeTelegram, dice: Dice): void {
  telegram.faults.random = dice.next;
  const send = (chance: number, fault: Parameters<FakeTelegram["fault"]>[0]["do"]) => telegram.fault({ method: "sendMessage", chance, times: ALWAYS, do: fault });
  send(0.004, { hang: "after" });
  send(0.004, { hang: "before" });
  send(0.01, { reset: "after" });
  send(0.01, { reset: "before" });
  send(0.05, { status: 429, retryAfter: 1 });
  send(0.01, { status: 502 });
  send(0.01, { status: 500, after: true });
  send(0.05, { delayMs: 150 });
  const poll = (chance: number, fault: Parameters<FakeTelegram["fault"]>[0]["do"]) => telegram.fault({ method: "getUpdates", chance, times: ALWAYS, do: fault });
  poll(0.01, { reset: "after" });
  poll(0.01, { status: 502 });
  poll(0.01, { status: 429, retryAfter: 1 });
}

/** The vendor is well again, so that what waits can come to rest. */
export const healTelegram = (telegram: FakeTelegram): void => telegram.faults.clear();
