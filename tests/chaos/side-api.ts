/** The API channel: a bridge that calls until it is answered, sometimes once more, and that fails before and after it took a callback. */
import { FakeBridge, SIGNING_SECRET, type BridgeFault } from "../fakes/bridge/server.ts";
import { sayUntilTaken } from "./customers.ts";
import type { MakeSide } from "./side.ts";
import { ask } from "./world.ts";

const KEY = "sms.a-chaos-key-that-is-long-enough-01";

function faultOf(roll: number): BridgeFault | undefined {
  if (roll < 0.004) return { hang: "after" };
  if (roll < 0.008) return { hang: "before" };
  if (roll < 0.02) return { cut: true };
  if (roll < 0.04) return { status: 500, effect: true };
  if (roll < 0.05) return { status: 503 };
  return roll < 0.08 ? { status: 429, headers: { "retry-after": "1" } } : undefined;
}

export const api: MakeSide = async (dice) => {
  const bridge = await FakeBridge.start();
  bridge.random = () => faultOf(dice.next());
  return {
    settings: `name: Bridge, channel: api, key: "${KEY}", callbackUrl: "${bridge.url}", signingSecret: "${SIGNING_SECRET}", allowPrivateAddress: true`,
    customer: (world, talk) => sayUntilTaken(world, talk, (text, own) =>
      ask(world, own, { method: "POST", path: "/inbox/v1/messages", token: KEY, json: { contact: { id: talk.name, name: `Customer ${talk.name}` }, id: text.split(" ")[0]!, text } })),
    actors: () => [],
    got: (talk) => bridge.told("message").filter(({ contact }) => contact.id === talk.name).map(({ message }) => message.text),
    pending: () => 0, heal: () => { bridge.random = null; }, close: () => bridge.close(),
  };
};
